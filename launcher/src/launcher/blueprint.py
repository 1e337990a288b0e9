"""Who is who in the stack: each process with its ports, keys, addresses and environment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from launcher import service_settings, simulator_settings
from launcher.attesters import Attesters
from launcher.components.caddy import Caddy
from launcher.components.nats import Nats
from launcher.components.postgres import Postgres
from launcher.components.seaweedfs import PORTS as S3_PORTS
from launcher.components.seaweedfs import S3Access, SeaweedFS
from launcher.errors import BadSettings
from launcher.files import write_private
from launcher.keys import Secrets
from launcher.parts import Module, Part
from launcher.ports import LOOPBACK
from launcher.service_settings import BUCKET, LOG_ORIGIN, PAGES, database, module, signing
from launcher.simulator_settings import SIMULATORS
from launcher.state import State

__all__ = ["BUCKET", "LOG_ORIGIN", "SERVICES", "Blueprint", "database", "module"]

SERVICES = ("identity", "dossier", "vault", "messaging", "lre-gateway", "journal", PAGES)


@dataclass
class Blueprint:
    """The parts of one data folder; existing servers named by environment variables replace embedded ones."""

    state: State
    environ: Mapping[str, str]

    def __post_init__(self) -> None:
        """Choose ports and make keys, so that everybody's environment can be written down."""
        self.folder = self.state.folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # PostgreSQL's account passes through when the launcher is root
        self.secrets = Secrets(self.folder / "secrets")
        self.trust_file = self.secrets.trust_file(signing(SERVICES))
        port, logs = self.state.port, self.folder / "logs"
        self.services = tuple(name for name in SERVICES if find_spec(f"{module(name)}.__main__"))
        service_ports = {name: port(name) for name in self.services}
        self.gateway = Caddy(self.folder / "gateway", port("gateway"), service_ports, logs / "gateway.log")
        self.postgres = Postgres(self.folder / "postgres", port("postgres"), logs / "postgres.log")
        self.nats = Nats(self.folder / "nats", port("nats"), logs / "nats.log")
        self.s3 = SeaweedFS(self.folder / "s3", [port(f"s3_{name}") for name in S3_PORTS], logs / "s3.log")
        for server in (self.postgres, self.nats, self.s3):
            server.prepare()
        self.attesters = Attesters(self.folder, self.secrets, port, LOG_ORIGIN)
        self.attesters.prepare()
        self.s3_access()  # says at once which variable is missing

    def others(self) -> list[Part]:
        """Return everything but our services, without the servers that exist elsewhere."""
        embedded: dict[str, Part] = {
            "SCELLE_POSTGRES_URL": self.postgres,
            "SCELLE_NATS_URL": self.nats,
            "SCELLE_S3_URL": self.s3,
        }
        servers = [part for variable, part in embedded.items() if not self.environ.get(variable)]
        return [*servers, self.gateway, *self.sandboxes(), self.attesters.witnesses()]

    def sandboxes(self) -> list[Module]:
        """Return the simulators of the outside world."""
        (self.folder / "idnot").mkdir(exist_ok=True)
        modules = []
        for name in SIMULATORS:
            variables, admin = simulator_settings.variables(name, Outside(self), self.secrets), f"{name}_admin"
            modules.append(
                self._module(f"sandbox-{name}", (f"sandbox.{name}",), variables, self.state.port(admin), "/livez")
            )
        return modules

    def service(self, name: str) -> Module:
        """Return a service of ours."""
        variables = service_settings.variables(self.place(name))
        return self._module(name, (module(name), "run"), variables, self.state.port(name), "/readyz")

    def processes(self, service: Module) -> Iterator[Module]:
        """Yield the processes of a service in the order in which they start, each when the one before is ready."""
        service.words += ("--migrate",)  # by a process of its own, it would load everything twice
        yield service

    def place(self, name: str) -> "Embedded":
        """Return where a service runs, and where it finds the others."""
        return Embedded(self, name)

    def postgres_url(self) -> str:
        """Return the address of a superuser on the server that holds every database."""
        return self.environ.get("SCELLE_POSTGRES_URL") or self.postgres.url

    def database_password(self, name: str) -> str:
        """Return the password of the account that owns a service's database, and can connect to no other."""
        return self.secrets.word(f"{name}-database")

    def nats_url(self) -> str:
        """Return the address of NATS."""
        return self.environ.get("SCELLE_NATS_URL") or self.nats.url

    def s3_access(self) -> S3Access:
        """Return the address and keys of the object store."""
        url = self.environ.get("SCELLE_S3_URL")
        if not url:
            return self.s3.access
        try:
            keys = self.environ["SCELLE_S3_ACCESS_KEY"], self.environ["SCELLE_S3_SECRET_KEY"]
        except KeyError as missing:
            raise BadSettings(f"SCELLE_S3_URL is set, so {missing.args[0]} is needed too") from None
        parts = urlsplit(url)
        return S3Access(parts.netloc, *keys, secure=parts.scheme == "https")

    def admin_addresses(self) -> dict[str, str]:
        """Return the addresses at which the sandboxes show what reached them."""
        return {name: f"http://{LOOPBACK}:{self.state.port(f'{name}_admin')}" for name in SIMULATORS}

    def policy_file(self) -> Path:
        """Write whom the verifier may trust: the keys of the journal's log, its witnesses and its authority."""
        path = self.folder / "policy.json"
        write_private(path, self.attesters.policy().encode())
        return path

    def _module(self, name: str, words: tuple[str, ...], variables: dict[str, str], port: int, path: str) -> Module:
        return Module(name, words, variables, port, path, self.folder / "logs" / f"{name}.log", self.folder)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The place of one service: everything is on this machine, and files are where they were made."""

    plan: Blueprint
    name: str
    gateway: str = LOOPBACK
    pages: str = LOOPBACK
    provider: str = LOOPBACK
    scanner: str | None = None

    @property
    def peers(self) -> tuple[str, ...]:
        """Return every service that is installed."""
        return self.plan.services

    @property
    def secrets(self) -> Secrets:
        """Return the keys and passwords of the data folder."""
        return self.plan.secrets

    @property
    def trust_file(self) -> Path:
        """Return the public keys of every service."""
        return self.plan.trust_file

    @property
    def attesters(self) -> Attesters:
        """Return the witnesses and the authority."""
        return self.plan.attesters

    @property
    def listen(self) -> tuple[str, int]:
        """Return the loopback address and the port."""
        return LOOPBACK, self.plan.state.port(self.name)

    @property
    def public_url(self) -> str:
        """Return the address of the gateway."""
        return self.plan.gateway.url

    @property
    def sign_in_url(self) -> str:
        """Return the address of the simulated ID.not; no browser needs a detour."""
        return f"http://{LOOPBACK}:{self.plan.state.port('idnot')}"

    @property
    def database_url(self) -> str:
        """Return the address of the service's database."""
        server, own = urlsplit(self.plan.postgres_url()), database(self.name)
        account = f"{own}:{self.plan.database_password(self.name)}@{server.netloc.rpartition('@')[2]}"
        return server._replace(netloc=account, path=f"/{own}").geturl()

    @property
    def nats_url(self) -> str:
        """Return the address of NATS."""
        return self.plan.nats_url()

    @property
    def s3(self) -> S3Access:
        """Return the address and keys of the object store."""
        return self.plan.s3_access()

    @property
    def seal_chain(self) -> Path:
        """Return the certificates that the simulated provider made."""
        return self.plan.folder / "ar24" / "seal" / "chain.pem"

    @property
    def telemetry(self) -> Mapping[str, object]:
        """Return where the operator wants traces, if anywhere, and how many."""
        asked = {name: self.plan.environ.get(f"SCELLE_{name}") for name in ("OTLP_ENDPOINT", "OTLP_SAMPLED")}
        return {name: value for name, value in asked.items() if value}

    def sealing(self) -> Mapping[str, object]:
        """Return the file of a master key: there is no key service on one machine."""
        return {"MASTER_KEY_FILE": self.key("master_key", self.secrets.random_key(f"{self.name}-master"))}

    def address(self, name: str) -> str:
        """Return the address at which everybody reaches a process."""
        return f"{LOOPBACK}:{self.plan.state.port(name)}"

    def key(self, _name: str, source: Path) -> object:
        """Return the file itself."""
        return source

    def config(self, _name: str, source: Traversable) -> object:
        """Return the file itself."""
        return source


@dataclass(frozen=True, slots=True)
class Outside:
    """The simulators of a data folder."""

    plan: Blueprint
    host: str = LOOPBACK

    @property
    def public_url(self) -> str:
        """Return the address of the gateway."""
        return self.plan.gateway.url

    @property
    def provider_url(self) -> str:
        """Return the address of the provider of letters."""
        return f"http://{LOOPBACK}:{self.port('ar24')}"

    def port(self, name: str) -> int:
        """Return the port of what a simulator offers."""
        return self.plan.state.port(name)

    def admin_port(self, name: str) -> int:
        """Return the port of what it shows to developers."""
        return self.plan.state.port(f"{name}_admin")

    def admin_url(self, name: str) -> str:
        """Return the address of that."""
        return f"http://{LOOPBACK}:{self.admin_port(name)}"

    def data(self, name: str) -> Path:
        """Return the folder that it keeps."""
        return self.plan.folder / name
