"""Builds the objects of dossier from its settings."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

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
    Facts,
    FileKeyService,
    Inbox,
    Parked,
    Position,
    Store,
    StoreRefusal,
    create_read_model,
    leadership,
    migrate,
    rebuild,
)
from fastapi import FastAPI

from dossier.adapters.default_presets import default_catalogue
from dossier.adapters.identity import IdentityDirectory
from dossier.adapters.vault import VaultFiles
from dossier.application.access import Access
from dossier.application.deposits import Deposits
from dossier.application.document_requests import DocumentRequests
from dossier.application.dossiers import Dossiers
from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier
from dossier.domain.presets import Presets
from dossier.entrypoints.http import document_requests, dossiers, internal, my
from dossier.entrypoints.http.uses import Uses
from dossier.entrypoints.messages import VaultMessages
from dossier.readmodel.projection import projection
from dossier.readmodel.queries import Queries
from dossier.settings import Settings

NAME = "dossier"
PREFIX = "/api/dossiers/v1"
SCHEMA = Path(__file__).parent / "readmodel" / "schema.sql"


def open_store(settings: Settings) -> Store:
    """Open the event store."""
    keys = FileKeyService(settings.master_key_file)
    return Store(NAME, settings.database_url, projection=projection, keys=keys, facts=_facts)


def _facts(_event: object, aggregate: Dossier | DocumentRequest | Presets) -> Facts:
    if isinstance(aggregate, Dossier):
        return Facts(office=aggregate.office_id, dossier=aggregate.id)
    if isinstance(aggregate, DocumentRequest):
        return Facts(office=aggregate.office_id, dossier=aggregate.dossier_id)
    return Facts(office=aggregate.office_id)


def uses(settings: Settings, store: Store) -> Uses:
    """Build the use cases."""
    signer = Signer(settings.signing_key_file, NAME)
    directory = IdentityDirectory(ServiceClient(settings.peers["identity"], signer, "identity"))
    queries, access = Queries(store), Access(store)
    managed = Dossiers(store, access, directory, queries, default_catalogue())
    return Uses(
        access=access,
        dossiers=managed,
        requests=DocumentRequests(store, access, queries, managed),
        deposits=Deposits(store, access, signer, f"{settings.public_url.rstrip('/')}/api/vault/v1"),
        queries=queries,
        directory=directory,
        files=VaultFiles(ServiceClient(settings.peers["vault"], signer, "vault")),
    )


def app(settings: Settings) -> FastAPI:
    """Build the web application."""
    store = open_store(settings)
    application = create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[dossiers.router, document_requests.router, my.router],
        internal=[internal.router, feed_router(store, lambda recorded: envelope_of(recorded).json_dict())],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=store.ready,
        first_outcome=store.first_outcome,
        refusals=[StoreRefusal],
        away=AWAY,
    )
    application.state.store, application.state.uses = store, uses(settings, store)
    return application


def tasks(settings: Settings) -> Sequence[Task]:
    """Build what a working process does: relay the events, follow the vault."""
    store = open_store(settings)
    pages = feed_pages(ServiceClient(settings.peers["vault"], Signer(settings.signing_key_file, NAME), "vault"))
    alone = partial(leadership, settings.database_url, f"{NAME} relay")
    return [
        relaying(settings.nats_url, NAME, store, leadership=alone),
        consuming(settings.nats_url, NAME, "vault", Inbox(store, _handlers(settings, store)), _refill(pages)),
    ]


def _handlers(settings: Settings, store: Store) -> Mapping[str, Callable[[Envelope, Position], None]]:
    return VaultMessages(uses(settings, store).deposits).handlers


def _refill(pages: Callable[[int, int], list[dict[str, Any]]]) -> Callable[[int, int], Sequence[Envelope]]:
    return lambda after, limit: [Envelope.parse(item) for item in pages(after, limit)]


def prepare(settings: Settings) -> None:
    """Make or update the tables; fill the read model if it is new."""
    migrate(settings.database_url, LEDGER)
    if create_read_model(settings.database_url, SCHEMA):
        remake(settings)


def remake(settings: Settings) -> None:
    """Fill the read model from the events."""
    store = open_store(settings)
    rebuild(store)
    store.close()


def parked(settings: Settings) -> Parked:
    """Return the messages that could not be handled."""
    store = open_store(settings)
    return Parked(store, _handlers(settings, store), Envelope.parse)


SERVICE = Service(name=NAME, settings=Settings, app=app, migrate=prepare, tasks=tasks, rebuild=remake, parked=parked)
