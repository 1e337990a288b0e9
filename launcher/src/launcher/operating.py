"""A verb of a service, carried out with the settings that the service has in the embedded stack."""

import argparse
import os
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, run

from launcher.blueprint import Blueprint, module
from launcher.errors import StackError
from launcher.processes import bare_environment
from launcher.state import State


def carried_out(data: Path, service: str, *words: str, shown: bool = False) -> CompletedProcess[bytes]:
    """Run a verb of a service of the stack that runs on `data`; what it prints is `shown`, or kept.

    Raises StackError if nothing runs there.
    """
    state = State.load(data.resolve())
    if not state.running():
        raise StackError(f"nothing runs on {data}; start it with scelle up")
    state.checked.update(state.ports)  # in use, by the right processes
    part = Blueprint(state, os.environ).service(service)
    output = None if shown else PIPE
    return run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", module(service), *words],
        stdin=DEVNULL,
        stdout=output,
        stderr=output,
        env=bare_environment() | dict(part.environment),
        cwd=part.folder,
        check=False,
    )


def journal(options: argparse.Namespace) -> int:
    """Carry out a verb of the journal; the code is the verb's."""
    words = [options.act, *(["--json"] if options.json else [])]
    return carried_out(options.data, "journal", *words, shown=True).returncode
