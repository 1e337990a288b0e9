"""The compatibility check of one batch of letters on a real PostgreSQL, and its memory, for some sizes.

rules: the pure function alone, on letters in memory. first: the first check of the batch, which records what it finds
about every letter. again: the next check, which finds nothing new. mended: one after a change that concerns one letter
in a hundred. In brackets: processor time of this process alone; the rest is the database's, or waiting for a processor.
Each size runs in a process of its own, whose largest resident set, before the checks and after, is its memory.
Usage: python bench/letters_check.py [--sizes 1000 10000] (goal: 5 s for 10,000 letters, in memory that does not grow)
"""

import argparse
import base64
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import lre_gateway
from chassis.actor import Actor
from eventstore import LEDGER, FileKeyService, Store, create_read_model, migrate
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from lre_gateway.application.access import Access
from lre_gateway.application.checking import Checking
from lre_gateway.application.facts import facts
from lre_gateway.application.office_settings import Settings
from lre_gateway.application.ports import Readers
from lre_gateway.application.provider import Capabilities, Idempotency, SenderAuth, Webhook
from lre_gateway.application.recipients import NewRecipient, made
from lre_gateway.application.writing import Frozen, written
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.compatibility import Check, Sending, Written
from lre_gateway.domain.document import Document, Role
from lre_gateway.domain.office_settings import Choices
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.vocabulary import EvidenceKind, Kind, Level, Trade
from lre_gateway.readmodel.projection import projection
from lre_gateway.readmodel.register import Register

HERE = Path(lre_gateway.__file__ or "").parent
SLICE = 250
MEBIBYTE_IN_KIB = 1024
LIMIT = 256 * 1024 * 1024
CAPABILITIES = Capabilities(
    levels=frozenset(Level),
    drafts_at_provider=True,
    sender_auth=SenderAuth.OTP,
    auth_grant_seconds=3600,
    consent_api=False,
    consent_enforced=False,
    payment_methods_api=False,
    webhook=Webhook.NONE,
    recipient_change_api=False,
    cancel_draft=True,
    idempotency=Idempotency.REFERENCE_SEARCH,
    max_total_bytes=LIMIT,
    max_content_chars=20_000,
    reuse_documents=True,
    evidence_kinds=frozenset(EvidenceKind),
)


class OnlyLimits:
    """A provider of which a check asks the limits, and nothing else."""

    def capabilities(self) -> Capabilities:
        """Return them."""
        return CAPABILITIES


class NoDossiers:
    """There are none."""

    def readers(self, dossier_id: UUID) -> Readers | None:
        """Return none."""
        del dossier_id
        return None


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class Office:
    """An office with a batch of letters, one half of which cannot leave."""

    def __init__(self, url: str, folder: Path) -> None:
        keys = FileKeyService(folder / "master.key")
        self.store = Store("lre-gateway", url, projection=projection, keys=keys, facts=facts)
        self.id, self.by = uuid4(), uuid4()
        self.actor = Actor(person_id=self.by, kind="staff", office_id=self.id, role="notary")
        self.access, register = Access(self.store, NoDossiers()), Register(self.store)
        providers: Any = {"ar24": OnlyLimits()}
        self.checking = Checking(
            store=self.store,
            access=self.access,
            register=register,
            settings=Settings(self.store, Choices()),
            providers=providers,
            clock=now,
        )
        self.recipients: list[UUID] = []

    def write(self, size: int) -> UUID:
        """Write the letters; return their batch."""
        sender = Sender(
            office_id=self.id, provider="ar24", holder_id=self.by, account_email="a@etude.fr", requested_by=self.by,
            at=now(),
        )  # fmt: skip
        sender.refresh("1", frozenset(), now())
        batch = Batch(
            office_id=self.id, dossier_id=None, sender_id=sender.id, level="qualified-lre", hold_mode="deferred_submit",
            entity=None, payment_method=None, print=None, created_by=self.by, at=now(),
        )  # fmt: skip
        batch.extend(size)
        self.store.save(sender, batch, actor=self.actor)
        for start in range(0, size, SLICE):
            numbers = range(start, min(start + SLICE, size))
            people = [self._recipient(number) for number in numbers]
            letters = [self._letter(batch, number, one.id) for number, one in zip(numbers, people, strict=True)]
            self.store.save(*people, *letters, actor=self.actor)
        return batch.id

    def mend(self) -> None:
        """Change one recipient in a hundred so that something else is wrong with their letter."""
        for recipient_id in self.recipients[::100]:
            recipient = self.access.recipient(self.actor, recipient_id)
            recipient.change(last_name=None)
            self.store.save(recipient, actor=self.actor)

    def _recipient(self, number: int) -> Any:
        company = "Durand et fils" if number % 2 else None
        new = NewRecipient(
            kind=Kind.PROFESSIONAL, last_name="Durand", first_name="Ada", company=company, email=f"a{number}@durand.fr"
        )
        recipient = made(self.id, uuid4(), new)
        self.recipients.append(recipient.id)
        return recipient

    def _letter(self, batch: Batch, number: int, recipient_id: UUID) -> Any:
        file = Document(
            version_id=uuid4(), role=Role.TEXT, size=4_000, sha256=f"{number:064x}", media_type="application/pdf"
        )
        return written(
            batch, uuid4(), [Frozen(file, "courrier.pdf")], recipient_id=recipient_id, subject_id=recipient_id,
            subject="Congé", dossier_reference="", chars=1_200, markup=False, prepared_by=self.by, reissued_from=None,
            at=now(),
        )  # fmt: skip


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def rules(size: int) -> float:
    """Return the seconds of the pure function on as many letters."""
    check = Check(
        Sending(
            level=Level.QUALIFIED_LRE, sender_email="a@etude.fr", missing=frozenset(), trade=Trade.NOTARY,
            levels=frozenset(Level), max_total_bytes=LIMIT, max_chars=20_000,
        )
    )  # fmt: skip
    party = made(uuid4(), uuid4(), NewRecipient(kind=Kind.PROFESSIONAL, email="b@durand.fr")).party
    letter = Written(party=party, documents=(), markup=False, chars=10, twin=False)
    return timed(lambda: [check.of(letter) for _ in range(size)])


def resident() -> float:
    """Return the largest resident set of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE_IN_KIB


def measure(url: str, folder: str, size: int) -> None:
    """Print the figures of one size."""
    office = Office(url, Path(folder))
    batch_id, before = office.write(size), resident()

    def check(*, changed: int) -> str:
        began, used = time.perf_counter(), time.process_time()
        report = office.checking.check(office.actor, batch_id)
        seconds, processor = time.perf_counter() - began, time.process_time() - used
        assert (report.asked, report.changed) == (size, changed)
        assert report.incompatible >= size // 2
        return f"{seconds:5.2f} s ({processor:4.2f})"

    first, again = check(changed=size), check(changed=0)
    office.mend()
    mended = check(changed=len(office.recipients[::100]))
    print(
        f"{size:>6} letters: rules {rules(size):4.2f} s, first {first}, again {again}, mended {mended},"
        f" memory {before:.0f} MiB before, {resident():.0f} MiB after"
    )
    office.store.close()


def main() -> None:
    """Run every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    with tempfile.TemporaryDirectory(prefix="letters-check-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "master.key").write_text(base64.b64encode(os.urandom(32)).decode())
        server = Postgres(folder / "postgres", free_ports(1)[0], folder / "postgres.log", tied=True)
        with running(server):
            for size in parser.parse_args().sizes:
                create_database(server.url, f"letters_{size}")
                url = server.database_url(f"letters_{size}")
                migrate(url, LEDGER, HERE / "migrations")
                create_read_model(url, HERE / "readmodel" / "schema.sql")
                worker = multiprocessing.get_context("spawn").Process(target=measure, args=(url, name, size))
                worker.start()
                worker.join()
                assert worker.exitcode == 0


if __name__ == "__main__":
    main()
