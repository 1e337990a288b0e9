"""The embedded stack: started in parallel, watched, restarted part by part, stopped in order."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, TypeVar

from launcher.blueprint import Blueprint, database
from launcher.components.postgres import create_database
from launcher.errors import StackError
from launcher.parts import Part
from launcher.processes import Mark, Running
from launcher.seeds import demo_accounts, register_offices
from launcher.state import State

RESTARTS = 10  # of one part within RESTART_SECONDS
RESTART_SECONDS = 60.0
INFRASTRUCTURE = ("postgres", "nats", "s3")  # stopped last
BEFORE = {  # beside PostgreSQL and NATS; simulators make certificates that settings name
    "vault": ("s3",),
    "journal": ("s3", "sandbox-tsa"),
    "lre-gateway": ("sandbox-ar24",),
}
T = TypeVar("T")


class Stack:
    """The processes of one data folder. Only the holder of the folder's lock may start or stop them."""

    plan: ClassVar[type[Blueprint]] = Blueprint

    def __init__(
        self,
        folder: Path,
        report: Callable[[str], None] = lambda _: None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Read what the folder knows; ``report`` is told of progress, one line each time."""
        self.state = State.load(folder.resolve())
        self.report = report
        self.environ = environ
        self.parts: dict[str, Part] = {}
        self.running: dict[str, Running] = {}
        self._restarts: dict[str, list[float]] = {}
        self._stopping = False
        self._lock = RLock()  # parts are started by threads, and all of them write the state

    def up(self) -> dict[str, Any]:
        """Start everything and return the addresses; on failure, stop what was started and raise StackError."""
        stop_leftovers(self.state, self.report)
        self.blueprint = self.plan(self.state, self.environ)
        self.state.launcher, self.state.summary = Mark.of_this_process("launcher"), None
        self.state.save()
        try:
            self._start_all()
            self.state.summary = self._summary()
            self.state.save()
        except BaseException:
            self.down()
            raise
        return self.state.summary

    def down(self) -> None:
        """Stop every process: first those of ours, then the servers they talk to."""
        with self._lock:
            self._stopping = True
        servers = [name for name in self.running if name in INFRASTRUCTURE]
        for group in ([name for name in self.running if name not in servers], servers):
            _in_parallel(self._stop, group)
        self.state.launcher = self.state.summary = None
        self.state.save()

    def mend(self) -> list[str]:
        """Start again, without waiting for them, the parts that ended or are not sound; return their names.

        A part that ends again and again is left alone for a while, so that the others keep the machine.
        """
        broken = [name for name in self.parts if not self._lives(name) and self._may_restart(name)]
        for name in broken:
            self.report(f"{name} ended; starting it again")
            self._stop(name)
            self._launch(self.parts[name])
        return broken

    def _lives(self, name: str) -> bool:
        sound: Callable[[], bool] = getattr(self.parts[name], "sound", lambda: True)
        return name in self.running and self.running[name].mark.alive() and sound()

    def _may_restart(self, name: str) -> bool:
        now = time.monotonic()
        recent = [moment for moment in self._restarts.get(name, []) if now - moment < RESTART_SECONDS]
        allowed = len(recent) < RESTARTS
        self._restarts[name] = [*recent, now] if allowed else recent
        return allowed

    def _start_all(self) -> None:
        with ThreadPoolExecutor(max_workers=16) as pool:
            others = {part.name: pool.submit(self._start, part) for part in self.blueprint.others()}
            started = list(others.values())
            started += [pool.submit(self._start_service, name, others) for name in self.blueprint.services]
            try:
                for done in as_completed(started):
                    done.result()
            except BaseException:  # Ctrl-C too: whoever waits for a process sees it end, and stops waiting
                pool.shutdown(wait=False, cancel_futures=True)
                self.down()
                raise

    def _start_service(self, name: str, others: Mapping[str, Future[None]]) -> None:
        """Start a service as soon as what it needs is ready."""
        _wait(others, "postgres", "nats", *BEFORE.get(name, ()))
        service = self.blueprint.service(name)
        create_database(self.blueprint.postgres_url(), database(name), self.blueprint.database_password(name))
        for process in self.blueprint.processes(service):
            self._start(process)
        if name == "identity":
            register_offices(service)

    def _start(self, part: Part) -> None:
        began = time.monotonic()
        self._launch(part).wait_until(part.ready, part.ready_seconds)
        self.report(f"{part.name} is ready ({time.monotonic() - began:.1f} s)")

    def _launch(self, part: Part) -> Running:
        self.parts[part.name] = part
        process = part.start()
        with self._lock:  # written down before it is ready, so that no crash of ours forgets it
            if not self._stopping:
                self.running[part.name] = process
                self.state.processes[part.name] = process.mark
                self.state.save()
                return process
        process.stop()
        raise StackError(f"{part.name} is not started: everything is being stopped")

    def _stop(self, name: str) -> None:
        process = self.running.pop(name, None)
        if process is None:
            return
        process.stop()
        with self._lock:
            self.state.processes.pop(name, None)
            self.state.save()

    def _summary(self) -> dict[str, Any]:
        blueprint = self.blueprint
        return {
            "gateway": blueprint.gateway.url,
            "data": str(blueprint.folder),
            "policy": str(blueprint.policy_file()),
            "witnesses": blueprint.attesters.urls(),
            "sandbox": blueprint.admin_addresses(),
            "accounts": demo_accounts(blueprint.admin_addresses()["idnot"]),
            "logs": str(blueprint.folder / "logs"),
            "processes": {name: process.mark.pid for name, process in sorted(self.running.items())},
        }


def stop_leftovers(state: State, report: Callable[[str], None]) -> list[str]:
    """Stop what a launcher that is gone left running; a pid that now is somebody else's is not touched."""
    marks = [mark for mark in state.processes.values() if mark.alive()]
    for mark in marks:
        report(f"{mark.name} was left running by an earlier start (pid {mark.pid}); stopping it")
    _in_parallel(Mark.stop, marks)
    state.processes.clear()
    return [mark.name for mark in marks]


def _wait(others: Mapping[str, Future[None]], *names: str) -> None:
    for name in names:
        if name in others and others[name].exception() is not None:
            raise StackError(f"not started, because {name} did not start")


def _in_parallel(action: Callable[[T], object], items: Iterable[T]) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(action, list(items)))
