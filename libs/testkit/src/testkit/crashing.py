"""A service that ends itself at a crash point, on the running platform, and is started again without one."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.settings import CRASHPOINT
from launcher.journey.world import until
from launcher.processes import Running
from launcher.state import State

from testkit.stack import Platform

DEATH_SECONDS = 120.0


@contextmanager
def armed(platform: Platform, service: str, point: str) -> Iterator[Running]:
    """Put a process armed for `point` in the place of a service's; the block gives it work and sees it die.

    The launcher is held still meanwhile. When the block ends it goes on, finds that its own process has ended, and
    starts the service again, as after any crash.
    """
    launcher = State.load(platform.folder).launcher
    if launcher is None:
        raise RuntimeError("the platform is not up")
    # What wakes the launcher is a process of its own: it does so also when the test run is killed meanwhile.
    waking = ["sh", "-c", f"read _; kill -CONT {launcher.pid}"]
    with subprocess.Popen(waking, stdin=subprocess.PIPE, start_new_session=True):  # noqa: S603 - our own words
        os.kill(launcher.pid, signal.SIGSTOP)
        former = State.load(platform.folder).processes[service]
        platform.kill(service)
        until(lambda: not former.alive(), f"{service} to have ended")
        part = platform.part(service)
        part.environment = {**part.environment, CRASHPOINT: point}
        process = part.start()
        try:
            process.wait_until(part.ready, part.ready_seconds)
            yield process
        finally:
            process.stop()
    platform.wait_until_back(service, former.pid)


def died(process: Running) -> bool:
    """Wait until a process has ended; tell whether SIGKILL ended it."""
    return process.popen.wait(DEATH_SECONDS) == -signal.SIGKILL
