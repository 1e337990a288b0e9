"""Builds the objects of the vault from its settings."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bus import relaying
from chassis.feed import feed_router
from chassis.http import create_app
from chassis.process import Service, Task
from chassis.tokens import Verifier
from contracts import envelope_of
from eventstore import (
    AWAY,
    LEDGER,
    FileKeyService,
    Recorded,
    Store,
    StoreRefusal,
    create_read_model,
    leadership,
    migrate,
    rebuild,
)
from fastapi import FastAPI

from vault.adapters.key_ring import PostgresKeyRing
from vault.adapters.s3 import S3Address, S3ObjectStore
from vault.application.deposits import Deposits
from vault.application.facts import facts
from vault.application.observations import Observations
from vault.application.readings import Readings
from vault.application.reaping import Reaper
from vault.entrypoints.http import internal_routes, public_routes
from vault.entrypoints.timers import reaping
from vault.readmodel.documents import DocumentTable
from vault.readmodel.projection import projection
from vault.settings import Settings

HERE = Path(__file__).parent
PREFIX = "/api/vault/v1"
THREADS = 12
"""Encrypting, decrypting and the storage's answers happen in these; each may hold one part in memory."""


class Parts:
    """The objects of one process."""

    def __init__(self, settings: Settings) -> None:
        key_service = FileKeyService(settings.master_key_file)
        self.store = Store("vault", settings.database_url, projection=projection, keys=key_service, facts=facts)
        self.documents = DocumentTable(self.store)
        self.keys = PostgresKeyRing(self.store, key_service)
        self.objects = object_store(settings)
        self.threads = ThreadPoolExecutor(THREADS, "vault")


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
        service="vault",
        prefix=PREFIX,
        routers=[public_routes(deposits, readings)],
        internal=[internal_routes(observations, parts.documents), feed_router(parts.store, _envelope)],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=parts.store.ready,
        refusals=[StoreRefusal],
        away=AWAY,
    )


def tasks(settings: Settings) -> Sequence[Task]:
    """Return what `work` does: relay the events, and remove what crashes left."""
    parts = Parts(settings)
    reaper = Reaper(store=parts.store, keys=parts.keys, objects=parts.objects)
    alone = partial(leadership, settings.database_url, "relay")
    return [relaying(settings.nats_url, "vault", parts.store, leadership=alone), reaping(reaper)]


def prepare(settings: Settings) -> None:
    """Make tables and bucket, and the read model again if its tables have changed."""
    migrate(settings.database_url, LEDGER, HERE / "migrations")
    if create_read_model(settings.database_url, HERE / "readmodel" / "schema.sql"):
        remake(settings)
    object_store(settings).prepare()


def remake(settings: Settings) -> None:
    """Make the read model again from the events."""
    rebuild(Parts(settings).store)


def _envelope(recorded: Recorded) -> dict[str, object]:
    return envelope_of(recorded).model_dump(mode="json", exclude_none=True)


SERVICE = Service(name="vault", settings=Settings, app=app, migrate=prepare, tasks=tasks, rebuild=remake)
