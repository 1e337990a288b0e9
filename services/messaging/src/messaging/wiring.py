"""The objects of messaging, built from the settings."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
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

from messaging.adapters import dsn
from messaging.adapters.dossier import DossierService
from messaging.adapters.identity import IdentityService
from messaging.adapters.letters import LetterGateway
from messaging.adapters.outbox import Gathering, PostgresOutbox
from messaging.adapters.smtp import SmtpMailer
from messaging.adapters.words import FileTemplates
from messaging.application.announcing import Announcements
from messaging.application.composing import Composer
from messaging.application.erasing import Erasing
from messaging.application.ports import Report
from messaging.application.reading import Reading
from messaging.application.reminding import Reminding
from messaging.application.reporting import Reporting
from messaging.application.sending import Sending
from messaging.domain.deadline import Deadline, Reminders
from messaging.domain.erasure import Erasure
from messaging.domain.notification import Notification
from messaging.domain.return_address import ReturnAddress
from messaging.entrypoints import delivery_reports, reminders
from messaging.entrypoints.http import router
from messaging.entrypoints.messages import Handler, handlers
from messaging.entrypoints.timers import REMINDING_SECONDS, SENDING_SECONDS, every
from messaging.readmodel import metrics
from messaging.readmodel.deadlines import DeadlineRows
from messaging.readmodel.projection import projection
from messaging.readmodel.queries import Notifications
from messaging.settings import Settings

NAME = "messaging"
PREFIX = "/api/messages/v1"
PRODUCERS = ("identity", "dossier", "lre-gateway")
HERE = Path(__file__).parent
SCHEMA = HERE / "readmodel" / "schema.sql"


@dataclass(frozen=True)
class Parts:
    """What several verbs need."""

    store: Store
    clients: dict[str, ServiceClient]
    people: IdentityService
    dossiers: DossierService
    letters: LetterGateway
    notifications: Notifications
    deadlines: DeadlineRows
    outbox: PostgresOutbox

    @property
    def reminding(self) -> Reminding:
        """Build what reminds, by the clock of this machine."""
        return Reminding(self.store, self.deadlines, self.dossiers, partial(datetime.now, UTC))

    def close(self) -> None:
        """Close the connections."""
        for client in self.clients.values():
            client.close()
        self.store.close()


def open_store(settings: Settings) -> Store:
    """Open the event store."""
    keys = open_key_service(settings, NAME)
    return Store(NAME, settings.database_url, projection=projection, keys=keys, facts=_facts)


def _facts(_event: object, aggregate: Notification | Deadline | Reminders | Erasure) -> Facts:
    if isinstance(aggregate, Erasure):
        return Facts()
    if isinstance(aggregate, Reminders):
        return Facts(office=aggregate.office_id)
    if isinstance(aggregate, Deadline):
        return Facts(office=aggregate.office_id, dossier=aggregate.dossier_id)
    return Facts(office=aggregate.notice.office_id, dossier=aggregate.notice.dossier_id)


def parts(settings: Settings) -> Parts:
    """Build them."""
    store = open_store(settings)
    signer = Signer(settings.signing_key_file, NAME)
    clients = {name: ServiceClient(settings.peers[name], signer, name) for name in PRODUCERS}
    return Parts(
        store=store,
        clients=clients,
        people=IdentityService(clients["identity"]),
        dossiers=DossierService(clients["dossier"]),
        letters=LetterGateway(clients["lre-gateway"]),
        notifications=Notifications(store),
        deadlines=DeadlineRows(store),
        outbox=PostgresOutbox(store, Gathering(settings.digest_seconds, settings.digest_pause_seconds)),
    )


def web(settings: Settings, having: Parts) -> FastAPI:
    """Build the web application, which closes them when it ends."""
    return create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[
            router(Reading(having.store, having.dossiers), having.notifications),
            reminders.router(having.reminding, having.deadlines),
        ],
        public=[
            delivery_reports.router(
                Reporting(having.store, having.notifications, having.outbox), _reader(settings), _secret(settings)
            )
        ],
        internal=[feed_router(having.store, lambda recorded: envelope_of(recorded).json_dict())],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=having.store.ready,
        first_outcome=having.store.first_outcome,
        refusals=[StoreRefusal],
        away=AWAY,
        closing=[having.close],
    )


def _reader(settings: Settings) -> Callable[[bytes], Report]:
    return partial(dsn.read, address=ReturnAddress(settings.bounce_address or settings.mail_from))


def _secret(settings: Settings) -> str | None:
    return settings.report_secret_file.read_text().strip() if settings.report_secret_file else None


def tasks(settings: Settings) -> Sequence[Task]:
    """Build what a working process does: relay, follow the producers, send."""
    having = parts(settings)
    store = having.store
    inbox = Inbox(store, message_handlers(having))
    domain = settings.mail_from.rpartition("@")[2]
    composer = Composer(having.people, having.dossiers, having.letters, FileTemplates(), settings.public_url, domain)
    lead = partial(leadership, settings.database_url, f"{NAME} relay")
    watch(metrics.readings(store), metrics.MAIL)
    return [
        Relaying(settings.nats_url, NAME, store, leadership=lead, replicas=settings.nats_replicas),
        *(Consuming(settings.nats_url, NAME, name, inbox, _refill(having.clients[name])) for name in PRODUCERS),
        every(SENDING_SECONDS, Sending(store, having.outbox, composer, mailer(settings)).send_due, "send_emails"),
        every(REMINDING_SECONDS, having.reminding.remind_due, "remind"),
    ]


def mailer(settings: Settings) -> SmtpMailer:
    """Build the way out; it asks for reports where there is an address for them."""
    reports = ReturnAddress(settings.bounce_address) if settings.bounce_address else None
    return SmtpMailer(settings.smtp_host, settings.smtp_port, settings.mail_from, reports)


def message_handlers(having: Parts) -> Mapping[str, Handler]:
    """Build what is done with each event, by topic."""
    return handlers(
        Announcements(
            having.store, having.people, having.dossiers, having.letters, having.notifications, having.deadlines
        ),
        Erasing(having.store, having.notifications, having.outbox),
    )


def _refill(producer: ServiceClient) -> Callable[[int, int], Sequence[Envelope]]:
    page = feed_pages(producer)
    return lambda after, limit: [Envelope.parse(item) for item in page(after, limit)]


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
    having = parts(settings)
    return Parked(having.store, message_handlers(having), Envelope.parse)


SERVICE = Service(
    name=NAME,
    settings=Settings,
    app=lambda settings: web(settings, parts(settings)),
    migrate=prepare,
    tasks=tasks,
    rebuild=remake,
    compare=drift,
    parked=parked,
    keys=lambda settings, act: keys_command(open_store(settings), act),
    peers=PRODUCERS,
)
