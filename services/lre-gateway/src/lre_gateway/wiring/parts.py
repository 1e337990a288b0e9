"""The objects of one process."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from chassis.client import ServiceClient
from chassis.tokens import Signer
from eventstore import Store, open_key_service

from lre_gateway.adapters.agenda import PostgresAgenda, PostgresChanges, PostgresHints
from lre_gateway.adapters.dossier import DossierService
from lre_gateway.adapters.hints import HintWriter
from lre_gateway.adapters.identity import IdentityDirectory
from lre_gateway.adapters.pdfs import PdfSealCheck
from lre_gateway.adapters.render import Pages
from lre_gateway.adapters.vault import VaultFiles
from lre_gateway.adapters.webhooks import WebhookAddresses
from lre_gateway.application.access import Access
from lre_gateway.application.batches import Batches
from lre_gateway.application.checking import Checking
from lre_gateway.application.consents import Consents
from lre_gateway.application.erasing import Erasing
from lre_gateway.application.facts import facts
from lre_gateway.application.fetching import Fetching
from lre_gateway.application.following import Following
from lre_gateway.application.grants import Grants
from lre_gateway.application.office_settings import Settings as OfficeChoices
from lre_gateway.application.polling import Cadence, Polling
from lre_gateway.application.provider import Provider
from lre_gateway.application.rechecking import Rechecking
from lre_gateway.application.reconciling import Reconciling
from lre_gateway.application.releases import Releases
from lre_gateway.application.retention import Retention
from lre_gateway.application.submission import Submission
from lre_gateway.application.submitting import Submitting
from lre_gateway.application.uploading import Uploading
from lre_gateway.application.watching import ConsentRefreshing, Deadlines
from lre_gateway.application.writing import Writing
from lre_gateway.domain.office_settings import Choices
from lre_gateway.domain.vocabulary import HoldMode
from lre_gateway.readmodel.projection import projection
from lre_gateway.readmodel.register import Register
from lre_gateway.settings import Settings
from lre_gateway.wiring.providers import chosen

NAME: Final = "lre-gateway"
PREFIX: Final = "/api/letters/v1"
PEERS: Final = ("identity", "dossier", "vault")


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def open_store(settings: Settings) -> Store:
    """Open the event store."""
    keys = open_key_service(settings, NAME)
    return Store(NAME, settings.database_url, projection=projection, keys=keys, facts=facts)


def addresses(settings: Settings) -> WebhookAddresses:
    """Return what makes the addresses that the provider calls."""
    key = base64.b64decode(settings.webhook_secret_file.read_text(encoding="utf-8"))
    return WebhookAddresses(f"{settings.public_url.rstrip('/')}{PREFIX}", settings.provider, key)


class Parts:
    """What the verbs of the process need; each thing is built when it is first asked for. Close it at the end."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.clock = clock
        self.store = open_store(settings)
        self.signer = Signer(settings.signing_key_file, NAME)
        self.peers = {name: ServiceClient(settings.peers[name], self.signer, name) for name in PEERS}
        self.vault = VaultFiles(self.peers["vault"], settings.peers["vault"], settings.public_url, self.signer)
        self.directory = IdentityDirectory(self.peers["identity"])
        self.access = Access(self.store, DossierService(self.peers["dossier"]))
        self.register = Register(self.store)
        self.agenda = PostgresAgenda(self.store)
        self.webhooks = addresses(settings)
        self._chosen = chosen(settings, clock)
        self.providers: Mapping[str, Provider] = {settings.provider: self._chosen.provider}
        self.grants = Grants(clock)
        self._closing: list[Callable[[], object]] = []

    def close(self) -> None:
        """Let what is under way end, then close the connections."""
        for close in reversed(self._closing):
            close()
        self._chosen.close()
        self.vault.close()
        for client in self.peers.values():
            client.close()
        self.store.close()

    @cached_property
    def choices(self) -> OfficeChoices:
        """What offices chose."""
        return OfficeChoices(self.store, Choices(hold_mode=HoldMode(self.settings.hold_mode)))

    @cached_property
    def consents(self) -> Consents:
        """The register of consents."""
        return Consents(
            store=self.store,
            access=self.access,
            register=self.register,
            vault=self.vault,
            providers=self.providers,
            clock=self.clock,
        )

    @cached_property
    def checking(self) -> Checking:
        """Whether letters can leave."""
        return Checking(
            store=self.store,
            access=self.access,
            register=self.register,
            settings=self.choices,
            providers=self.providers,
            clock=self.clock,
        )

    @cached_property
    def writing(self) -> Writing:
        """Freezes the files of letters."""
        return Writing(register=self.register, vault=self.vault, renderer=Pages(), clock=self.clock)

    @cached_property
    def submission(self) -> Submission:
        """Hands single letters over."""
        return Submission(
            store=self.store,
            checking=self.checking,
            uploading=Uploading(self.vault),
            providers=self.providers,
            webhooks=self.webhooks,
            clock=self.clock,
        )

    @cached_property
    def hint_writer(self) -> HintWriter:
        """Writes down what the provider calls with."""
        writer = HintWriter(self.settings.database_url)
        self._closing.append(writer.close)
        return writer

    @cached_property
    def erasing(self) -> Erasing:
        """Erases whom identity erased."""
        return Erasing(self.store, self.register, self.clock)

    @cached_property
    def submitting(self) -> Submitting:
        """The worker that hands letters over."""
        worker = Submitting(
            store=self.store,
            register=self.register,
            submission=self.submission,
            consents=self.consents,
            clock=self.clock,
            interrupted_after=timedelta(seconds=self.settings.interrupted_seconds),
        )
        self._closing.append(worker.close)
        return worker

    @cached_property
    def reconciling(self) -> Reconciling:
        """The worker that finds out whether a letter is at its provider."""
        quiet = timedelta(seconds=self.settings.quiet_seconds)
        return Reconciling(
            store=self.store, agenda=self.agenda, providers=self.providers, clock=self.clock, quiet=quiet
        )

    @cached_property
    def polling(self) -> Polling:
        """The worker that reads letters again."""
        return Polling(
            register=self.register,
            agenda=self.agenda,
            hints=PostgresHints(self.store),
            following=Following(store=self.store, agenda=self.agenda, clock=self.clock),
            providers=self.providers,
            clock=self.clock,
            cadence=Cadence(first_hour=timedelta(seconds=self.settings.poll_seconds)),
        )

    @cached_property
    def fetching(self) -> Fetching:
        """The worker that brings proofs into the vault."""
        return Fetching(
            store=self.store,
            agenda=self.agenda,
            vault=self.vault,
            seals=PdfSealCheck(self.settings.proof_trust_file),
            providers=self.providers,
            clock=self.clock,
        )

    @cached_property
    def deadlines(self) -> Deadlines:
        """The worker that says when windows close."""
        return Deadlines(store=self.store, register=self.register, clock=self.clock)

    @cached_property
    def consent_refreshing(self) -> ConsentRefreshing:
        """The worker that reads what people answered."""
        return ConsentRefreshing(register=self.register, consents=self.consents, clock=self.clock)

    @cached_property
    def rechecking(self) -> Rechecking:
        """The worker that checks batches again when something changed."""
        changes = PostgresChanges(self.store, "recheck")
        return Rechecking(register=self.register, changes=changes, checking=self.checking)

    @cached_property
    def retention(self) -> Retention:
        """The worker that destroys what need not be kept."""
        return Retention(
            store=self.store,
            register=self.register,
            settings=self.choices,
            agenda=self.agenda,
            vault=self.vault,
            clock=self.clock,
        )

    @cached_property
    def batches(self) -> Batches:
        """Letters in bulk."""
        return Batches(
            store=self.store,
            access=self.access,
            register=self.register,
            settings=self.choices,
            writing=self.writing,
            providers=self.providers,
            clock=self.clock,
        )

    @cached_property
    def releases(self) -> Releases:
        """Takes codes."""
        releases = Releases(
            store=self.store,
            access=self.access,
            agenda=self.agenda,
            grants=self.grants,
            submission=self.submission,
            consents=self.consents,
            providers=self.providers,
            clock=self.clock,
        )
        self._closing.append(releases.close)
        return releases
