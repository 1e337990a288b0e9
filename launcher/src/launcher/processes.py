"""One child process: started with its log file, recognised later by pid, start time and command, and stopped.

Children run in a session of their own, so that Ctrl-C reaches only the launcher, which stops them in order.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import psutil  # type: ignore[import-untyped]  # psutil ships no types

from launcher.accounts import Account
from launcher.errors import NotReady

CLOCK_TOLERANCE = 2.0  # seconds; the boot time that start times are computed from moves when the clock is set
POLL = 0.02  # seconds between two looks at a process or a server that is starting


@dataclass(frozen=True, slots=True)
class Mark:
    """What recognises a process after the launcher that started it is gone; kept in the state file."""

    name: str
    pid: int
    started: float
    command: tuple[str, ...]
    stop_signal: int = signal.SIGTERM
    patience: float = 10.0  # seconds that the process gets to end by itself
    leaves: tuple[str, ...] = ()  # files that the program leaves behind, to be removed

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        return cls(**{**fields, "command": tuple(fields["command"]), "leaves": tuple(fields["leaves"])})

    @classmethod
    def of_this_process(cls, name: str) -> Self:
        """Return the mark of the process that asks."""
        process = psutil.Process()
        return cls(name, process.pid, process.create_time(), tuple(process.cmdline()), patience=30.0)

    def as_json(self) -> dict[str, Any]:
        """Return the fields for the state file."""
        return asdict(self)

    def process(self) -> "psutil.Process | None":
        """Return the living process this mark is about; a recycled pid is somebody else's and gives None."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= CLOCK_TOLERANCE
            # What ties a process to a test run starts it as its own last words, for an instant.
            commanded = tuple(process.cmdline()[-len(self.command) :]) == self.command
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return None
        return process if same and commanded and not _ended(process) else None

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return self.process() is not None

    def stop(self) -> None:
        """Ask the process to end, insist when its patience is over; returns when it is gone with its children."""
        process = self.process()
        if process is not None:
            family = [*process.children(recursive=True), process]
            process.send_signal(self.stop_signal)
            if not _wait([process], self.patience):
                process.kill()
            if not _wait(family, 2.0):
                _kill(family)
                _wait(family, 10.0)
        for path in self.leaves:
            Path(path).unlink(missing_ok=True)


def _ended(process: "psutil.Process") -> bool:
    """Tell whether a process has ended, also when nobody has collected its exit code yet."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE) or not process.is_running()
    except psutil.NoSuchProcess:
        return True


def _wait(processes: Sequence["psutil.Process"], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not all(_ended(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _kill(processes: Sequence["psutil.Process"]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@dataclass(slots=True)
class Running:
    """A process that this launcher started."""

    mark: Mark
    log: Path
    popen: subprocess.Popen[bytes]

    def check(self) -> None:
        """Raise NotReady with the last words of the log when the process has ended."""
        code = self.popen.poll()
        if code is not None:
            raise NotReady(f"{self.mark.name} ended with code {code}; see {self.log}\n{tail(self.log)}")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once ``ready`` says so; raise NotReady when the process ends or the time is over."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise NotReady(f"{self.mark.name} is not ready after {seconds:.0f} s; see {self.log}\n{tail(self.log)}")
            time.sleep(POLL)

    def stop(self) -> None:
        """Stop the process and collect its exit code."""
        self.mark.stop()
        self.popen.wait()


def start(  # noqa: PLR0913 - the fields of one process; each is plain at the call
    name: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
    stop_signal: int = signal.SIGTERM,
    patience: float = 10.0,
    leaves: Sequence[str] = (),
    tied: bool = False,
) -> Running:
    """Start a process in a session of its own, its output appended to ``log``; ``env`` adds to a bare environment.

    A ``tied`` process is killed by the kernel when the thread that started it ends (Linux only): tests leave nothing.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    prefix = account.prefix if account else []
    change = account if account and not prefix else None
    with log.open("ab") as output:
        popen = subprocess.Popen(  # noqa: S603 - the command is ours, no shell
            [*prefix, *(_tie() if tied else []), *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=bare_environment() | dict(env or {}),
            cwd=cwd,
            start_new_session=True,
            user=change.uid if change else None,
            group=change.gid if change else None,
            extra_groups=[] if change else None,
        )
    started = psutil.Process(popen.pid).create_time()
    return Running(Mark(name, popen.pid, started, tuple(words), stop_signal, patience, tuple(leaves)), log, popen)


def _tie() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=KILL", "--"] if setpriv else []


def bare_environment() -> dict[str, str]:
    """Return the few variables a server needs; the rest of the operator's environment is not its business."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ}


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log file, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
