"""What the worker makes of letters, against a bare `httpx` loop of the same calls, both on the simulator, in one run.

    .venv/bin/python bench/letters_worker.py [--letters 1000] [--polled 10000] [--rounds 4]

Submission: `Submitting`, as `lre_gateway work` runs it, on a real PostgreSQL, four letters of the sender at a time. For
each letter: its events read, consents and sender looked at again, intention committed, call made, outcome committed.
The bare loop posts the same forms, four at a time, remembers nothing and understands no answer. Letters and file are
the same; the letters stay at the provider until a code releases them.
Poll: `Polling` reads every letter once: the first cycle learns what it shows, the second finds nothing new.
The processor time that this process spends on a letter is told too; the rest is the database's and the simulator's.
"""

import argparse
import base64
import json
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
from chassis.actor import Actor
from chassis.tokens import Signer, new_signing_key
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running as part_running
from launcher.ports import free_ports
from letters_submission import CONCURRENCY, PDF, PRIVATE_KEY, TOKEN, measured, signature, told
from lre_gateway.adapters.ar24.dates import paris
from lre_gateway.application.recipients import NewRecipient, made
from lre_gateway.application.writing import Frozen, written
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.document import Document, Role
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.vocabulary import Kind
from lre_gateway.settings import Settings
from lre_gateway.wiring.parts import Parts
from lre_gateway.wiring.process import prepare
from sandbox.running import running

WRITTEN_AT_ONCE = 250
EMAIL, TO = "bench@example.fr", "never@example.fr"


class OneFile:
    """A vault with one file."""

    def read(self, _office_id: UUID, _version_id: UUID, _by: UUID) -> bytes:
        """Return it."""
        return PDF

    def close(self) -> None:
        """There is nothing to close."""


class Office:
    """An office whose letters wait at their provider for a code."""

    def __init__(self, parts: Parts, account: str) -> None:
        self.parts = parts
        self.office_id, self.by = uuid4(), uuid4()
        self.actor = Actor(person_id=self.by, kind="staff", office_id=self.office_id, role="notary")
        by = self.by
        sender = Sender(
            office_id=self.office_id,
            provider="ar24",
            holder_id=by,
            account_email=EMAIL,
            requested_by=by,
            at=parts.clock(),
        )
        sender.refresh(account, frozenset(), parts.clock())
        person = made(
            self.office_id,
            uuid4(),
            NewRecipient(
                kind=Kind.PROFESSIONAL, last_name="Durand", first_name="Ada", company="Durand et fils", email=TO
            ),
        )
        parts.store.save(sender, person, actor=self.actor)
        self.sender_id, self.recipient_id = sender.id, person.id

    def asked(self, size: int) -> None:
        """Write letters, check them and ask for their leaving."""
        batch = Batch(
            office_id=self.office_id, dossier_id=None, sender_id=self.sender_id, level="qualified-lre",
            hold_mode="provider_draft", entity=None, payment_method=None, print=None, created_by=self.by,
            at=self.parts.clock(),
        )  # fmt: skip
        batch.extend(size)
        self.parts.store.save(batch, actor=self.actor)
        for start in range(0, size, WRITTEN_AT_ONCE):
            letters = [self._letter(batch) for _ in range(start, min(start + WRITTEN_AT_ONCE, size))]
            self.parts.store.save(*letters, actor=self.actor)
        report = self.parts.checking.check(self.actor, batch.id)
        assert report.incompatible == 0, report
        self.parts.batches.submit(self.actor, batch.id)

    def _letter(self, batch: Batch) -> Any:
        file = Document(
            version_id=uuid4(), role=Role.TEXT, size=len(PDF), sha256="0" * 64, media_type="application/pdf"
        )
        return written(
            batch, uuid4(), [Frozen(file, "acte.pdf")], recipient_id=self.recipient_id, subject_id=self.recipient_id,
            subject="Congé", dossier_reference="", chars=1_200, markup=False, prepared_by=self.by,
            reissued_from=None, at=self.parts.clock(),
        )  # fmt: skip

    def submit(self, size: int) -> None:
        """Let the worker hand over what was asked for."""
        tried = 0
        while tried < size:
            tried += self.parts.submitting.step()
        assert self.parts.submitting.step() == 0

    def poll(self, size: int) -> None:
        """Let the worker read every letter once."""
        with self.parts.store.connection() as connection:
            connection.execute("DELETE FROM letters.turn")  # every letter is due
        read = 0
        while read < size:
            read += self.parts.polling.step()
        assert read == size


class Bare:
    """The calls alone."""

    def __init__(self, url: str, account: str) -> None:
        self._url, self.account = url, account
        self._http = httpx.Client(trust_env=False, timeout=60)
        self._four = ThreadPoolExecutor(CONCURRENCY)
        self._file = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._four.shutdown()
        self._http.close()

    def submit(self, size: int, file: str) -> None:
        """Post as many forms."""
        self._file = file
        assert len(list(self._four.map(self._post, range(size)))) == size

    def _post(self, _number: int) -> None:
        date = paris(datetime.now(UTC))
        form = {
            "id_user": self.account,
            "eidas": "1",
            "to_lastname": "Durand",
            "to_firstname": "Ada",
            "to_company": "Durand et fils",
            "to_email": TO,
            "dest_statut": "professionnel",
            "ref_client": uuid4().hex,
            "webhook": f"http://127.0.0.1:9/api/letters/v1/webhooks/ar24/{uuid4().hex}",
            "attachment[0]": self._file,
            "token": TOKEN,
            "date": date,
        }
        answer = self._http.post(f"{self._url}/mail", data=form, headers={"signature": signature(date)})
        assert answer.status_code == httpx.codes.OK
        assert not answer.content.startswith(b"{"), answer.text


def settings(folder: Path, database_url: str, url: str) -> Settings:
    """Return settings with keys of their own; the neighbours are never asked."""
    (folder / "signing.pem").write_bytes(new_signing_key())
    for name in ("master", "webhook"):
        (folder / name).write_text(base64.b64encode(os.urandom(32)).decode())
    for name, secret in {"token": TOKEN, "private": PRIVATE_KEY}.items():
        (folder / name).write_text(secret)
    for file in ("signing.pem", "master", "webhook", "token", "private"):
        (folder / file).chmod(0o600)
    trusted = Signer(folder / "signing.pem", "lre-gateway").public_jwk()
    (folder / "trust.json").write_text(json.dumps({"keys": [trusted]}))
    return Settings.model_validate(
        {
            "database_url": database_url,
            "http_port": 1,
            "environment": "development",
            "public_url": "http://127.0.0.1:9",
            "signing_key_file": folder / "signing.pem",
            "trust_file": folder / "trust.json",
            "master_key_file": folder / "master",
            "peers": dict.fromkeys(("identity", "dossier", "vault"), "http://127.0.0.1:9"),
            "ar24_url": url,
            "ar24_token_file": folder / "token",
            "ar24_private_key_file": folder / "private",
            "ar24_unconfirmed": "simulated",
            "webhook_secret_file": folder / "webhook",
        }
    )


@contextmanager
def bench() -> Iterator[tuple[Office, Bare]]:
    """Give an office and the calls alone, on the same account of a simulator."""
    ports = free_ports(3)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        folder.chmod(0o711)
        (folder / "simulator").mkdir()
        server = Postgres(folder / "postgres", ports[2], folder / "postgres.log", tied=True)
        stack.enter_context(part_running(server))
        create_database(server.url, "letters")
        secrets = {"token": TOKEN, "private_key": PRIVATE_KEY}
        stack.enter_context(running("ar24", ports[0], ports[1], folder=str(folder / "simulator"), **secrets))
        address = f"http://127.0.0.1:{ports[1]}/__sandbox__"
        admin = stack.enter_context(httpx.Client(base_url=address, trust_env=False))
        account = str(admin.post("/senders", json={"email": EMAIL}).raise_for_status().json()["id"])
        chosen = settings(folder, server.database_url("letters"), f"http://127.0.0.1:{ports[0]}/api")
        prepare(chosen)
        parts = Parts(chosen)
        stack.callback(parts.close)
        parts.vault.close()
        parts.vault = OneFile()  # type: ignore[assignment] # one file, read once: nothing else of a vault is asked
        yield Office(parts, account), stack.enter_context(Bare(chosen.ar24_url, account))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--polled", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    with bench() as (office, bare):
        provider, account = next(iter(office.parts.providers.values())), bare.account
        file = provider.upload(account, "acte.pdf", "application/pdf", PDF).id
        share, pairs = asked.letters // asked.rounds, []
        for _ in range(asked.rounds):
            office.asked(share)
            alone = measured(share, lambda: bare.submit(share, file))
            pairs.append((measured(share, lambda: office.submit(share)), alone))
        told(f"{share * asked.rounds} letters submitted by the worker, four at a time", "worker", pairs)
        office.asked(asked.polled - share * asked.rounds)
        office.submit(asked.polled - share * asked.rounds)
        for name in ("first", "second"):
            run = measured(asked.polled, lambda: office.poll(asked.polled))
            print(f"{asked.polled} letters polled by the worker, {name} cycle: {asked.polled / run.rate:.1f} s")


if __name__ == "__main__":
    main()
