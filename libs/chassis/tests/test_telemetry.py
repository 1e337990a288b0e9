"""What is recorded of requests."""

import subprocess
import sys

SAID = """
from chassis import telemetry
before = telemetry.of_requests()["tracing"]
telemetry.configure("shop", None, sampled=1)
nowhere = telemetry.of_requests()["tracing"]
telemetry.configure("shop", "http://127.0.0.1:9", sampled=1)
print(before, nowhere, telemetry.of_requests()["tracing"])
"""


def test_requests_are_traced_where_somebody_takes_the_traces_and_nowhere_else() -> None:
    """In a process of its own: whoever records is decided once for each process."""
    done = subprocess.run([sys.executable, "-c", SAID], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert done.stdout.split() == ["False", "False", "True"]
