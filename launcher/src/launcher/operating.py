"""A verb of a service, carried out with the settings that the service has in the embedded stack."""

import argparse
import os
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, run

from bus.operating import delete_stream, stream_states

from launcher.blueprint import SERVICES, Blueprint
from launcher.errors import StackError
from launcher.parts import Module
from launcher.processes import bare_environment
from launcher.service_settings import PAGES
from launcher.state import State

WITHOUT_EVENTS = {"journal", PAGES}


def carried_out(data: Path, service: str, *words: str, shown: bool = False) -> CompletedProcess[bytes]:
    """Run a verb of a service of the stack that runs on `data`; what it prints is `shown`, or kept.

    Raises StackError if nothing runs there.
    """
    return verb_of(running_on(data).service(service), *words, shown=shown)


def verb_of(part: Module, *words: str, shown: bool = False) -> CompletedProcess[bytes]:
    """Run a verb of a process; what it prints is `shown`, or kept."""
    output = None if shown else PIPE
    return run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", part.words[0], *words],
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


def service(options: argparse.Namespace) -> int:
    """Carry out a verb of any service; the code is the verb's."""
    if options.service not in SERVICES:
        raise StackError(f"{options.service} is no service; there are {', '.join(SERVICES)}")
    return carried_out(options.data, options.service, *options.words, shown=True).returncode


def streams(options: argparse.Namespace) -> int:
    """Print what every stream holds; delete one first if asked to. The code is 1 if there was none to delete."""
    url = running_on(options.data).nats_url()
    if options.delete:
        if options.delete not in SERVICES:
            raise StackError(f"{options.delete} is no service; there are {', '.join(SERVICES)}")
        if not delete_stream(url, options.delete):
            sys.stderr.write(f"{options.delete} has no stream\n")
            return 1
        sys.stdout.write(f"{options.delete}: deleted\n")
        return 0
    for one in stream_states(url, (name for name in SERVICES if name not in WITHOUT_EVENTS)):
        held = "absent" if one.messages is None else f"{one.messages} messages, {one.size} bytes"
        sys.stdout.write(f"{one.service:12} {held}; followed by {', '.join(one.consumers) or 'nobody'}\n")
    return 0


def running_on(data: Path) -> Blueprint:
    """Return who is who on a data folder; raise StackError if nothing runs there."""
    state = State.load(data.resolve())
    if not state.running():
        raise StackError(f"nothing runs on {data}; start it with scelle up")
    state.checked.update(state.ports)  # in use, by the right processes
    return Blueprint(state, os.environ)
