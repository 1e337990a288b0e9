"""The settings of each service: files named as the variables are, beside the keys and certificates that they name."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from launcher.attesters import Attesters
from launcher.blueprint import BUCKET, ISSUER, LOG_ORIGIN, database, module
from launcher.components.seaweedfs import S3Access
from launcher.compose import places
from launcher.compose.folders import Folder
from launcher.compose.places import address
from launcher.keys import Secrets

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Writes the folder of one service after the other; `mounted` tells where the service sees its own."""

    folder: Path
    secrets: Secrets
    attesters: Attesters
    s3: S3Access
    seal_chain: Path
    mounted: Callable[[str], Path]

    def write(self, name: str) -> None:
        """Write the settings of a service, its keys and certificates, and remove settings that are no more."""
        own: dict[str, Callable[[Folder], Fields]] = {
            "identity": self._identity,
            "vault": self._vault,
            "messaging": self._messaging,
            "lre-gateway": self._lre_gateway,
            "journal": self._journal,
        }
        folder = Folder(self.folder / name, self.mounted(name))
        fields = self._common(name, folder) | (own[name](folder) if name in own else {})
        folder.settings({f"{module(name).upper()}_{field}": value for field, value in fields.items()})

    def _common(self, name: str, folder: Folder) -> Fields:
        account = f"{database(name)}:{self.secrets.word(f'{name}-database')}"
        return {
            "DATABASE_URL": f"postgresql://{account}@postgres:{places.POSTGRES_PORT}/{database(name)}",
            "NATS_URL": f"nats://scelle:{self.secrets.word('nats')}@nats:{places.NATS_PORT}",
            "HTTP_HOST": "0.0.0.0",  # noqa: S104 - the container's own network
            "HTTP_PORT": places.PORT,
            "PUBLIC_URL": places.PUBLIC_URL,
            "SIGNING_KEY_FILE": folder.key("signing_key", self.secrets.signing_key(name)),
            "TRUST_FILE": folder.config("trust.json", self.secrets.trust_file(places.SERVICES)),
            "MASTER_KEY_FILE": folder.key("master_key", self.secrets.random_key(f"{name}-master")),
            "PEERS": json.dumps({peer: address(peer) for peer in places.SERVICES if peer != name}),
            "OTLP_ENDPOINT": places.TELEMETRY_URL,
        }

    def _identity(self, folder: Folder) -> Fields:
        idnot = f"{address('idnot', places.SIMULATED_PORT)}/IdPOAuth2"
        return {
            "SMS_URL": address("sms", places.SIMULATED_PORT),
            "SMS_TOKEN": self.secrets.word("sms"),
            "OIDC_ISSUER": ISSUER,
            "OIDC_AUTHORIZE_URL": f"{places.SIGN_IN_URL}/IdPOAuth2/auth/IDNOT_IDP",
            "OIDC_TOKEN_URL": f"{idnot}/token/IDNOT_IDP",
            "OIDC_JWKS_URL": f"{idnot}/jwk/IDNOT_IDP",
            "OIDC_USERINFO_URL": f"{idnot}/userinfo/IDNOT_IDP",
            "OIDC_CLIENT_ID": "scelle",
            "OIDC_CLIENT_SECRET": self.secrets.word("oidc-client"),
            "OIDC_CLAIMS_FILE": folder.config("claims.json", files("sandbox.idnot") / "claims.json"),
            "CODE_KEY_FILE": folder.key("code_key", self.secrets.random_key("code")),
            "TRUSTED_PROXIES": json.dumps([places.GATEWAY_ADDRESS]),
            # Everybody comes through the host's one address; the caps of people and numbers stay as they are.
            "CODES_PER_IP_HOUR": 10_000,
            "PASSWORDS_PER_IP_HOUR": 10_000,
        }

    def _vault(self, _folder: Folder) -> Fields:
        return self._s3() | {"S3_BUCKET": BUCKET}

    def _messaging(self, _folder: Folder) -> Fields:
        return {"SMTP_HOST": "mail", "SMTP_PORT": places.SMTP_PORT, "MAIL_FROM": "ne-pas-repondre@scelle.example"}

    def _lre_gateway(self, folder: Folder) -> Fields:
        return {
            "PROVIDER": "ar24",
            "AR24_URL": f"{address('ar24', places.SIMULATED_PORT)}/api",
            "AR24_TOKEN_FILE": folder.key("ar24_token", self.secrets.word_file("ar24-token")),
            "AR24_PRIVATE_KEY_FILE": folder.key("ar24_private_key", self.secrets.word_file("ar24-private-key")),
            "AR24_UNCONFIRMED": "simulated",
            "PROOF_TRUST_FILE": folder.config("proof-trust.pem", self.seal_chain),
            "WEBHOOK_SECRET_FILE": folder.key("webhook_secret", self.secrets.random_key("webhook")),
            "WEBHOOK_ADDRESSES": json.dumps([f"{places.AR24_ADDRESS}/32"]),
            "TRUSTED_PROXIES": json.dumps([f"{places.GATEWAY_ADDRESS}/32"]),
            # The simulator answers at once, and nobody of a development stack waits two minutes for a poll.
            "POLL_SECONDS": 2,
            "QUIET_SECONDS": 3,
        }

    def _journal(self, folder: Folder) -> Fields:
        attested = self.attesters.journal_settings()
        chain = folder.config("authority.pem", self.attesters.tsa_folder / "chain.pem")
        authorities = [one | {"chain_file": chain} for one in json.loads(str(attested["AUTHORITIES"]))]
        own = {
            "LOG_KEY_FILE": folder.key("log_key", self.secrets.signing_key("log")),
            "LOG_MLDSA_KEY_FILE": folder.key("log_mldsa_key", self.secrets.mldsa_key("log")),
            "LOG_ORIGIN": LOG_ORIGIN,
            "AUTHORITIES": json.dumps(authorities),
        }
        return self._s3() | attested | own

    def _s3(self) -> Fields:
        return {
            "S3_ENDPOINT": self.s3.endpoint,
            "S3_ACCESS_KEY": self.s3.access_key,
            "S3_SECRET_KEY": self.s3.secret_key,
            "S3_SECURE": str(self.s3.secure).lower(),
        }
