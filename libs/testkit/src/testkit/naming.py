"""A platform of links whose processes know each other by name, as on a cluster, and ask our name server for them.

Browsers are still sent to numbers: they ask their own name server, as everybody outside the platform does.

``python -m testkit.naming up …`` is the launcher with that one difference.
"""

import sys
from pathlib import Path

from launcher.__main__ import main
from launcher.parts import Module
from launcher.ports import LOOPBACK
from launcher.stack import Stack

from testkit.linking import GATEWAY, LinkedBlueprint, LinkedPlatform
from testkit.name_server import DOMAIN, NameServer, within

FOR_BROWSERS = "_OIDC_AUTHORIZE_URL"


class NamedBlueprint(LinkedBlueprint):
    """Everybody is told the names of the others, and the ports of the links to them."""

    def __post_init__(self) -> None:
        """Lead the gateway to the names of the services."""
        super().__post_init__()
        self.gateway.services = {
            name: f"{name}.{DOMAIN}:{port}" if f"{GATEWAY}>{name}" in self.state.ports else port
            for name, port in self.gateway.services.items()
        }

    def service(self, name: str) -> Module:
        """Return a service that is told names."""
        part = super().service(name)
        for way, link in self.state.ports.items():
            who, _, whom = way.partition(">")
            if whom and who == name:
                told = {key: _named(key, value, whom, link) for key, value in part.environment.items()}
                part.environment = told
        return part


def _named(key: str, value: str, whom: str, link: int) -> str:
    """Return a setting with the name of a server in the place of its number, in an address or alone."""
    if key.endswith(FOR_BROWSERS):
        return value
    if key.endswith(f"_{whom.upper()}_HOST"):
        return f"{whom}.{DOMAIN}"
    return value.replace(f"{LOOPBACK}:{link}", f"{whom}.{DOMAIN}:{link}")


class NamedPlatform(LinkedPlatform):
    """The platform of links, and the server of its names."""

    program = "testkit.naming"
    plan = NamedBlueprint

    def __init__(self, folder: Path) -> None:
        """Make links and the server; raises OSError where this process may not listen as one."""
        super().__init__(folder)
        self.within = within(folder)
        self.names = NameServer()

    def down(self) -> None:
        """Stop everything, and the server."""
        super().down()
        self.names.close()


if __name__ == "__main__":
    Stack.plan = NamedBlueprint
    sys.exit(main())
