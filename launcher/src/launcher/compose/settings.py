"""The place of each service among the containers: others are names of the network, files are copies of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.abc import Traversable
from pathlib import Path

from launcher.attesters import Attesters
from launcher.components.seaweedfs import S3Access
from launcher.compose import openbao, places
from launcher.compose.folders import Folder
from launcher.compose.servers import ANYWHERE
from launcher.keys import Secrets
from launcher.service_settings import database


@dataclass(frozen=True, slots=True)
class Composed:
    """Where one service runs, and the folder that its container is given."""

    name: str
    folder: Folder
    secrets: Secrets
    trust_file: Path
    attesters: Attesters
    s3: S3Access
    seal_chain: Path
    peers: tuple[str, ...] = places.SERVICES
    listen: tuple[str, int] = (ANYWHERE, places.PORT)
    public_url: str = places.PUBLIC_URL
    sign_in_url: str = places.SIGN_IN_URL
    gateway: str = places.GATEWAY_ADDRESS
    pages: str = places.PAGES_ADDRESS
    provider: str = places.AR24_ADDRESS
    scanner: str | None = f"clamav:{places.CLAMD_PORT}"
    telemetry: Mapping[str, object] = field(default_factory=lambda: {"OTLP_ENDPOINT": places.TELEMETRY_URL})

    @property
    def database_url(self) -> str:
        """Return the address of the service's database."""
        own = database(self.name)
        account = f"{own}:{self.secrets.word(f'{self.name}-database')}"
        return f"postgresql://{account}@postgres:{places.POSTGRES_PORT}/{own}"

    @property
    def nats_url(self) -> str:
        """Return the address of NATS."""
        return f"nats://scelle:{self.secrets.word('nats')}@nats:{places.NATS_PORT}"

    def sealing(self) -> Mapping[str, object]:
        """Return where OpenBao is, and copy the token for it into the folder."""
        token = self.folder.key("openbao_token", openbao.token_file(self.secrets, self.name))
        return {"TRANSIT_URL": f"http://openbao:{places.OPENBAO_PORT}", "TRANSIT_TOKEN_FILE": token}

    def address(self, name: str) -> str:
        """Return the address of a container."""
        return places.address(name)

    def key(self, name: str, source: Path) -> str:
        """Copy a secret into the folder."""
        return self.folder.key(name, source)

    def config(self, name: str, source: Traversable) -> str:
        """Copy what is no secret into the folder."""
        return self.folder.config(name, source)
