"""What each process of a platform takes of the machine while a block lasts: memory and processor time."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # psutil ships no types
from launcher.state import State

MEBIBYTE = 1 << 20
FORGET_THE_PEAK = "5"  # Linux, proc_pid_clear_refs(5)


@dataclass(frozen=True)
class Cost:
    """What one process took, with the processes that it started."""

    name: str
    held: float
    """MiB at the end, what is shared counted in parts (PSS)."""
    most: float
    """MiB at most, of the process itself (the peak of its resident set)."""
    cores: float
    """Processors that it kept busy, on average."""


class Costs:
    """Counts from the moment it is made."""

    def __init__(self, folder: Path) -> None:
        """Look at the processes of the platform in this folder."""
        self._processes = {name: psutil.Process(mark.pid) for name, mark in State.load(folder).processes.items()}
        for process in self._processes.values():
            Path(f"/proc/{process.pid}/clear_refs").write_text(FORGET_THE_PEAK)
        self._began = time.monotonic()
        self._before = {name: _seconds(process) for name, process in self._processes.items()}

    def until_now(self) -> list[Cost]:
        """Return what was taken since; psutil.NoSuchProcess if one of them ended."""
        elapsed = time.monotonic() - self._began
        return [
            Cost(name, _held(one), _most(one), (_seconds(one) - self._before[name]) / elapsed)
            for name, one in sorted(self._processes.items())
        ]


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _seconds(process: psutil.Process) -> float:
    """Return the processor time of a process and of its children, also of those that ended."""
    living = (one.cpu_times() for one in process.children(recursive=True))
    own = process.cpu_times()
    ended = own.children_user + own.children_system
    return float(own.user + own.system + ended + sum(one.user + one.system for one in living))


def _held(process: psutil.Process) -> float:
    return float(sum(one.memory_full_info().pss for one in _family(process)) / MEBIBYTE)


def _most(process: psutil.Process) -> float:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024
