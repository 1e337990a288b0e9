"""What the stack is made of: processes that start, say when they are ready, and stop."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, STDOUT, run
from typing import Protocol

from launcher.components.caddy import answers
from launcher.errors import StackError
from launcher.processes import Running, bare_environment, start, tail

STOP_SECONDS = 12.0  # a service finishes the requests and messages under way within 10


class Part(Protocol):
    """One process of the stack."""

    name: str
    log: Path

    ready_seconds: float

    def start(self) -> Running:
        """Start the process and return at once."""
        ...

    def ready(self) -> bool:
        """Tell whether the process does its work now."""
        ...


@contextmanager
def running(part: Part) -> Iterator[Running]:
    """Run the part while the block lasts; it is ready when the block begins."""
    process = part.start()
    try:
        process.wait_until(part.ready, part.ready_seconds)
        yield process
    finally:
        process.stop()


@dataclass
class Module:
    """A Python process of ours, ``python -m <module> <verb>``, that answers HTTP."""

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    path: str
    log: Path
    folder: Path
    ready_seconds: float = 40.0

    def start(self) -> Running:
        """Start the process."""
        command = [sys.executable, "-m", *self.words]
        return start(self.name, command, self.log, env=self.environment, cwd=self.folder, patience=STOP_SECONDS)

    def ready(self) -> bool:
        """Tell whether the readiness address answers 200."""
        return answers(self.port, self.path)

    def once(self, *verb: str) -> None:
        """Run another verb of the same module to its end, in the same environment; raise StackError if it fails."""
        with self.log.open("ab") as output:
            done = run(  # noqa: S603 - our own module, no shell
                [sys.executable, "-m", self.words[0], *verb],
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                env=bare_environment() | dict(self.environment),
                cwd=self.folder,
                check=False,
            )
        if done.returncode:
            raise StackError(
                f"{self.name} {verb[0]} failed with code {done.returncode}; see {self.log}\n{tail(self.log)}"
            )
