"""The use cases on a real store, with a provider in memory that keeps its word, and breaks it on demand."""

import base64
import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import lre_gateway
import psycopg
import pytest
from chassis.actor import Actor, Command
from chassis.client import Unavailable
from chassis.refusal import NotFound
from contracts.dossier import DossierArchived
from eventstore import LEDGER, FileKeyService, Position, Store, create_read_model, migrate
from launcher.components.postgres import Postgres, create_database
from lre_gateway.adapters.agenda import PostgresAgenda, PostgresChanges, PostgresHints
from lre_gateway.application.access import Access
from lre_gateway.application.archiving import Archiving
from lre_gateway.application.attachments import Attachments
from lre_gateway.application.batches import Batches, NewBatch
from lre_gateway.application.checking import Checking
from lre_gateway.application.consents import Consents
from lre_gateway.application.erasing import Erasing
from lre_gateway.application.evidences import Evidences
from lre_gateway.application.facts import facts
from lre_gateway.application.fetching import Fetching
from lre_gateway.application.following import Following
from lre_gateway.application.grants import Grants
from lre_gateway.application.importing import Importing
from lre_gateway.application.letters import Letters
from lre_gateway.application.office_settings import Settings
from lre_gateway.application.polling import Polling
from lre_gateway.application.ports import (
    Pass,
    PdfSeals,
    Person,
    Place,
    Readers,
    Renderer,
    Vault,
    VaultFile,
    Webhooks,
)
from lre_gateway.application.provider import (
    SenderStatus,
)
from lre_gateway.application.rechecking import Rechecking
from lre_gateway.application.recipients import NewRecipient, Recipients
from lre_gateway.application.reconciling import Reconciling
from lre_gateway.application.releases import Releases
from lre_gateway.application.retention import Retention
from lre_gateway.application.senders import Senders
from lre_gateway.application.submission import Submission
from lre_gateway.application.submitting import Submitting
from lre_gateway.application.uploading import Uploading
from lre_gateway.application.watching import ConsentRefreshing, Deadlines
from lre_gateway.application.writing import NewLetter, Writing
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.office_settings import Choices
from lre_gateway.domain.vocabulary import (
    HoldMode,
    Kind,
    Level,
    Missing,
    Trade,
)
from lre_gateway.readmodel.projection import projection
from lre_gateway.readmodel.register import Register
from testkit.letters import Clock, Killed, MemoryProvider
from typing_extensions import override

HERE = Path(lre_gateway.__file__ or "").parent


class MemoryVault(Vault):
    """Keeps files by version; the same version with other bytes is refused."""

    def __init__(self) -> None:
        self.files: dict[UUID, tuple[UUID, bytes, VaultFile, bool]] = {}
        self.away = False

    @override
    def store(
        self, place: Place, version_id: UUID, *, name: str, media_type: str, content: bytes, hold: bool
    ) -> VaultFile:
        digest = hashlib.sha256(content).hexdigest()
        file = VaultFile(
            version_id=version_id, name=name, size=len(content), sha256=digest, media_type=media_type,
            manifest_sha256=hashlib.sha256(b"sealed " + content).hexdigest(),
        )  # fmt: skip
        known = self.files.setdefault(version_id, (place.office_id, content, file, hold))
        assert known[2] == file
        return file

    @override
    def read(self, office_id: UUID, version_id: UUID, by: UUID) -> bytes:
        assert isinstance(by, UUID)
        if version_id not in self.files or self.files[version_id][0] != office_id:
            raise NotFound
        return self.files[version_id][1]

    @override
    def described(self, office_id: UUID, version_ids: Collection[UUID]) -> Mapping[UUID, VaultFile]:
        return {one: self.files[one][2] for one in version_ids if one in self.files and self.files[one][0] == office_id}

    @override
    def download(self, place: Place, version_id: UUID, by: UUID) -> Pass:
        return Pass(f"https://scelle.test/{version_id}", f"for {by}")

    @override
    def destroy(self, office_id: UUID, version_id: UUID) -> None:
        if self.away:
            raise Unavailable(peer="vault")
        if version_id in self.files and self.files[version_id][0] == office_id:
            del self.files[version_id]


class PlainPages(Renderer):
    """Makes a page of a text without the cost of fonts; the real pages have tests of their own."""

    @override
    def pdf(self, text: str) -> bytes:
        return b"%PDF-1.7 " + text.encode()

    @override
    def a4_portrait(self, content: bytes, media_type: str) -> bool:
        return b"landscape" not in content


class NoSeals(PdfSeals):
    """Knows no seal."""

    @override
    def check(self, content: bytes, media_type: str) -> str:
        return "unknown"


class Town:
    """Who is who, and which dossiers there are."""

    def __init__(self) -> None:
        self.members: dict[UUID, set[UUID]] = {}
        self.clients: dict[UUID, set[UUID]] = {}
        self.dossiers: dict[UUID, Readers] = {}

    def person(self, person_id: UUID) -> Person | None:
        return Person(person_id, "Ada", "Durand", None, erased=False)

    def is_client(self, person_id: UUID, office_id: UUID) -> bool:
        return person_id in self.clients.get(office_id, set())

    def is_member(self, person_id: UUID, office_id: UUID) -> bool:
        return person_id in self.members.get(office_id, set())

    def readers(self, dossier_id: UUID) -> Readers | None:
        return self.dossiers.get(dossier_id)


class NoWebhooks(Webhooks):
    """Nobody can call us."""

    @override
    def address(self, letter_id: UUID) -> str | None:
        return None


class World:
    """The use cases and the workers of one process, beside what is around them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.clock, self.town, self.vault = Clock(), Town(), MemoryVault()
        self.provider = MemoryProvider(self.clock)
        self.providers = {"ar24": self.provider}
        self.hold_mode = HoldMode.PROVIDER_DRAFT
        self.start()
        self.office, self.told = uuid4(), 0
        self.notary, self.clerk, self.reader = (self.staff(role) for role in ("notary", "collaborator", "compliance"))

    def start(self) -> None:
        """Begin a process: nothing of an earlier one is in its memory."""
        keys = FileKeyService(self.folder / "master.key")
        self.store = Store("lre-gateway", self.url, projection=projection, keys=keys, facts=facts)
        store, clock, providers = self.store, self.clock, self.providers
        self.register, self.agenda, self.hints = Register(store), PostgresAgenda(store), PostgresHints(store)
        self.access = Access(store, self.town)
        self.settings = Settings(store, Choices(hold_mode=self.hold_mode))
        register, access = self.register, self.access
        asked: dict[str, Any] = {"store": store, "access": access, "register": register, "clock": clock}
        self.senders = Senders(
            store=store, access=access, directory=self.town, providers=providers, default_provider="ar24", clock=clock
        )
        self.recipients = Recipients(**asked, directory=self.town)
        self.consents = Consents(**asked, vault=self.vault, providers=providers)
        self.writing = Writing(register=register, vault=self.vault, renderer=PlainPages(), clock=clock)
        self.batches = Batches(**asked, settings=self.settings, writing=self.writing, providers=providers)
        self.checking = Checking(**asked, settings=self.settings, providers=providers)
        self.importing = Importing(store=store, register=register, batches=self.batches, writing=self.writing)
        self.letters = Letters(**asked, writing=self.writing, providers=providers)
        self.evidences, self.attachments = Evidences(access, self.vault), Attachments(access, self.vault)
        self.erasing = Erasing(store, register, clock)
        self.grants = Grants(clock)
        self.submission = Submission(
            store=store, checking=self.checking, uploading=Uploading(self.vault), providers=providers,
            webhooks=NoWebhooks(), clock=clock,
        )  # fmt: skip
        self.releases = Releases(
            store=store, access=access, agenda=self.agenda, grants=self.grants, submission=self.submission,
            consents=self.consents, providers=providers, clock=clock,
        )  # fmt: skip
        self.submitting = Submitting(
            store=store, register=register, submission=self.submission, consents=self.consents, clock=clock
        )
        self.following = Following(store=store, agenda=self.agenda, clock=clock)
        self.polling = Polling(
            register=register, agenda=self.agenda, hints=self.hints, following=self.following, providers=providers,
            clock=clock,
        )  # fmt: skip
        self.reconciling = Reconciling(store=store, agenda=self.agenda, providers=providers, clock=clock)
        self.fetching = Fetching(
            store=store, agenda=self.agenda, vault=self.vault, seals=NoSeals(), providers=providers, clock=clock
        )
        self.deadlines = Deadlines(store=store, register=register, clock=clock)
        self.archiving = Archiving(store, clock)
        changes = PostgresChanges(store, "recheck")
        self.rechecking = Rechecking(register=register, changes=changes, checking=self.checking)
        self.retention = Retention(
            store=store, register=register, settings=self.settings, agenda=self.agenda, vault=self.vault, clock=clock
        )
        self.consent_refreshing = ConsentRefreshing(register=register, consents=self.consents, clock=clock)

    def stop(self) -> None:
        """End the process, in whatever state it left things."""
        self.submitting.close()
        self.releases.close()
        self.store.close()

    def restart(self) -> None:
        """Begin another process after the end of one."""
        self.stop()
        self.start()

    def staff(self, role: str, office: UUID | None = None) -> Actor:
        """Return a new member of the office."""
        member = uuid4()
        self.town.members.setdefault(office or self.office, set()).add(member)
        return Actor(person_id=member, kind="staff", office_id=office or self.office, role=role)

    def dossier(self, *readers: Actor) -> UUID:
        """Return a new dossier that some may read."""
        dossier_id = uuid4()
        staff = frozenset(one.person_id for one in readers if one.person_id is not None)
        self.town.dossiers[dossier_id] = Readers(self.office, "2026-0142", staff)
        return dossier_id

    def sender(self, *missing: Missing, holder: Actor | None = None, email: str = "etude@example.fr") -> UUID:
        """Return an account that is linked and lacks some things."""
        holder = holder or self.notary
        sender_id = UUID(self.senders.request_link(holder, email)["id"])
        account = str(len(self.provider.senders) + 1)
        self.provider.senders[account] = SenderStatus(
            account=account, linked=True, missing=frozenset(missing), email=email
        )
        self.provider.code_of[account] = f"{123456 + len(self.provider.senders)}"
        self.senders.refresh(holder, sender_id)
        return sender_id

    def code(self, sender_id: UUID) -> str:
        """Return the code of an account now; it is another one the next time."""
        account = self.senders.get(self.notary, sender_id).account or ""
        self.provider.code_of[account] = f"{int(self.provider.code_of[account]) + 7:06}"
        return self.provider.code_of[account]

    def recipient(self, name: str = "ada", *, consents: bool = True, **changed: Any) -> UUID:
        """Return a recipient of the office, who agreed unless told otherwise."""
        new = NewRecipient(
            kind=Kind.INDIVIDUAL, last_name="Durand", first_name=name.title(), email=f"{name}@example.fr"
        )
        recipient_id = UUID(self.recipients.add(self.clerk, replace(new, **changed))["id"])
        if consents:
            self.consents.record(self.clerk, [recipient_id], self.file(b"signed"))
        return recipient_id

    def file(self, content: bytes, media_type: str = "application/pdf", name: str = "acte.pdf") -> UUID:
        """Return a file that the office uploaded."""
        version_id, place = uuid4(), self.attachments.place(self.clerk)
        self.vault.store(place, version_id, name=name, media_type=media_type, content=content, hold=False)
        return version_id

    def batch(self, sender_id: UUID, *letters: NewLetter, **changed: Any) -> UUID:
        """Return a batch with letters that were checked."""
        new = replace(NewBatch(sender_id=sender_id, level=Level.QUALIFIED_LRE), **changed)
        batch_id = UUID(self.batches.create(self.clerk, new, letters)["id"])
        self.checking.check(self.clerk, batch_id)
        return batch_id

    def new_batch(self, batch_id: UUID) -> NewBatch:
        """Return what begins a batch like another."""
        like = self.store.get(Batch, batch_id)
        return NewBatch(sender_id=like.sender_id, level=like.level, dossier_id=like.dossier_id)

    def submitted(self, count: int, **changed: Any) -> tuple[UUID, UUID, list[UUID]]:
        """Return a sender, a batch and the letters of it that were asked to leave, one for each of some people."""
        sender_id = changed.pop("sender_id", None) or self.sender()
        people = [self.recipient(f"person{number}") for number in range(count)]
        letters = [NewLetter(recipient_id=one, subject="Congé", text=f"Bonjour {one}") for one in people]
        batch_id = self.batch(sender_id, *letters, **changed)
        self.batches.submit(self.clerk, batch_id)
        return sender_id, batch_id, self.letter_ids(batch_id)

    def letter_ids(self, batch_id: UUID) -> list[UUID]:
        """Return the letters of a batch, by id."""
        with self.store.connection() as connection:
            rows = connection.execute("SELECT id FROM read.letter WHERE batch_id = %s ORDER BY id", (batch_id,))
            return [row["id"] for row in rows]

    def letter(self, letter_id: UUID) -> Letter:
        """Return a letter as it is stored."""
        return self.store.get(Letter, letter_id)

    def states(self, letter_ids: Sequence[UUID]) -> list[str]:
        """Return where letters stand."""
        return [self.letter(one).state.value for one in letter_ids]

    def topics(self, aggregate_id: UUID) -> list[str]:
        """Return the events of something, without the name of the service."""
        found = self.store.read(0, 1_000_000)
        return [one.topic.removeprefix("lre-gateway.") for one in found if one.originator_id == aggregate_id]

    def work(self) -> None:
        """Let all workers do what is to do now."""
        for _ in range(50):
            workers = (self.submitting, self.reconciling, self.polling, self.fetching, self.deadlines)
            if not sum(worker.step() for worker in workers):
                return
        raise AssertionError("the workers find no end")

    def archive(self, dossier_id: UUID) -> None:
        """Let the dossier service have said that a dossier is archived."""
        self.told += 1
        said = DossierArchived(office_id=self.office)
        self.archiving.note(said, dossier_id, Actor.system(), Position("dossier", 1, self.told))

    def as_lawyers(self) -> None:
        """Make the office one of lawyers."""
        chosen = self.settings.get(self.notary)
        self.settings.change(self.notary, chosen.version, replace(chosen.choices, trade=Trade.LAWYER))

    @staticmethod
    def commanded(actor: Actor, key: str) -> Actor:
        """Return an actor with a command."""
        return replace(actor, command=Command(key, hashlib.sha256(key.encode()).digest()))


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """Return the name of a database with all tables and no rows; a test gets a copy of it."""
    name = "letters_template"
    create_database(postgres.url, name)
    url = postgres.database_url(name)
    migrate(url, LEDGER, HERE / "migrations")
    create_read_model(url, HERE / "readmodel" / "schema.sql")
    return name


@pytest.fixture
def world(postgres: Postgres, template: str, dropping: Callable[[str], None], tmp_path: Path) -> Iterator[World]:
    (tmp_path / "master.key").write_text(base64.b64encode(os.urandom(32)).decode())
    name = f"letters_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    world = World(postgres.database_url(name), tmp_path)
    yield world
    world.stop()
    dropping(name)


def quietly(call: Callable[[], Any]) -> None:
    """Call what may die."""
    with suppress(Killed):
        call()


@pytest.fixture
def dying() -> Callable[[Callable[[], Any]], None]:
    """Return what calls something that may die on the way."""
    return quietly


@pytest.fixture
def killed() -> type[BaseException]:
    """Return what ends a process, as far as the code under test can tell."""
    return Killed
