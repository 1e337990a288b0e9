"""A vault on real servers, and tickets for it."""

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from chassis.tokens import Signer, Ticket, new_signing_key
from launcher.components.seaweedfs import SeaweedFS
from testkit.plugin import Bucket
from testkit.serving import serving
from vault.adapters.s3 import S3Address, S3ObjectStore
from vault.settings import Settings
from vault.wiring import Parts, app, prepare

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02" + bytes(500)


@dataclass(frozen=True)
class Keys:
    """The services that sign for the vault."""

    folder: Path
    dossier: Signer
    letters: Signer
    journal: Signer
    someone_else: Signer


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    signers = {}
    for name in ("dossier", "lre-gateway", "journal", "vault", "stranger"):
        path = folder / f"{name}.pem"
        path.write_bytes(new_signing_key())
        path.chmod(0o600)
        signers[name] = Signer(path, name)
    trusted = [signers[name].public_jwk() for name in ("dossier", "lre-gateway", "journal", "vault")]
    (folder / "trust.json").write_text(json.dumps({"keys": trusted}))
    master = folder / "master.key"
    master.write_text(base64.b64encode(os.urandom(32)).decode())
    master.chmod(0o600)
    stranger = Signer(folder / "stranger.pem", "dossier")
    return Keys(folder, signers["dossier"], signers["lre-gateway"], signers["journal"], stranger)


@dataclass
class Vault:
    """A running vault, spoken to over HTTP, and the servers behind it."""

    settings: Settings
    keys: Keys
    http: httpx.Client
    parts: Parts
    served: Callable[[Settings], AbstractContextManager[str]]

    def ticket(self, content: bytes = PDF, **changes: Any) -> Ticket:
        """Return a ticket to deposit `content`, of a client in a dossier of his own."""
        client = uuid4()
        ticket = Ticket(
            action="deposit",
            version_id=uuid4(),
            request_id=uuid4(),
            dossier_id=uuid4(),
            office_id=uuid4(),
            actor_id=client,
            actor_kind="client",
            owner_id=client,
            name="relevé d'identité.pdf",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        return replace(ticket, **changes)

    def bearer(self, ticket: Ticket) -> dict[str, str]:
        signer = self.keys.letters if ticket.issuer == "lre-gateway" else self.keys.dossier
        return {"Authorization": f"Bearer {signer.ticket(ticket)}"}

    def put(self, ticket: Ticket, content: Any = PDF, **headers: str) -> httpx.Response:
        url = f"/documents/{ticket.version_id}/content"
        return self.http.put(url, content=content, headers={**self.bearer(ticket), **headers})

    def get(self, ticket: Ticket, action: str = "download") -> httpx.Response:
        url = f"/documents/{ticket.version_id}/content"
        return self.http.get(url, headers=self.bearer(replace(ticket, action=action)))  # type: ignore[arg-type]

    def delete(self, ticket: Ticket) -> httpx.Response:
        return self.http.delete(f"/documents/{ticket.version_id}/content", headers=self.bearer(ticket))

    def observation(self, version_id: UUID) -> dict[str, Any]:
        token = self.keys.journal.service_token("vault")
        answer = self.http.get(
            f"{self.http.base_url.copy_with(path='/internal')}/documents/{version_id}/observation",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.text
        observed: dict[str, Any] = answer.json()
        return observed

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [(recorded.topic, recorded.plain) for recorded in self.parts.store.read(0, 500)]

    def told(self, topic: str) -> int:
        """Count the events of a kind."""
        return sum(one == topic for one, _ in self.events())

    def stored(self) -> int:
        """Count the documents that were stored."""
        return self.told("vault.document-stored")

    def kept(self) -> list[str]:
        """Return everything the bucket holds."""
        return self.parts.objects.names("")

    def keys_held(self) -> int:
        with self.parts.store.connection() as connection:
            row = connection.execute("SELECT count(*) AS held FROM vault.data_key").fetchone()
        return int(row["held"]) if row else 0


@pytest.fixture(scope="session")
def one_bucket(s3_server: SeaweedFS) -> Bucket:
    """Return a bucket for all tests: each bucket costs the server several volumes."""
    s3_server.access.client().make_bucket(bucket_name="vault-tests")
    return Bucket(s3_server.access, "vault-tests")


@pytest.fixture
def s3(one_bucket: Bucket) -> Iterator[Bucket]:
    """Return the bucket, empty again after each test."""
    yield one_bucket
    objects = store_of(one_bucket)
    objects.remove(objects.names(""))


@pytest.fixture
def settings(keys: Keys, database_url: str, s3: Bucket, nats_url: str, free_port: int) -> Settings:
    return Settings(
        database_url=database_url,
        nats_url=nats_url,
        http_port=free_port,
        environment="development",
        public_url="http://127.0.0.1",
        signing_key_file=keys.folder / "vault.pem",
        trust_file=keys.folder / "trust.json",
        master_key_file=keys.folder / "master.key",
        peers={"identity": "http://127.0.0.1:9"},  # asked only for what the bus does not have
        s3_endpoint=s3.access.endpoint,
        s3_access_key=s3.access.access_key,
        s3_secret_key=s3.access.secret_key,  # type: ignore[arg-type] # pydantic wraps it
        s3_bucket=s3.name,
        max_document_bytes=64 << 20,
    )


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> Iterator[None]:
    """Log as in production, without the values of local variables: they are documents."""
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
def vault(settings: Settings, keys: Keys) -> Iterator[Vault]:
    prepare(settings)
    parts = Parts(settings)
    with (
        serving(app(settings)) as address,
        httpx.Client(base_url=f"{address}/api/vault/v1", trust_env=False, timeout=60) as http,
    ):
        yield Vault(settings, keys, http, parts, lambda other: serving(app(other)))
    parts.close()


@pytest.fixture
def environment(vault: Vault) -> dict[str, str]:
    """Return the environment of a process of this vault."""
    settings = vault.settings.model_dump(mode="json") | {
        "s3_secret_key": vault.settings.s3_secret_key.get_secret_value()
    }
    named = {
        f"VAULT_{name.upper()}": json.dumps(value) if isinstance(value, dict) else str(value)
        for name, value in settings.items()
        if value is not None
    }
    return {**os.environ, **named}


@pytest.fixture
def objects(s3: Bucket) -> S3ObjectStore:
    return store_of(s3)


def store_of(bucket: Bucket) -> S3ObjectStore:
    access = bucket.access
    return S3ObjectStore(S3Address(access.endpoint, access.access_key, access.secret_key, bucket.name, secure=False))
