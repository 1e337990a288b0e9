"""Whether a read model of the embedded stack is what the events say: asked of the service itself."""

import json
import sys
from pathlib import Path

from launcher.operating import carried_out

CANNOT_TELL = 2


def compare(data: Path, service: str, *, as_json: bool) -> int:
    """Print the drift of a service's read model; return 0 without drift, 1 with drift, 2 if nobody can tell."""
    done = carried_out(data, service, "compare", *(["--json"] if as_json else []))
    if done.returncode not in {0, 1} or not done.stdout:
        sys.stderr.buffer.write(done.stderr)
        return CANNOT_TELL
    text = done.stdout.decode()
    sys.stdout.write(json.dumps({"service": service} | json.loads(text)) + "\n" if as_json else f"{service}: {text}")
    return done.returncode
