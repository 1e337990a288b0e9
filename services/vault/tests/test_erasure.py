"""The names of an erased person's files are nowhere any more; the documents stay, and every proof of them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import nats
import pytest
from bus import Relaying
from contracts.examples import example
from eventstore import Inbox, rebuild
from proof.entry import state_hash
from testkit.producers import erasing
from vault.domain.file_name import FALLBACK
from vault.wiring import Parts, message_handlers

CANARY = "Zwingelstein"
NAME = f"passeport {CANARY}.pdf"


@dataclass
class Erased:
    """A vault in which a person's file is stored, and what identity says."""

    vault: Any
    ticket: Any
    parts: Parts
    inbox: Inbox
    told: int = 0

    def identity_erases(self, person_id: UUID) -> None:
        self.told += 1
        said = example("identity.person-erased", seq=self.told, subject=person_id, person_id=person_id)
        self.inbox.receive([said])

    def name(self) -> str | None:
        token = self.vault.keys.dossier.service_token("vault")
        answer = self.vault.http.get(
            f"{self.vault.http.base_url.copy_with(path='/internal')}/documents",
            params={"ids": str(self.ticket.version_id)},
            headers={"Authorization": f"Bearer {token}"},
        )
        (item,) = answer.json()["items"]
        name: str | None = item["name"]
        return name

    def traces(self) -> list[str]:
        """Return in which writings the person's name is found in any row of any table; bytes are in hexadecimal."""
        with self.parts.store.connection() as connection:
            tables = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            rows = [
                row["row"]
                for table in tables
                for row in connection.execute(f"SELECT to_jsonb(t)::text AS row FROM {table['name']} t").fetchall()
            ]
        text = "\n".join(rows).casefold()
        return [one for one in (CANARY.casefold(), CANARY.encode().hex()) if one in text]


@pytest.fixture
def stored(vault: Any) -> Iterator[Erased]:
    """Return a vault with one document; the messages come to another process than the one that answers HTTP."""
    ticket = vault.ticket(name=NAME)
    assert vault.put(ticket).status_code == 201
    parts = Parts(vault.settings)
    yield Erased(vault, ticket, parts, Inbox(parts.store, message_handlers(parts)))
    parts.store.close()


def test_the_name_is_gone_and_document_and_proofs_stay(stored: Erased) -> None:
    vault, ticket = stored.vault, stored.ticket
    content = vault.get(ticket).content
    assert (stored.name(), stored.traces()) == (NAME, [CANARY.casefold()])
    before = stored.parts.store.held(0, 100)
    stored.identity_erases(ticket.owner_id)
    assert (stored.name(), stored.traces()) == (None, [])
    read = vault.get(ticket)
    assert (read.content, FALLBACK in read.headers["content-disposition"]) == (content, True)
    assert vault.observation(ticket.version_id)["ciphertext_ok"]
    assert stored.parts.store.held(0, len(before)) == before
    for held in before:
        assert json.loads(held.entry)["state_h"] == state_hash(held.state)
    said = [plain for topic, plain in vault.events() if topic == "vault.person-keys-destroyed"]
    assert [(plain["person_id"], plain["keys"]) for plain in said] == [(ticket.owner_id, 1)]


def test_the_read_model_made_again_is_the_same_without_the_person(stored: Erased) -> None:
    other = stored.vault.ticket(name="autre.pdf")
    stored.vault.put(other)
    stored.identity_erases(stored.ticket.owner_id)
    with stored.parts.store.connection() as connection:
        before = connection.execute("SELECT * FROM read.document ORDER BY id").fetchall()
        rebuild(stored.parts.store)
        assert connection.execute("SELECT * FROM read.document ORDER BY id").fetchall() == before
    assert {row["name"] for row in before} == {None, "autre.pdf"}


def test_the_same_message_again_under_any_number_changes_nothing(stored: Erased) -> None:
    stored.identity_erases(stored.ticket.owner_id)
    stored.identity_erases(stored.ticket.owner_id)
    assert [topic for topic, _ in stored.vault.events()].count("vault.person-keys-destroyed") == 1
    assert stored.inbox.position("identity").store_seq == 2


@pytest.mark.fault("F9")
def test_a_kill_between_the_destruction_and_its_event_is_made_good(stored: Erased) -> None:
    assert stored.parts.store.keys.destroy(stored.ticket.owner_id)
    stored.identity_erases(stored.ticket.owner_id)
    assert (stored.name(), stored.traces()) == (None, [])
    assert [topic for topic, _ in stored.vault.events()].count("vault.person-keys-destroyed") == 1


def test_a_name_written_with_a_key_in_memory_reaches_no_row(stored: Erased) -> None:
    stored.identity_erases(stored.ticket.owner_id)  # the process that answers HTTP remembers the key
    late = replace(stored.ticket, version_id=uuid4())
    assert stored.vault.put(late).status_code == 201
    assert stored.traces() == []


def test_nothing_new_is_kept_about_an_erased_person(stored: Erased) -> None:
    stranger = uuid4()
    stored.identity_erases(stranger)
    kept, events = stored.vault.kept(), stored.vault.events()
    late = stored.vault.put(stored.vault.ticket(owner_id=stranger))
    assert (late.status_code, late.json()["code"]) == (410, "person-erased")
    assert (stored.vault.kept(), stored.vault.events(), stored.vault.keys_held()) == (kept, events, 1)


@pytest.fixture
def working(stored: Erased, bus_url: str, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Return a function that starts `python -m vault work`."""
    given = stored.vault.settings.model_dump(mode="json") | {
        "s3_secret_key": stored.vault.settings.s3_secret_key.get_secret_value(),
        "nats_url": bus_url,
    }
    environment = os.environ | {
        f"VAULT_{name.upper()}": json.dumps(value) if isinstance(value, dict) else str(value)
        for name, value in given.items()
        if value is not None
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "vault.log").open("ab") as log:
            command = [sys.executable, "-m", "vault", "work"]
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))  # noqa: S603 - our own
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def said_on_the_bus(url: str, number: int) -> dict[str, Any]:
    """Wait for a message of the vault's stream."""
    connection = await nats.connect(url, max_reconnect_attempts=-1)
    try:
        async with asyncio.timeout(40):
            while True:
                try:
                    message = await connection.jetstream().get_msg("EV_VAULT", number)
                except (nats.js.errors.NotFoundError, nats.errors.TimeoutError, nats.errors.NoRespondersError):
                    await asyncio.sleep(0.05)
                else:
                    found: dict[str, Any] = json.loads(message.data or b"")
                    return found
    finally:
        await connection.close()


@pytest.mark.fault("F9")
def test_what_identity_says_on_the_bus_destroys_the_key_across_a_kill(
    stored: Erased, bus_url: str, working: Callable[[], subprocess.Popen[bytes]]
) -> None:
    first = working()

    async def story() -> dict[str, Any]:
        assert (await said_on_the_bus(bus_url, 1))["type"] == "vault.document-stored.v1"
        first.kill()
        first.wait()
        stop = asyncio.Event()
        relay = asyncio.create_task(_awaited(Relaying(bus_url, "identity", erasing([stored.ticket.owner_id]))(stop)))
        working()
        try:
            return await said_on_the_bus(bus_url, 3)
        finally:
            stop.set()
            await relay

    told = asyncio.run(story())
    assert told["type"] == "vault.person-keys-destroyed.v1"
    assert told["data"] == {"person_id": str(stored.ticket.owner_id), "keys": 1}
    assert "office" not in told
    assert json.loads(told["proofentry"])["cause"] == "identity:1:1"
    assert stored.traces() == []


async def _awaited(task: Any) -> None:
    await task
