"""Whether a read model of the embedded stack is what the events say: asked of the service itself."""

import json
import os
import sys
from pathlib import Path
from subprocess import DEVNULL, run

from launcher.blueprint import Blueprint
from launcher.compliance.gateway import Malformed
from launcher.processes import bare_environment
from launcher.state import State

CANNOT_TELL = 2


def compare(data: Path, service: str, *, as_json: bool) -> int:
    """Print the drift of a service's read model; return 0 without drift, 1 with drift, 2 if nobody can tell."""
    state = State.load(data.resolve())
    if not state.running():
        raise Malformed(f"nothing runs on {data}: the read model of a service is compared where it is")
    state.checked.update(state.ports)  # in use, by the right processes
    blueprint = Blueprint(state, os.environ)
    module = blueprint.service(service)
    done = run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", service, "compare", *(["--json"] if as_json else [])],
        stdin=DEVNULL,
        capture_output=True,
        env=bare_environment() | dict(module.environment),
        cwd=module.folder,
        check=False,
    )
    if done.returncode not in {0, 1} or not done.stdout:
        sys.stderr.buffer.write(done.stderr)
        return CANNOT_TELL
    text = done.stdout.decode()
    sys.stdout.write(json.dumps({"service": service} | json.loads(text)) + "\n" if as_json else f"{service}: {text}")
    return done.returncode
