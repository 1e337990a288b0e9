"""What each service is told, wherever a platform runs: the one list of settings, filled in with a place's addresses."""

import json
from collections.abc import Callable, Mapping
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from launcher.attesters import Attesters
from launcher.components.seaweedfs import S3Access
from launcher.keys import Secrets

LOG_ORIGIN = "journal.scelle.localhost/dev"
BUCKET = "scelle-documents"
ISSUER = "https://www.idnot.notaires.fr"
REDIRECT_PATH = "/connexion/idnot/retour"
PAGES = "portal"
"""It signs nothing, has no events, and nobody asks it but people."""

Fields = dict[str, object]


class Place(Protocol):
    """Where one service runs, and where it finds what it needs.

    Whom it talks to has a name: a service, a witness, or a simulator (`smtp` is where the one of mails listens).
    """

    @property
    def name(self) -> str:
        """Return the service."""
        ...

    @property
    def peers(self) -> tuple[str, ...]:
        """Return every service of the platform."""
        ...

    @property
    def secrets(self) -> Secrets:
        """Return the keys and passwords of the platform."""
        ...

    @property
    def trust_file(self) -> Path:
        """Return the public keys of every service."""
        ...

    @property
    def attesters(self) -> Attesters:
        """Return who attests what the journal signs."""
        ...

    @property
    def listen(self) -> tuple[str, int]:
        """Return the address and port on which the service listens."""
        ...

    @property
    def public_url(self) -> str:
        """Return the address that people and programs call."""
        ...

    @property
    def sign_in_url(self) -> str:
        """Return the address of the simulated ID.not, as browsers reach it."""
        ...

    @property
    def gateway(self) -> str:
        """Return the address (IPv4) from which the gateway calls."""
        ...

    @property
    def pages(self) -> str:
        """Return the address (IPv4) from which the portal calls."""
        ...

    @property
    def provider(self) -> str:
        """Return the address (IPv4) from which the provider of letters calls."""
        ...

    @property
    def database_url(self) -> str:
        """Return the address of the service's database, with the account that owns it."""
        ...

    @property
    def nats_url(self) -> str:
        """Return the address of NATS, with the password."""
        ...

    @property
    def s3(self) -> S3Access:
        """Return the address and keys of the object store."""
        ...

    @property
    def seal_chain(self) -> Path:
        """Return the certificates under which the simulated provider seals its proofs."""
        ...

    @property
    def telemetry(self) -> Mapping[str, object]:
        """Return where traces and metrics go and how many traces are recorded, nothing if nobody collects."""
        ...

    @property
    def scanner(self) -> str | None:
        """Return host:port of ClamAV, None if there is none and the vault's own check has to do."""
        ...

    def sealing(self) -> Mapping[str, object]:
        """Return what tells the service where its key service is."""
        ...

    def address(self, name: str) -> str:
        """Return host:port at which this service reaches another process."""
        ...

    def key(self, name: str, source: Path) -> object:
        """Give the service a secret; return where it sees the file."""
        ...

    def config(self, name: str, source: Traversable) -> object:
        """Give the service what is no secret; return where it sees the file."""
        ...


def variables(place: Place) -> dict[str, str]:
    """Return the environment of a service, and give it the files that its variables name."""
    own: dict[str, Callable[[Place], Fields]] = {
        "identity": _identity,
        "vault": _vault,
        "messaging": _messaging,
        "lre-gateway": _lre_gateway,
        "journal": _journal,
    }
    fields = _process(place) | (_pages(place) if place.name == PAGES else _service(place))
    fields |= own[place.name](place) if place.name in own else {}
    return {f"{module(place.name).upper()}_{field}": str(value) for field, value in fields.items()}


def signing(services: tuple[str, ...]) -> tuple[str, ...]:
    """Return the services that sign what others believe."""
    return tuple(name for name in services if name != PAGES)


def module(service: str) -> str:
    """Return the name under which a service is imported."""
    return service.replace("-", "_")


def database(service: str) -> str:
    """Return the name of a service's database."""
    return f"scelle_{module(service)}"


def _process(place: Place) -> Fields:
    host, port = place.listen
    peers = {peer: f"http://{place.address(peer)}" for peer in place.peers if peer not in (place.name, PAGES)}
    return {
        "ENVIRONMENT": "development",
        "DATABASE_URL": place.database_url,
        "HTTP_HOST": host,
        "HTTP_PORT": port,
        "PUBLIC_URL": place.public_url,
        "PEERS": json.dumps(peers),
        **place.telemetry,
    }


def _service(place: Place) -> Fields:
    return {
        "NATS_URL": place.nats_url,
        **place.sealing(),
        "SIGNING_KEY_FILE": place.key("signing_key", place.secrets.signing_key(place.name)),
        "TRUST_FILE": place.config("trust.json", place.trust_file),
    }


def _pages(place: Place) -> Fields:
    sessions = place.key("session_key", place.secrets.random_key(f"{place.name}-session"))
    return {"SESSION_KEY_FILE": sessions, "GALLERY": "true"}


def _identity(place: Place) -> Fields:
    idnot = f"http://{place.address('idnot')}/IdPOAuth2"
    return {
        "SMS_URL": f"http://{place.address('sms')}",
        "SMS_TOKEN": place.secrets.word("sms"),
        "OIDC_ISSUER": ISSUER,
        "OIDC_AUTHORIZE_URL": f"{place.sign_in_url}/IdPOAuth2/auth/IDNOT_IDP",
        "OIDC_TOKEN_URL": f"{idnot}/token/IDNOT_IDP",
        "OIDC_JWKS_URL": f"{idnot}/jwk/IDNOT_IDP",
        "OIDC_USERINFO_URL": f"{idnot}/userinfo/IDNOT_IDP",
        "OIDC_REDIRECT_URL": f"{place.public_url}{REDIRECT_PATH}",
        "OIDC_CLIENT_ID": "scelle",
        "OIDC_CLIENT_SECRET": place.secrets.word("oidc-client"),
        "OIDC_CLAIMS_FILE": place.config("claims.json", files("sandbox.idnot") / "claims.json"),
        "CODE_KEY_FILE": place.key("code_key", place.secrets.random_key("code")),
        "TRUSTED_PROXIES": json.dumps(sorted({f"{place.gateway}/32", f"{place.pages}/32"})),
        # Everybody on this machine has the same address; the caps of people and numbers stay as they are.
        "CODES_PER_IP_HOUR": 10_000,
        "PASSWORDS_PER_IP_HOUR": 10_000,
    }


def _s3(place: Place) -> Fields:
    return {
        "S3_ENDPOINT": place.s3.endpoint,
        "S3_ACCESS_KEY": place.s3.access_key,
        "S3_SECRET_KEY": place.s3.secret_key,
        "S3_SECURE": str(place.s3.secure).lower(),
    }


def _vault(place: Place) -> Fields:
    return _s3(place) | {"S3_BUCKET": BUCKET} | ({"CLAMD": place.scanner} if place.scanner else {})


def _messaging(place: Place) -> Fields:
    host, _, port = place.address("smtp").rpartition(":")
    return {
        "SMTP_HOST": host,
        "SMTP_PORT": port,
        "MAIL_FROM": "ne-pas-repondre@scelle.example",
        "BOUNCE_ADDRESS": "bounces@scelle.example",
        "REPORT_SECRET_FILE": place.key("report_secret", place.secrets.random_key("reports")),
        # Nobody of a development stack waits a quarter of an hour to see what a burst of news becomes.
        "DIGEST_SECONDS": 1,
        "DIGEST_PAUSE_SECONDS": 3,
    }


def _lre_gateway(place: Place) -> Fields:
    return {
        "PROVIDER": "ar24",
        "AR24_URL": f"http://{place.address('ar24')}/api",
        "AR24_TOKEN_FILE": place.key("ar24_token", place.secrets.word_file("ar24-token")),
        "AR24_PRIVATE_KEY_FILE": place.key("ar24_private_key", place.secrets.word_file("ar24-private-key")),
        "AR24_UNCONFIRMED": "simulated",
        "PROOF_TRUST_FILE": place.config("proof-trust.pem", place.seal_chain),
        "WEBHOOK_SECRET_FILE": place.key("webhook_secret", place.secrets.random_key("webhook")),
        "WEBHOOK_ADDRESSES": json.dumps([f"{place.provider}/32"]),
        "TRUSTED_PROXIES": json.dumps([f"{place.gateway}/32"]),
        # The simulator answers at once, and nobody of a development stack waits two minutes for a poll.
        "POLL_SECONDS": 2,
        "QUIET_SECONDS": 3,
        "INTERRUPTED_SECONDS": 15,
    }


def _journal(place: Place) -> Fields:
    chain = place.config("authority.pem", place.attesters.tsa_folder / "chain.pem")
    own = {
        "LOG_KEY_FILE": place.key("log_key", place.secrets.signing_key("log")),
        "LOG_MLDSA_KEY_FILE": place.key("log_mldsa_key", place.secrets.mldsa_key("log")),
        "LOG_ORIGIN": LOG_ORIGIN,
    }
    return own | _s3(place) | place.attesters.journal_settings(place.address, str(chain))
