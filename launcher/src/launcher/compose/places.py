"""Where everything is in the composed platform: names that its network resolves, ports, and what people reach.

compose.yaml says the same; tests/architecture/test_compose.py compares them.
"""

from pathlib import Path

from launcher.routes import route_table
from launcher.simulator_settings import SIMULATORS

SERVICES = tuple(dict.fromkeys(route.service for route in route_table().routes))
MOUNTED = Path("/etc/scelle")
"""Where a container sees its own folder, and no other's."""

PORT = 8080
"""Of services, of witnesses, of the gateway, and of what simulators show to developers."""
SIMULATED_PORT = 8081
"""Of what a simulator offers to the platform."""
SMTP_PORT = 8025
POSTGRES_PORT = 5432
NATS_PORT = 4222
S3_PORT = 8333
OPENBAO_PORT = 8200
CLAMD_PORT = 3310

GATEWAY_ADDRESS = "10.203.61.2"
AR24_ADDRESS = "10.203.61.3"
PAGES_ADDRESS = "10.203.61.4"
"""The addresses that services must know, not only names: of whom to believe, and from where notices come."""

PUBLIC_URL = f"http://scelle.localhost:{PORT}"
"""Browsers resolve it to their own machine, and the simulator of registered letters to the gateway."""
SIGN_IN_URL = f"http://localhost:{SIMULATED_PORT}"
"""Where a browser finds the simulated ID.not."""
TELEMETRY_URL = "http://collector:4318"


def address(name: str) -> str:
    """Return host:port at which containers reach another one; `smtp` is the simulator of mails."""
    if name == "smtp":
        return f"mail:{SMTP_PORT}"
    return f"{name}:{SIMULATED_PORT if name in SIMULATORS else PORT}"
