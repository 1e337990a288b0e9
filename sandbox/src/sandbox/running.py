"""Run a simulator as a process of its own, for tests of what talks to it."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

_START_SECONDS = 30


@contextmanager
def running(name: str, port: int, admin_port: int, **settings: str) -> Iterator[None]:
    """Run `sandbox.<name>` while the block runs; `settings` are its variables without the prefix, in lower case.

    Raises:
        RuntimeError: it did not answer within 30 s.

    """
    given = {"port": str(port), "smtp_port": str(port), "admin_port": str(admin_port), **settings}
    environment = os.environ | {f"SANDBOX_{key.upper()}": value for key, value in given.items()}
    process = subprocess.Popen([sys.executable, "-m", f"sandbox.{name}"], env=environment)  # noqa: S603 - our own module
    try:
        _wait(process, f"http://127.0.0.1:{admin_port}/livez")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"no answer from {url}")
