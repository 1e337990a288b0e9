"""Builds the objects of the vault from its settings."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from bus import Consuming, Relaying
from chassis.client import ServiceClient
from chassis.feed import feed_pages, feed_router
from chassis.http import create_app
from chassis.metrics import watch
from chassis.process import Service, Task
from chassis.tokens import Signer, Verifier
from contracts import Envelope, envelope_of
from eventstore import (
    AWAY,
    LEDGER,
    Drift,
    Inbox,
    Parked,
    Recorded,
    Store,
    StoreRefusal,
    compare,
    create_read_model,
    keys_command,
    leadership,
    migrate,
    open_key_service,
    rebuild,
)
from fastapi import FastAPI

from vault.adapters.clamd import Clamd
from vault.adapters.copies import PostgresCopyQueue
from vault.adapters.key_ring import OFFICE_KEYS, PostgresKeyRing
from vault.adapters.office_keys import rotate_command
from vault.adapters.previews import PostgresPreviews
from vault.adapters.renderer import ProcessRenderer
from vault.adapters.s3 import S3Address, S3ObjectStore
from vault.adapters.scan_queue import PostgresScanQueue
from vault.adapters.upload_locks import PostgresUploadLocks
from vault.adapters.uploads import PostgresUploads
from vault.application.beginning import Uploading
from vault.application.converting import Converting
from vault.application.deposits import DEPOSITS_AT_ONCE, Deposits
from vault.application.destroying import Destroying
from vault.application.erasing import Erasing
from vault.application.facts import facts
from vault.application.filing import Filing
from vault.application.observations import Observations
from vault.application.opening import Opener
from vault.application.ports import Scanner
from vault.application.previews import Pages
from vault.application.readings import Readings
from vault.application.reaping import Reaper
from vault.application.scanning import BasicScanner, Scanning
from vault.application.uploads import ResumableUploads
from vault.entrypoints.http import Uses, internal_routes, public_routes
from vault.entrypoints.messages import Handler, handlers
from vault.entrypoints.timers import converting, reaping, scanning
from vault.readmodel import metrics
from vault.readmodel.documents import DocumentTable
from vault.readmodel.projection import projection
from vault.settings import Settings

HERE = Path(__file__).parent
NAME = "vault"
PREFIX = "/api/vault/v1"
PRODUCERS = ("identity",)
"""The services whose events this one follows."""
THREADS = 12
"""Encrypting, decrypting and the storage's answers happen in these; each may hold one part in memory."""


class Parts:
    """The objects of one process."""

    def __init__(self, settings: Settings) -> None:
        key_service = open_key_service(settings, NAME)
        self.store = Store(NAME, settings.database_url, projection=projection, keys=key_service, facts=facts)
        self.documents = DocumentTable(self.store)
        self.keys = PostgresKeyRing(self.store, key_service)
        self.objects = object_store(settings)
        self.opener = Opener(self.keys, self.objects)
        self.uploads = PostgresUploads(self.store)
        self.locks = PostgresUploadLocks(settings.database_url)
        self.threads = ThreadPoolExecutor(THREADS, "vault")

    def close(self) -> None:
        """Let the threads end, then close the connections."""
        self.threads.shutdown()
        self.locks.close()
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


def scanner(settings: Settings) -> Scanner:
    """Return the scanner that is configured, or the built-in check."""
    if settings.clamd is None:
        return BasicScanner()
    hours = settings.clamd_signature_hours
    return Clamd(settings.clamd, timedelta(hours=hours) if hours else None)


def app(settings: Settings) -> FastAPI:
    """Return the web application."""
    parts = Parts(settings)
    observations = Observations(parts.documents, parts.objects)
    return create_app(
        service=NAME,
        prefix=PREFIX,
        routers=public_routes(_uses(settings, parts)),
        internal=[internal_routes(observations, parts.documents), feed_router(parts.store, _envelope)],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=parts.store.ready,
        refusals=[StoreRefusal],
        away=AWAY,
        closing=[parts.close],
    )


def _uses(settings: Settings, parts: Parts) -> Uses:
    filing = Filing(
        parts.store, parts.documents, parts.keys, settings.max_document_bytes, scans_itself=settings.clamd is None
    )
    places = asyncio.Semaphore(DEPOSITS_AT_ONCE)
    deposits = Deposits(
        filing=filing,
        documents=parts.documents,
        keys=parts.keys,
        objects=parts.objects,
        threads=parts.threads,
        places=places,
    )
    uploading = Uploading(
        filing=filing,
        uploads=parts.uploads,
        locks=parts.locks,
        keys=parts.keys,
        objects=parts.objects,
        opener=parts.opener,
    )
    uploads = ResumableUploads(uploading, parts.threads, places)
    readings = Readings(store=parts.store, documents=parts.documents, opener=parts.opener, threads=parts.threads)
    return Uses(
        deposits=deposits,
        uploads=uploads,
        readings=readings,
        pages=_pages(parts, readings),
        destroying=_destroying(parts),
        max_bytes=settings.max_document_bytes,
    )


def _destroying(parts: Parts) -> Destroying:
    return Destroying(parts.store, parts.keys, parts.objects, parts.documents)


def _pages(parts: Parts, readings: Readings) -> Pages:
    return Pages(
        documents=parts.documents,
        readings=readings,
        opener=parts.opener,
        objects=parts.objects,
        previews=PostgresPreviews(parts.store),
        renderer=ProcessRenderer(),
        threads=parts.threads,
    )


def tasks(settings: Settings) -> Sequence[Task]:
    """Return what `work` does: relay the events, follow identity, have documents scanned, remove what crashes left."""
    parts = Parts(settings)
    reaper = Reaper(store=parts.store, keys=parts.keys, objects=parts.objects, uploads=parts.uploads)
    documents = Scanning(
        store=parts.store, queue=PostgresScanQueue(parts.store), opener=parts.opener, scanner=scanner(settings)
    )
    watch(metrics.Readings(parts.store, parts.objects), metrics.VAULT)
    alone = partial(leadership, settings.database_url, "relay")
    identity = ServiceClient(settings.peers["identity"], Signer(settings.signing_key_file, NAME), "identity")
    inbox = Inbox(parts.store, message_handlers(parts))
    copies = Converting(
        store=parts.store,
        queue=PostgresCopyQueue(parts.store),
        opener=parts.opener,
        keys=parts.keys,
        objects=parts.objects,
        renderer=ProcessRenderer(),
        threads=parts.threads,
    )
    return [
        Relaying(settings.nats_url, NAME, parts.store, leadership=alone, replicas=settings.nats_replicas),
        *(Consuming(settings.nats_url, NAME, producer, inbox, _refill(identity)) for producer in PRODUCERS),
        scanning(documents),
        converting(copies),
        reaping(reaper, _destroying(parts)),
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


def keys(settings: Settings, act: str) -> int:
    """Carry out an act of the verb `keys`; return the exit status."""
    store = Parts(settings).store
    return rotate_command(store) if act == "rotate" else keys_command(store, act, [OFFICE_KEYS])


SERVICE = Service(
    name=NAME,
    settings=Settings,
    app=app,
    migrate=prepare,
    tasks=tasks,
    rebuild=remake,
    compare=drift,
    parked=parked,
    keys=keys,
    key_acts=("status", "rewrap", "rotate"),
    peers=("identity",),
)
