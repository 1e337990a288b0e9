"""What a stranger says of a bundle: both Python verifiers, which share no line and must say the same bytes."""

import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import proof
from proof.note import NoteInvalid
from proof.policy import Policy
from proof.verify import Trust, verify

SINGLE_FILE = Path(proof.__file__).parent / "verifiers" / "scelle_verify.py"


class Disagreement(AssertionError):
    """The two verifiers do not say the same."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A report (scelle-report/2), read."""

    said: dict[str, Any]

    @property
    def verdict(self) -> str:
        """The verdict."""
        return str(self.said["verdict"])

    @property
    def level(self) -> int | None:
        """The level of assurance that was reached."""
        level: int | None = self.said["level"]
        return level

    @property
    def failed(self) -> dict[str, list[str]]:
        """The checks that failed, with what each found."""
        return {check["name"]: check["findings"] for check in self.said["checks"] if check["state"] == "failed"}

    def state(self, check: str) -> str:
        """Return how a check ended; `absent` when nothing could be read."""
        return next((str(one["state"]) for one in self.said["checks"] if one["name"] == check), "absent")

    def examined(self, check: str) -> int:
        """Return how many things a check looked at."""
        return next(int(one["examined"]) for one in self.said["checks"] if one["name"] == check)


def opinion(
    bundle: bytes, policy: bytes | None, *, known: Sequence[bytes] = (), level: int = 1, at: datetime | None = None
) -> Opinion:
    """Verify a bundle twice; `at` is now unless it is given. Raises Disagreement."""
    moment = at or datetime.now(UTC)
    first, second = _first(bundle, policy, known, level, moment), _second(bundle, policy, known, level, moment)
    if first | {"problem": None} != second | {"problem": None}:
        raise Disagreement(f"scelle verify: {first}\nscelle_verify.py: {second}")
    return Opinion(first)


def _first(bundle: bytes, policy: bytes | None, known: Sequence[bytes], level: int, moment: datetime) -> dict[str, Any]:
    trust = Trust(moment, Policy.parse(policy) if policy else None, known)
    try:
        report: dict[str, Any] = json.loads(verify(bundle, trust, level=level).to_json())
    except NoteInvalid as error:
        return _unreadable(level, error)
    return report


def _second(
    bundle: bytes, policy: bytes | None, known: Sequence[bytes], level: int, moment: datetime
) -> dict[str, Any]:
    other = single_file()
    try:
        trust = other.Trust(other.micros(moment), other.read_policy(policy) if policy else None, known, ())
        report: dict[str, Any] = json.loads(other.verify(bundle, trust, level).to_json())
    except other.Malformed as error:
        return _unreadable(level, error)
    return report


def _unreadable(level: int, error: Exception) -> dict[str, Any]:
    return {"verdict": "malformed", "level": None, "asked": level, "checks": [], "problem": str(error)}


@cache
def single_file() -> ModuleType:
    """Return the verifier that is one file, as a module."""
    spec = importlib.util.spec_from_file_location("scelle_verify", SINGLE_FILE)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SINGLE_FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
