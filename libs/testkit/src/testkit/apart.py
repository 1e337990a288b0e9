"""A platform whose services answer requests and follow the bus in processes of their own, as they do on a cluster.

``python -m testkit.apart up …`` is the launcher with that one difference: `serve` and `work` of each service instead of
one process for both.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

from launcher.__main__ import main
from launcher.blueprint import Blueprint
from launcher.parts import Module
from launcher.service_settings import PAGES
from launcher.stack import Stack

from testkit.stack import Platform


class ApartBlueprint(Blueprint):
    """Everything of the embedded stack, services in two processes."""

    def service(self, name: str) -> Module:
        """Return `serve` of a service."""
        part = super().service(name)
        part.words = (part.words[0], "serve")
        return part

    def processes(self, service: Module) -> Iterator[Module]:
        """Migrate, then yield `serve` and `work`."""
        service.once("migrate")
        yield service
        if service.name == PAGES:
            return  # nothing to relay, nobody to follow
        name = f"{service.name}-work"
        port, variable = self.state.port(name), f"{service.words[0].upper()}_HTTP_PORT"
        words, log = (service.words[0], "work"), service.log.with_name(f"{name}.log")
        environment = {**service.environment, variable: str(port)}
        yield replace(service, name=name, words=words, environment=environment, port=port, log=log)


class ApartPlatform(Platform):
    """The platform in that shape."""

    program = "testkit.apart"
    plan = ApartBlueprint


if __name__ == "__main__":
    Stack.plan = ApartBlueprint
    sys.exit(main())
