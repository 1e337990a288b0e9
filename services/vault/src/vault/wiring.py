"""Builds the objects of the vault from its settings."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from bus import consuming, relaying
from chassis.client import ServiceClient
from chassis.feed import feed_pages, feed_router
from chassis.http import create_app
from chassis.process import Service, Task
from chassis.tokens import Signer, Verifier
from contracts import Envelope, envelope_of
from eventstore import (
    AWAY,
    LEDGER,
    Drift,
    FileKeyService,
    Inbox,
    Parked,
    Recorded,
    Store,
    StoreRefusal,
    compare,
    create_read_model,
    leadership,
    migrate,
    rebuild,
)
from fastapi import FastAPI

from vault.adapters.key_ring import PostgresKeyRing
from vault.adapters.s3 import S3Address, S3ObjectStore
from vault.application.deposits import Deposits
from vault.application.erasing import Erasing
from vault.application.facts import facts
from vault.application.observations import Observations
from vault.application.readings import Readings
from vault.application.reaping import Reaper
from vault.entrypoints.http import internal_routes, public_routes
from vault.entrypoints.messages import Handler, handlers
from vault.entrypoints.timers import reaping
from vault.readmodel.documents import DocumentTable
from vault.readmodel.projection import projection
from vault.settings import Settings

HERE = Path(__file__).parent
NAME = "vault"
PREFIX = "/api/vault/v1"
THREADS = 12
"""Encrypting, decrypting and the storage's answers happen in these; each may hold one part in memory."""


class Parts:
    """The objects of one process."""

    def __init__(self, settings: Settings) -> None:
        key_service = FileKeyService(settings.master_key_file)
        self.store = Store(NAME, settings.database_url, projection=projection, keys=key_service, facts=facts)
        self.documents = DocumentTable(self.store)
        self.keys = PostgresKeyRing(self.store, key_service)
        self.objects = object_store(settings)
        self.threads = ThreadPoolExecutor(THREADS, "vault")

    def close(self) -> None:
        """Let the threads end, then close the connections."""
        self.threads.shutdown()
        self.objects.close()
        self.store.close()


def object_store(settings: Settings) -> S3ObjectStore:
    """Return the bucket."""
    address = S3Address(
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        secure=settings.s3_secure,
    )
    return S3ObjectStore(address, connections=THREADS)


def app(settings: Settings) -> FastAPI:
    """Return the web application."""
    parts = Parts(settings)
    deposits = Deposits(
        store=parts.store,
        documents=parts.documents,
        keys=parts.keys,
        objects=parts.objects,
        threads=parts.threads,
        max_bytes=settings.max_document_bytes,
    )
    readings = Readings(
        store=parts.store, documents=parts.documents, keys=parts.keys, objects=parts.objects, threads=parts.threads
    )
    observations = Observations(parts.documents, parts.objects)
    return create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[public_routes(deposits, readings)],
        internal=[internal_routes(observations, parts.documents), feed_router(parts.store, _envelope)],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=parts.store.ready,
        refusals=[StoreRefusal],
        away=AWAY,
        closing=[parts.close],
    )


def tasks(settings: Settings) -> Sequence[Task]:
    """Return what `work` does: relay the events, follow identity, and remove what crashes left."""
    parts = Parts(settings)
    reaper = Reaper(store=parts.store, keys=parts.keys, objects=parts.objects)
    alone = partial(leadership, settings.database_url, "relay")
    identity = ServiceClient(settings.peers["identity"], Signer(settings.signing_key_file, NAME), "identity")
    inbox = Inbox(parts.store, message_handlers(parts))
    return [
        relaying(settings.nats_url, NAME, parts.store, leadership=alone, replicas=settings.nats_replicas),
        consuming(settings.nats_url, NAME, "identity", inbox, _refill(identity)),
        reaping(reaper),
    ]


def message_handlers(parts: Parts) -> Mapping[str, Handler]:
    """Build what is done with each message, by topic."""
    return handlers(Erasing(parts.store, parts.documents, parts.keys, parts.objects))


def _refill(producer: ServiceClient) -> Callable[[int, int], Sequence[Envelope]]:
    pages = feed_pages(producer)
    return lambda after, limit: [Envelope.parse(item) for item in pages(after, limit)]


def prepare(settings: Settings) -> None:
    """Make tables and bucket, and the read model again if its tables have changed."""
    migrate(settings.database_url, LEDGER, HERE / "migrations")
    if create_read_model(settings.database_url, HERE / "readmodel" / "schema.sql"):
        remake(settings)
    object_store(settings).prepare()


def remake(settings: Settings) -> None:
    """Make the read model again from the events."""
    rebuild(Parts(settings).store)


def drift(settings: Settings) -> Drift:
    """Compare the read model with what the events say."""
    with closing(Parts(settings).store) as store:
        return compare(store, HERE / "readmodel" / "schema.sql")


def parked(settings: Settings) -> Parked:
    """Return the messages that could not be handled."""
    parts = Parts(settings)
    return Parked(parts.store, message_handlers(parts), Envelope.parse)


def _envelope(recorded: Recorded) -> dict[str, object]:
    return envelope_of(recorded).model_dump(mode="json", exclude_none=True)


SERVICE = Service(
    name=NAME,
    settings=Settings,
    app=app,
    migrate=prepare,
    tasks=tasks,
    rebuild=remake,
    compare=drift,
    parked=parked,
    peers=("identity",),
)
