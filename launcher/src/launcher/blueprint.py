"""Who is who in the stack: each process with its ports, keys, addresses and environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from launcher.attesters import Attesters
from launcher.components.caddy import Caddy
from launcher.components.nats import Nats
from launcher.components.postgres import Postgres
from launcher.components.seaweedfs import PORTS as S3_PORTS
from launcher.components.seaweedfs import S3Access, SeaweedFS
from launcher.errors import StackError
from launcher.files import write_private
from launcher.keys import Secrets
from launcher.parts import Module, Part
from launcher.ports import LOOPBACK
from launcher.state import State

SERVICES = ("identity", "dossier", "vault", "messaging", "lre-gateway", "journal")
SANDBOXES = ("idnot", "sms", "mail", "tsa", "ar24")
LOG_ORIGIN = "journal.scelle.localhost/dev"
BUCKET = "scelle-documents"
REDIRECT_PATH = "/api/identity/v1/sign-in/idnot/callback"
ISSUER = "https://www.idnot.notaires.fr"


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
        self.trust_file = self.secrets.trust_file(SERVICES)
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
        port = self.state.port
        environments: dict[str, dict[str, object]] = {
            "idnot": {
                "PORT": port("idnot"),
                "CLIENT_ID": "scelle",
                "CLIENT_SECRET": self.secrets.word("oidc-client"),
                "ISSUER": ISSUER,
                "REDIRECT_URIS": f"{self.gateway.url}{REDIRECT_PATH}",
                "ACCOUNTS_FILE": self.folder / "idnot" / "accounts.json",
            },
            "sms": {"PORT": port("sms"), "TOKEN": self.secrets.word("sms")},
            "mail": {"SMTP_PORT": port("smtp")},
            "tsa": {"PORT": port("tsa"), "FOLDER": self.attesters.tsa_folder},
            "ar24": {
                "PORT": port("ar24"),
                "TOKEN": self.secrets.word("ar24-token"),
                "PRIVATE_KEY": self.secrets.word("ar24-private-key"),
                "FOLDER": self.folder / "ar24",
            },
        }
        (self.folder / "idnot").mkdir(exist_ok=True)
        modules = []
        for name in SANDBOXES:
            settings, admin = environments[name], port(f"{name}_admin")
            fields = {"HOST": LOOPBACK, "ADMIN_PORT": admin} | settings
            variables = {f"SANDBOX_{field}": str(value) for field, value in fields.items()}
            modules.append(self._module(f"sandbox-{name}", (f"sandbox.{name}",), variables, admin, "/livez"))
        return modules

    def service(self, name: str) -> Module:
        """Return a service of ours."""
        own = {
            "identity": self._identity,
            "vault": self._vault,
            "messaging": self._messaging,
            "lre-gateway": self._lre_gateway,
            "journal": self._journal,
        }
        fields = self._common(name) | (own[name]() if name in own else {})
        variables = {f"{module(name).upper()}_{field}": str(value) for field, value in fields.items()}
        return self._module(name, (module(name), "run"), variables, self.state.port(name), "/readyz")

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
            raise StackError(f"SCELLE_S3_URL is set, so {missing.args[0]} is needed too") from None
        parts = urlsplit(url)
        return S3Access(parts.netloc, *keys, secure=parts.scheme == "https")

    def admin_addresses(self) -> dict[str, str]:
        """Return the addresses at which the sandboxes show what reached them."""
        return {name: f"http://{LOOPBACK}:{self.state.port(f'{name}_admin')}" for name in SANDBOXES}

    def policy_file(self) -> Path:
        """Write whom the verifier may trust: the keys of the journal's log, its witnesses and its authority."""
        path = self.folder / "policy.json"
        write_private(path, self.attesters.policy().encode())
        return path

    def _module(self, name: str, words: tuple[str, ...], variables: dict[str, str], port: int, path: str) -> Module:
        return Module(name, words, variables, port, path, self.folder / "logs" / f"{name}.log", self.folder)

    def _common(self, name: str) -> dict[str, object]:
        peers = {peer: f"http://{LOOPBACK}:{self.state.port(peer)}" for peer in self.services}
        server = urlsplit(self.postgres_url())
        account = f"{database(name)}:{self.database_password(name)}@{server.netloc.rpartition('@')[2]}"
        telemetry = self.environ.get("SCELLE_OTLP_ENDPOINT")
        return {
            "DATABASE_URL": server._replace(netloc=account, path=f"/{database(name)}").geturl(),
            "NATS_URL": self.nats_url(),
            "HTTP_HOST": LOOPBACK,
            "HTTP_PORT": self.state.port(name),
            "PUBLIC_URL": self.gateway.url,
            "SIGNING_KEY_FILE": self.secrets.signing_key(name),
            "TRUST_FILE": self.trust_file,
            "MASTER_KEY_FILE": self.secrets.random_key(f"{name}-master"),
            "LOG_FORMAT": "json",
            "PEERS": json.dumps(peers),
            **({"OTLP_ENDPOINT": telemetry} if telemetry else {}),
        }

    def _identity(self) -> dict[str, object]:
        oidc = f"http://{LOOPBACK}:{self.state.port('idnot')}/IdPOAuth2"
        return {
            "SMS_URL": f"http://{LOOPBACK}:{self.state.port('sms')}",
            "SMS_TOKEN": self.secrets.word("sms"),
            "OIDC_ISSUER": ISSUER,
            "OIDC_AUTHORIZE_URL": f"{oidc}/auth/IDNOT_IDP",
            "OIDC_TOKEN_URL": f"{oidc}/token/IDNOT_IDP",
            "OIDC_JWKS_URL": f"{oidc}/jwk/IDNOT_IDP",
            "OIDC_USERINFO_URL": f"{oidc}/userinfo/IDNOT_IDP",
            "OIDC_CLIENT_ID": "scelle",
            "OIDC_CLIENT_SECRET": self.secrets.word("oidc-client"),
            "OIDC_CLAIMS_FILE": files("sandbox.idnot") / "claims.json",
            "CODE_KEY_FILE": self.secrets.random_key("code"),
            # Everybody on this machine has the same address; the caps of people and numbers stay as they are.
            "CODES_PER_IP_HOUR": 10_000,
            "PASSWORDS_PER_IP_HOUR": 10_000,
        }

    def _s3(self) -> dict[str, object]:
        access = self.s3_access()
        return {
            "S3_ENDPOINT": access.endpoint,
            "S3_ACCESS_KEY": access.access_key,
            "S3_SECRET_KEY": access.secret_key,
            "S3_SECURE": str(access.secure).lower(),
        }

    def _vault(self) -> dict[str, object]:
        return self._s3() | {"S3_BUCKET": BUCKET}

    def _messaging(self) -> dict[str, object]:
        return {
            "SMTP_HOST": LOOPBACK,
            "SMTP_PORT": self.state.port("smtp"),
            "MAIL_FROM": "ne-pas-repondre@scelle.example",
        }

    def _lre_gateway(self) -> dict[str, object]:
        return {
            "PROVIDER": "ar24",
            "AR24_URL": f"http://{LOOPBACK}:{self.state.port('ar24')}/api",
            "AR24_TOKEN_FILE": self.secrets.word_file("ar24-token"),
            "AR24_PRIVATE_KEY_FILE": self.secrets.word_file("ar24-private-key"),
            "AR24_UNCONFIRMED": "simulated",
            "PROOF_TRUST_FILE": self.folder / "ar24" / "seal" / "chain.pem",
            "WEBHOOK_SECRET_FILE": self.secrets.random_key("webhook"),
            "WEBHOOK_ADDRESSES": json.dumps([f"{LOOPBACK}/32"]),
            # The simulator answers at once, and nobody of a development stack waits two minutes for a poll.
            "POLL_SECONDS": 2,
            "QUIET_SECONDS": 3,
            "INTERRUPTED_SECONDS": 15,
        }

    def _journal(self) -> dict[str, object]:
        own = {"LOG_KEY_FILE": self.secrets.signing_key("log"), "LOG_ORIGIN": LOG_ORIGIN}
        return own | self._s3() | self.attesters.journal_settings()


def module(service: str) -> str:
    """Return the name under which a service is imported."""
    return service.replace("-", "_")


def database(service: str) -> str:
    """Return the name of a service's database."""
    return f"scelle_{module(service)}"
