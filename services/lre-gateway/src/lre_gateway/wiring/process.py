"""What the verbs of the process are made of."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from bus import Consuming, Relaying
from chassis.client import ServiceClient
from chassis.feed import feed_pages, feed_router
from chassis.http import create_app
from chassis.metrics import watch
from chassis.process import Service, Task
from chassis.tokens import Verifier
from contracts import Envelope, envelope_of
from eventstore import (
    AWAY,
    LEDGER,
    Drift,
    Inbox,
    Parked,
    StoreRefusal,
    compare,
    create_read_model,
    keys_command,
    leadership,
    migrate,
    rebuild,
)
from fastapi import FastAPI

from lre_gateway.application.archiving import Archiving
from lre_gateway.entrypoints.http import attachments, batches, letters, recipients, releases, senders
from lre_gateway.entrypoints.http.internal import internal_routes
from lre_gateway.entrypoints.http.webhooks import Door, webhook_routes
from lre_gateway.entrypoints.messages import Handler, handlers
from lre_gateway.entrypoints.timers import Work, working
from lre_gateway.readmodel import metrics
from lre_gateway.settings import Settings
from lre_gateway.wiring.parts import NAME, PEERS, PREFIX, Parts, open_store
from lre_gateway.wiring.providers import ANSWERS
from lre_gateway.wiring.uses import uses

HERE = Path(__file__).parent.parent
SCHEMA = HERE / "readmodel" / "schema.sql"
PRODUCERS = ("identity", "dossier")


def app(settings: Settings) -> FastAPI:
    """Build the web application."""
    return web(Parts(settings))


def web(parts: Parts) -> FastAPI:
    """Build the web application, which closes the parts when it ends."""
    settings = parts.settings
    application = create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[
            senders.router,
            recipients.router,
            attachments.router,
            batches.router,
            letters.router,
            releases.router,
        ],
        public=[webhook_routes(_door(parts))],
        internal=[
            feed_router(parts.store, lambda recorded: envelope_of(recorded).json_dict()),
            internal_routes(parts.store, parts.register),
        ],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=parts.store.ready,
        first_outcome=parts.store.first_outcome,
        refusals=[StoreRefusal],
        away=AWAY,
        closing=[parts.close],
    )
    application.state.uses = uses(parts)
    return application


def tasks(settings: Settings) -> Sequence[Task]:
    """Build what a working process does: relay, follow identity, and look after the letters."""
    parts = Parts(settings)
    inbox = Inbox(parts.store, message_handlers(parts))
    watch(metrics.readings(parts.store), metrics.LETTERS)
    lead = partial(leadership, settings.database_url)
    return [
        Relaying(
            settings.nats_url,
            NAME,
            parts.store,
            leadership=partial(lead, f"{NAME} relay"),
            replicas=settings.nats_replicas,
        ),
        *(Consuming(settings.nats_url, NAME, name, inbox, _refill(parts.peers[name])) for name in PRODUCERS),
        *(working(work, partial(lead, f"{NAME} {work.name}")) for work in works(parts)),
    ]


def works(parts: Parts) -> list[Work]:
    """Return what is done with letters without anyone asking, in the order of a letter's life."""
    return [
        Work("submit", parts.submitting.step, 0.5),
        Work("reconcile", parts.reconciling.step, 5.0),
        Work("poll", parts.polling.step, 0.5),
        Work("evidence", parts.fetching.step, 1.0),
        Work("deadlines", parts.deadlines.step, 60.0),
        Work("consents", parts.consent_refreshing.step, 300.0),
        Work("recheck", parts.rechecking.step, 2.0),
        Work("retention", parts.retention.step, 60.0),
    ]


def message_handlers(parts: Parts) -> Mapping[str, Handler]:
    """Build what is done with each message, by topic."""
    return handlers(parts.erasing, Archiving(parts.store, parts.clock))


def _door(parts: Parts) -> Door:
    settings = parts.settings
    return Door(
        addresses=parts.webhooks,
        writer=parts.hint_writer,
        callers=settings.webhook_addresses,
        proxies=settings.trusted_proxies,
        status=ANSWERS[settings.provider],
        clock=parts.clock,
    )


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
    with closing(open_store(settings)) as store:
        rebuild(store)


def drift(settings: Settings) -> Drift:
    """Compare the read model with what the events say."""
    with closing(open_store(settings)) as store:
        return compare(store, SCHEMA)


def parked(settings: Settings) -> Parked:
    """Return the messages that could not be handled."""
    parts = Parts(settings)
    return Parked(parts.store, message_handlers(parts), Envelope.parse)


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
    peers=PEERS,
)
