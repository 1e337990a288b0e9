"""The command that verifies a bundle: the only module here that reads and writes files, the clock and arguments."""

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from proof.archive import MAX_SIZE
from proof.memory import Memory, MemoryInvalid, evidence
from proof.note import MAX_NOTE, NoteInvalid
from proof.policy import Policy, PolicyInvalid
from proof.reading import decode
from proof.report import Report, State, Verdict
from proof.verify import SIGNED, Trust
from proof.verify import verify as verify_bundle

MAX_POLICY = 256 * 1024  # bytes
MAX_MEMORY = 16 * 1024 * 1024  # bytes
EVIDENCE = "fork-evidence.json"


@dataclass(frozen=True, slots=True)
class Given:
    """What the verifier brings, as files."""

    bundle: Path
    policy: Path | None = None
    level: int = SIGNED
    known: Sequence[Path] = ()
    documents: Sequence[Path] = ()
    remember: Path | None = None
    evidence: Path | None = None
    at: datetime | None = None


def verify(argv: Sequence[str]) -> int:
    """Run `verify` with its arguments; returns 0 intact, 1 tampered, 2 malformed, 3 below the level asked."""
    arguments = _parser().parse_args(argv)
    given = Given(
        arguments.bundle,
        arguments.policy,
        arguments.level,
        arguments.known,
        arguments.document,
        arguments.remember,
        arguments.evidence,
        arguments.at,
    )
    report = run(given)
    sys.stdout.write(report.to_json().decode() + "\n" if arguments.json else report.to_text(arguments.lang))
    return report.verdict.exit_code


def run(given: Given) -> Report:
    """Verify one bundle, remember its checkpoint when asked to, and keep the evidence of a fork."""
    try:
        policy = Policy.parse(_read(given.policy, MAX_POLICY)) if given.policy else None
        memory = _memory(given.remember)
        known = [_read(path, MAX_NOTE) for path in given.known]
        known += memory.of(policy.origin) if policy else []
        trust = Trust(given.at or datetime.now(UTC), policy, known, _digests(given.documents))
        data = _read(given.bundle, MAX_SIZE)
        report = verify_bundle(data, trust, level=given.level)
        if given.remember and report.verdict is Verdict.INTACT and _passed(report, "checkpoint-signature"):
            _replace(given.remember, memory.adding(decode(data).final).encode())
        if policy and report.verdict is Verdict.TAMPERED:
            _keep_evidence(given, evidence(data, known, policy))
    except (OSError, PolicyInvalid, NoteInvalid, MemoryInvalid) as error:
        return Report(Verdict.MALFORMED, None, given.level, problem=str(error))
    return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scelle verify", description="Verify a proof bundle, without any network.")
    parser.add_argument("bundle", type=Path, help="the .lcp file")
    parser.add_argument("--policy", type=Path, help="whom you trust; never taken from the bundle")
    parser.add_argument("--known", type=Path, action="append", default=[], help="a checkpoint that you already hold")
    parser.add_argument("--document", type=Path, action="append", default=[], help="a file to recognise in the bundle")
    parser.add_argument("--remember", type=Path, help="a file that keeps the checkpoints of intact bundles")
    parser.add_argument("--evidence", type=Path, help=f"where to write proof of a fork (default: {EVIDENCE} beside it)")
    parser.add_argument("--at", type=_instant, help="the time at which keys must be trusted, RFC 3339 (default: now)")
    parser.add_argument("--level", type=int, default=SIGNED, help="the least level accepted, 0 to 5 (default 1)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--lang", choices=("fr", "en"), default="fr")
    return parser


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return moment


def _passed(report: Report, name: str) -> bool:
    return any(check.name == name and check.state is State.PASSED for check in report.checks)


def _memory(path: Path | None) -> Memory:
    return Memory.parse(_read(path, MAX_MEMORY)) if path and path.exists() else Memory()


def _keep_evidence(given: Given, found: bytes | None) -> None:
    beside = given.remember and given.remember.with_name(EVIDENCE)
    path = given.evidence or beside
    if found and path:
        _replace(path, found)
        sys.stderr.write(f"{path}\n")


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)


def _digests(paths: Sequence[Path]) -> Mapping[str, str]:
    digests = {}
    for path in paths:
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise PolicyInvalid(f"{path.name} is larger than {limit} bytes")
    return data
