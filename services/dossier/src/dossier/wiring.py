"""Builds the objects of dossier from its settings."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from bus import Consuming, Relaying
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
    Facts,
    Inbox,
    Parked,
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

from dossier.adapters.default_presets import default_catalogue
from dossier.adapters.identity import IdentityDirectory
from dossier.adapters.vault import VaultFiles, VaultShredder
from dossier.adapters.withdrawn import PostgresWithdrawnFiles
from dossier.application.access import Access
from dossier.application.bank_accounts import BankAccounts
from dossier.application.conversations import Conversations
from dossier.application.deposits import Deposits
from dossier.application.destroying import Destroying
from dossier.application.document_requests import DocumentRequests
from dossier.application.dossiers import Dossiers
from dossier.application.erasing import Erasing
from dossier.application.office_settings import OfficeSettings
from dossier.domain.bank_details import BankDetails, Handing
from dossier.domain.conversation import Conversation
from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier
from dossier.domain.erasure import Erasure
from dossier.domain.presets import Presets, Return, Withdrawal
from dossier.domain.reasons import RefusalReasons
from dossier.entrypoints.http import (
    bank_accounts,
    conversations,
    document_requests,
    dossiers,
    internal,
    my,
    office_settings,
)
from dossier.entrypoints.http.uses import Uses
from dossier.entrypoints.messages import Handler, handlers
from dossier.entrypoints.timers import destroying
from dossier.readmodel.bank_accounts import BankAccountRows
from dossier.readmodel.messages import Messages
from dossier.readmodel.projection import projection
from dossier.readmodel.queries import Queries
from dossier.settings import Settings

NAME = "dossier"
PREFIX = "/api/dossiers/v1"
PRODUCERS = ("identity", "vault")
HERE = Path(__file__).parent
SCHEMA = HERE / "readmodel" / "schema.sql"


def open_store(settings: Settings) -> Store:
    """Open the event store."""
    keys = open_key_service(settings, NAME)
    return Store(NAME, settings.database_url, projection=projection, keys=keys, facts=_facts)


_OfAnOffice = Presets | Withdrawal | Return | RefusalReasons | BankDetails
_OfADossier = DocumentRequest | Conversation | Handing


def _facts(_event: object, aggregate: Dossier | _OfADossier | _OfAnOffice | Erasure) -> Facts:
    if isinstance(aggregate, Erasure):
        return Facts()
    if isinstance(aggregate, Dossier):
        return Facts(office=aggregate.office_id, dossier=aggregate.id)
    if isinstance(aggregate, _OfADossier):
        return Facts(office=aggregate.office_id, dossier=aggregate.dossier_id)
    return Facts(office=aggregate.office_id)


def clients(settings: Settings) -> dict[str, ServiceClient]:
    """Return the services that are asked, by name; whoever asked closes them."""
    signer = Signer(settings.signing_key_file, NAME)
    return {name: ServiceClient(settings.peers[name], signer, name) for name in PRODUCERS}


def uses(settings: Settings, store: Store, peers: Mapping[str, ServiceClient]) -> Uses:
    """Build the use cases."""
    signer = Signer(settings.signing_key_file, NAME)
    directory = IdentityDirectory(peers["identity"])
    queries, messages, access = Queries(store), Messages(store), Access(store)
    accounts = BankAccountRows(store)
    settled = OfficeSettings(store, queries, default_catalogue())
    written = Conversations(store, access, messages)
    return Uses(
        access=access,
        dossiers=Dossiers(store, access, directory, settled),
        office_settings=settled,
        bank_accounts=BankAccounts(store, access, accounts),
        bank_account_rows=accounts,
        requests=DocumentRequests(store, access, queries, settled, written),
        deposits=Deposits(store, access, signer, f"{settings.public_url.rstrip('/')}/api/vault/v1"),
        conversations=written,
        queries=queries,
        messages=messages,
        directory=directory,
        files=VaultFiles(peers["vault"]),
    )


def app(settings: Settings) -> FastAPI:
    """Build the web application."""
    store, peers = open_store(settings), clients(settings)
    application = create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[
            dossiers.router,
            document_requests.router,
            my.router,
            conversations.router,
            office_settings.router,
            bank_accounts.router,
        ],
        internal=[internal.router, feed_router(store, lambda recorded: envelope_of(recorded).json_dict())],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=store.ready,
        first_outcome=store.first_outcome,
        refusals=[StoreRefusal],
        away=AWAY,
        closing=[store.close, *(client.close for client in peers.values())],
    )
    application.state.store, application.state.uses = store, uses(settings, store, peers)
    return application


def tasks(settings: Settings) -> Sequence[Task]:
    """Build what a working process does: relay the events, follow identity and the vault, destroy what is withdrawn."""
    store, peers = open_store(settings), clients(settings)
    inbox = Inbox(store, message_handlers(settings, store, peers))
    alone = partial(leadership, settings.database_url, f"{NAME} relay")
    return [
        Relaying(settings.nats_url, NAME, store, leadership=alone, replicas=settings.nats_replicas),
        *(Consuming(settings.nats_url, NAME, name, inbox, _refill(peers[name])) for name in PRODUCERS),
        destroying(shredding(settings, store)),
    ]


def shredding(settings: Settings, store: Store) -> Destroying:
    """Build what has the bytes of withdrawn versions destroyed."""
    signer = Signer(settings.signing_key_file, NAME)
    return Destroying(PostgresWithdrawnFiles(store), VaultShredder(settings.peers["vault"]), signer)


def message_handlers(settings: Settings, store: Store, peers: Mapping[str, ServiceClient]) -> Mapping[str, Handler]:
    """Build what is done with each message, by topic."""
    return handlers(uses(settings, store, peers).deposits, Erasing(store))


def _refill(producer: ServiceClient) -> Callable[[int, int], Sequence[Envelope]]:
    pages = feed_pages(producer)
    return lambda after, limit: [Envelope.parse(item) for item in pages(after, limit)]


def prepare(settings: Settings) -> None:
    """Make or update the tables; fill the read model if it is new."""
    migrate(settings.database_url, LEDGER, HERE / "migrations")
    if create_read_model(settings.database_url, SCHEMA):
        remake(settings)


def remake(settings: Settings) -> None:
    """Fill the read model from the events."""
    store = open_store(settings)
    rebuild(store)
    store.close()


def drift(settings: Settings) -> Drift:
    """Compare the read model with what the events say."""
    with closing(open_store(settings)) as store:
        return compare(store, SCHEMA)


def parked(settings: Settings) -> Parked:
    """Return the messages that could not be handled."""
    store = open_store(settings)
    return Parked(store, message_handlers(settings, store, clients(settings)), Envelope.parse)


SERVICE = Service(
    name=NAME,
    settings=Settings,
    app=app,
    migrate=prepare,
    tasks=tasks,
    rebuild=remake,
    compare=drift,
    parked=parked,
    keys=lambda settings, act: keys_command(open_store(settings), act),
    peers=PRODUCERS,
)
