"""What must be known about a data folder after its launcher is gone: ports, processes, addresses.

The file ``<data>/state.json`` is written whole by the one launcher that holds ``<data>/lock``.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launcher.errors import StackError
from launcher.files import write_private
from launcher.ports import free_ports, is_free
from launcher.processes import Mark


class AlreadyRunning(StackError):
    """Another launcher runs the stack of this data folder."""


@dataclass
class State:
    """The state of one data folder."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, Mark] = field(default_factory=dict)
    launcher: Mark | None = None
    summary: dict[str, Any] | None = None  # what ``scelle up --json`` prints, once the stack is ready
    checked: set[str] = field(default_factory=set)  # names of ports that this launcher has chosen or confirmed

    @classmethod
    def load(cls, folder: Path) -> "State":
        """Read the state file; a folder without one has nothing running."""
        try:
            stored = json.loads((folder / "state.json").read_text())
        except FileNotFoundError:
            return cls(folder)
        launcher = stored["launcher"]
        return cls(
            folder,
            {str(name): int(port) for name, port in stored["ports"].items()},
            {str(fields["name"]): Mark.from_json(fields) for fields in stored["processes"]},
            Mark.from_json(launcher) if launcher else None,
            stored["summary"],
        )

    def save(self) -> None:
        """Write the state file."""
        stored = {
            "ports": self.ports,
            "processes": [mark.as_json() for mark in self.processes.values()],
            "launcher": self.launcher.as_json() if self.launcher else None,
            "summary": self.summary,
        }
        write_private(self.folder / "state.json", json.dumps(stored, indent=1))

    def port(self, name: str) -> int:
        """Return the port kept under this name; a new one the first time, or when a stranger took it meanwhile."""
        if name not in self.checked:
            others = {port for other, port in self.ports.items() if other != name}
            while name not in self.ports or self.ports[name] in others or not is_free(self.ports[name]):
                (self.ports[name],) = free_ports(1)
            self.checked.add(name)
        return self.ports[name]

    def running(self) -> bool:
        """Tell whether the launcher that wrote this state still runs and has finished starting the stack."""
        return bool(self.launcher and self.launcher.alive() and self.summary)


@contextmanager
def only_launcher(folder: Path) -> Iterator[None]:
    """Hold the data folder's lock; the kernel frees it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise AlreadyRunning(f"another scelle runs on {folder}") from error
    else:
        yield
    finally:
        os.close(descriptor)
