"""Nothing waits for an erased person, and messaging never knew a name."""

import json
from typing import Any
from uuid import UUID

import pytest
from contracts.examples import CLIENT, COLLABORATOR, NOTARY
from eventstore import SubjectErased, rebuild
from proof.entry import state_hash

CANARIES = ("Jeanne", "Dupont", "jeanne@example.org", "+33600000000", "Bail Dupont", "Illisible", "Justificatif")


def everything(world: Any) -> str:
    """Return every row of every table as text; bytes are in hexadecimal."""
    tables = world.rows(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    rows = [world.rows(f"SELECT to_jsonb(t)::text AS row FROM {table['name']} t") for table in tables]
    return "\n".join(row["row"] for table in rows for row in table)


def traces(world: Any) -> list[str]:
    text = everything(world)
    return [one for one in CANARIES if one in text or one.encode().hex() in text]


def keys_destroyed(world: Any) -> list[UUID]:
    found = [event for event in world.store.read(0, 1000) if event.topic == "messaging.person-keys-destroyed"]
    return [event.plain["person_id"] for event in found]


def mails(world: Any, person_id: UUID = CLIENT) -> list[tuple[str, str | None]]:
    rows = [row for row in world.rows() if row["channel"] == "email" and row["person_id"] == person_id]
    return [(row["state"], row["cause"]) for row in rows]


@pytest.fixture
def told(world: Any, mailbox: Any) -> Any:
    """Return messaging with a mail that the client was sent and two that wait, one of them tried in vain."""
    world.tell("dossier.document-refused")
    assert world.sending.send_due() == 1
    assert len(mailbox.received("jeanne@example.org")) == 1
    world.tell("dossier.document-requested")
    world.outbox.claim(1)
    world.tell("dossier.document-refused")
    world.tell("dossier.document-deposited")
    return world


def test_what_waits_for_an_erased_person_is_given_up_and_the_others_are_written_to(told: Any, mailbox: Any) -> None:
    assert sorted(state for state, _ in mails(told)) == ["queued", "queued", "sent"]
    before = told.store.held(0, 1000)
    told.tell("identity.person-erased")
    assert sorted(mails(told)) == [("failed", "erased"), ("failed", "erased"), ("sent", None)]
    assert told.rows("SELECT * FROM messaging.attempt") == []
    assert told.sending.send_due() == 2
    assert (mails(told, NOTARY), mails(told, COLLABORATOR)) == ([("sent", None)], [("sent", None)])
    assert len(mailbox.received("jeanne@example.org")) == 1
    assert told.store.held(0, len(before)) == before
    for held in before:
        assert json.loads(held.entry)["state_h"] == state_hash(held.state)


def test_no_table_holds_a_name_before_or_after(told: Any) -> None:
    assert traces(told) == []
    told.tell("identity.person-erased")
    assert traces(told) == []
    assert keys_destroyed(told) == [CLIENT]
    with pytest.raises(SubjectErased):
        told.store.keys.seal(CLIENT, b"x", b"")


def test_the_read_model_made_again_is_the_same(told: Any) -> None:
    told.tell("identity.person-erased")
    before = told.rows("SELECT * FROM read.notification ORDER BY id")
    rebuild(told.store)
    assert told.rows("SELECT * FROM read.notification ORDER BY id") == before


def test_the_same_message_again_under_any_number_changes_nothing(told: Any) -> None:
    first = told.tell("identity.person-erased")
    told.inbox.receive([first])
    told.tell("identity.person-erased")
    assert keys_destroyed(told) == [CLIENT]
    assert told.inbox.position("identity").store_seq == 2


@pytest.mark.fault("F9")
def test_a_kill_between_the_destruction_and_its_event_is_made_good(told: Any) -> None:
    told.store.keys.destroy(CLIENT)
    told.tell("identity.person-erased")
    assert keys_destroyed(told) == [CLIENT]
    assert "queued" not in {state for state, _ in mails(told)}


def test_what_is_asked_for_later_is_not_sent(told: Any, neighbours: Any, mailbox: Any) -> None:
    told.tell("identity.person-erased")
    del neighbours.people[str(CLIENT)]  # identity answers "erased" from then on
    told.tell("dossier.document-refused")
    told.sending.send_due()
    assert "queued" not in {state for state, _ in mails(told)}
    assert len(mailbox.received("jeanne@example.org")) == 1
