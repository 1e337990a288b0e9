"""The configurations of the servers: PostgreSQL, NATS, S3 and the gateway."""

import json
from dataclasses import dataclass
from pathlib import Path

from launcher.components.seaweedfs import PORTS, S3Access, SeaweedFS
from launcher.compose import places
from launcher.compose.folders import write_readable
from launcher.keys import Secrets
from launcher.routes import caddyfile, route_table

SUPERUSER = "scelle"
ANYWHERE = "0.0.0.0"  # noqa: S104 - the container's own network


@dataclass
class Storage(SeaweedFS):
    """The S3 server of another container: its keys are made here, and it is asked here whether it is ready."""

    @property
    def access(self) -> S3Access:
        """Return the address in the network of the containers, and the keys."""
        made = super().access
        return S3Access(f"s3:{places.S3_PORT}", made.access_key, made.secret_key)


def storage(secrets: Secrets) -> Storage:
    """Return the S3 server; its keys, which `write` makes, are kept among the secrets."""
    return Storage(secrets.folder / "s3", [places.S3_PORT] * len(PORTS), secrets.folder / "s3.log")


def postgres_url(secrets: Secrets) -> str:
    """Return the address of the superuser."""
    return f"postgresql://{SUPERUSER}:{secrets.word('postgres')}@postgres:{places.POSTGRES_PORT}/postgres"


def write(folder: Path, secrets: Secrets) -> None:
    """Write what each server reads, each into its folder."""
    write_readable(folder / "postgres" / "password", secrets.word("postgres"))
    write_readable(folder / "nats" / "nats.conf", _nats(secrets.word("nats")))
    s3 = storage(secrets)
    s3.prepare()
    write_readable(folder / "s3" / "keys.json", (s3.folder / "keys.json").read_bytes())
    services = {name: f"{name}:{places.PORT}" for name in places.SERVICES}
    write_readable(folder / "gateway" / "Caddyfile", caddyfile(route_table(), places.PORT, services, ANYWHERE))


def _nats(password: str) -> str:
    user = json.dumps({"user": "scelle", "password": password})
    return (
        f"server_name: scelle\nlisten: {ANYWHERE}:{places.NATS_PORT}\nhttp: 127.0.0.1:8222\n"
        f"authorization {user}\njetstream {{ store_dir: /data }}\n"
    )
