"""A platform on which everything that a process says to another one goes over a link that can be made to suffer.

``python -m testkit.linking up …`` is the launcher with that one difference: the addresses that it gives to a process
are those of links, which the test keeps. A link is called who>whom, and its port is kept beside those of the servers.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from launcher.__main__ import main
from launcher.blueprint import Blueprint
from launcher.parts import Module
from launcher.ports import LOOPBACK
from launcher.stack import Stack
from launcher.state import State

from testkit.fault_proxy import HEALTHY, Link, Network, Toxics
from testkit.stack import Platform

OUTSIDE = ("smtp", "sms", "idnot", "tsa", "ar24", "witness-1", "witness-2", "witness-3")
GATEWAY = "gateway"
PROOFS = "lre-gateway>ar24"
READY_SECONDS = 300.0  # the machine may be busy, and no test is about it


class LinkedBlueprint(Blueprint):
    """Everybody finds the others at the ends of links, where there are links."""

    def __post_init__(self) -> None:
        """Lead the gateway to the services over its links."""
        super().__post_init__()
        ports = self.state.ports
        found = {name: ports.get(f"{GATEWAY}>{name}", port) for name, port in self.gateway.services.items()}
        self.gateway.services = found

    def service(self, name: str) -> Module:
        """Return a service that is told the addresses of its links."""
        part = super().service(name)
        part.ready_seconds = READY_SECONDS
        for whom, port in self.targets().items():
            if link := self.state.ports.get(f"{name}>{whom}"):
                part.environment = {key: _moved(key, value, port, link) for key, value in part.environment.items()}
        return part

    def sandboxes(self) -> list[Module]:
        """Return the simulators; the addresses of proofs that one gives are those at which it is found."""
        parts = super().sandboxes()
        link = self.state.ports.get(PROOFS)
        for part in parts:
            if link and part.name == f"sandbox-{PROOFS.rpartition('>')[2]}":
                part.environment = {**part.environment, "SANDBOX_PUBLIC_URL": f"http://{LOOPBACK}:{link}"}
        return parts

    def targets(self) -> dict[str, int]:
        """Return the port of everything that a service may be told to find."""
        found = {"postgres": self.postgres.port, "nats": self.nats.port, "s3": self.s3.ports[0]}
        return found | {name: self.state.port(name) for name in (*OUTSIDE, *self.services)}

    def ways(self) -> dict[str, int]:
        """Return every way from a process to another, as who>whom, and the port at its end."""
        targets = self.targets()
        found = {f"{GATEWAY}>{name}": targets[name] for name in self.services}
        for name in self.services:
            told = self.service(name).environment
            for whom, port in targets.items():
                if whom != name and any(_moved(key, value, port, 0) != value for key, value in told.items()):
                    found[f"{name}>{whom}"] = port
        return found


def _moved(key: str, value: str, port: int, link: int) -> str:
    """Return a setting with the port of a link in the place of the server's, be it in an address or alone."""
    if key.endswith("_PORT") and not key.endswith("_HTTP_PORT") and value == str(port):
        return str(link)
    return value.replace(f"{LOOPBACK}:{port}", f"{LOOPBACK}:{link}")


class LinkedPlatform(Platform):
    """The platform with a link on every way."""

    program = "testkit.linking"
    plan = LinkedBlueprint

    def __init__(self, folder: Path, seed: int = 0) -> None:
        """Make the links; nothing else runs yet. `seed` decides the chances of the links."""
        super().__init__(folder)
        self.network = Network(seed)
        folder.mkdir(exist_ok=True)
        state = State.load(folder)
        for name, port in LinkedBlueprint(state, {}).ways().items():
            state.ports[name] = self.network.link(name, port).port
        state.save()

    def down(self) -> None:
        """Stop everything, and the links."""
        super().down()
        self.network.close()

    def link(self, who: str, whom: str) -> Link:
        """Return one way."""
        return self.network.links[f"{who}>{whom}"]

    def links(self, who: str = "", whom: str = "") -> list[Link]:
        """Return every way that begins, or ends, there."""
        named = [(name.partition(">"), link) for name, link in self.network.links.items()]
        return [link for (begin, _, end), link in named if who in ("", begin) and whom in ("", end)]

    @contextmanager
    def suffering(self, links: list[Link], **toxics: Any) -> Iterator[None]:
        """Let some links suffer for the block."""
        with ExitStack() as healing:
            for link in links:
                healing.callback(link.put, HEALTHY)
                link.put(Toxics(**toxics))
            yield


if __name__ == "__main__":
    Stack.plan = LinkedBlueprint
    sys.exit(main())
