"""Who is told what, when the golden events of the other services arrive."""

from typing import Any
from uuid import uuid4

import pytest
from chassis.client import Unavailable
from contracts import Envelope
from contracts.examples import BATCH, CLIENT, COLLABORATOR, DOSSIER, NOTARY, OFFICE, REQUEST, VERSION, example
from eventstore import Parked
from messaging import wiring


def told(world: Any) -> set[tuple[str, str, str]]:
    return {(str(row["person_id"]), row["template"], row["channel"]) for row in world.rows()}


@pytest.mark.covers("L-20")
def test_a_requested_membership_is_shown_to_the_notaries_and_the_newcomer_confirms_the_address(world: Any) -> None:
    world.tell("identity.membership-requested")
    assert told(world) == {
        (str(COLLABORATOR), "email-confirmation", "email"),
        (str(NOTARY), "membership-pending", "email"),
        (str(NOTARY), "membership-pending", "in-app"),
    }


def test_a_newcomer_who_is_a_notary_does_not_decide_about_themselves(world: Any) -> None:
    world.tell("identity.membership-requested", person_id=NOTARY)
    assert told(world) == {(str(NOTARY), "email-confirmation", "email")}


def test_an_approved_member_is_told_unless_nobody_had_to_decide(world: Any) -> None:
    world.tell("identity.membership-approved", approved_by=None)
    assert told(world) == set()
    world.tell("identity.membership-approved")
    assert told(world) == {(str(COLLABORATOR), "membership-approved", "email")}


def test_a_client_who_asks_for_a_link_gets_one_and_an_invitation_of_ours_causes_none(world: Any) -> None:
    ours = example("identity.client-invited", seq=1, person_id=CLIENT).model_copy(update={"actorkind": "service"})
    world.inbox.receive([ours])
    assert told(world) == set()
    asked = example("identity.client-invited", seq=2, person_id=CLIENT).model_copy(update={"actorkind": "system"})
    world.inbox.receive([asked])
    assert told(world) == {(str(CLIENT), "access-link", "email")}


@pytest.mark.covers("L-46")
def test_the_first_documents_of_a_dossier_invite_the_client_and_later_batches_are_told_once_each(world: Any) -> None:
    for _ in range(3):
        world.tell("dossier.document-requested", subject=uuid4())
    assert told(world) == {(str(CLIENT), "invitation", "email")}
    later = uuid4()
    for _ in range(3):
        world.tell("dossier.document-requested", subject=uuid4(), batch_id=later)
    world.tell("dossier.document-requested", subject=uuid4(), batch_id=BATCH)
    assert [row["template"] for row in world.rows()] == ["documents-requested", "invitation"]
    other = uuid4()
    world.tell("dossier.document-requested", subject=uuid4(), batch_id=later, client_id=other)
    world.tell("dossier.document-requested", subject=uuid4(), batch_id=uuid4(), dossier_id=uuid4())
    assert [row["template"] for row in world.rows()] == ["documents-requested", *["invitation"] * 3]


@pytest.mark.covers("L-04", "L-60")
def test_a_deposit_is_told_to_every_reader_of_the_office_by_both_channels(world: Any) -> None:
    world.tell("dossier.document-deposited")
    assert told(world) == {
        (str(reader), "document-deposited", channel)
        for reader in (NOTARY, COLLABORATOR)
        for channel in ("email", "in-app")
    }
    assert {row["request_id"] for row in world.rows()} == {REQUEST}


def test_nobody_is_asked_to_decide_on_a_document_that_came_too_late(world: Any, neighbours: Any) -> None:
    neighbours.requests[str(REQUEST)]["closed"] = [str(VERSION)]
    world.tell("dossier.document-deposited")
    assert told(world) == set()


@pytest.mark.covers("L-06")
def test_a_refusal_is_told_to_the_client(world: Any) -> None:
    world.tell("dossier.document-refused")
    assert told(world) == {(str(CLIENT), "document-refused", "email")}


def test_a_completed_dossier_is_shown_to_its_staff(world: Any) -> None:
    world.tell("dossier.dossier-completed", subject=DOSSIER)
    assert told(world) == {(str(reader), "dossier-completed", "in-app") for reader in (NOTARY, COLLABORATOR)}


def test_a_dossier_that_is_gone_is_told_to_nobody(world: Any, neighbours: Any) -> None:
    neighbours.readers = {}
    world.tell("dossier.document-deposited")
    assert world.rows() == []
    assert world.inbox.position("dossier").store_seq == 1


def test_repeated_events_add_nothing(world: Any) -> None:
    events = [world.tell("dossier.document-requested"), world.tell("dossier.document-deposited")]
    before = world.rows()
    world.inbox.receive(events * 3)
    assert world.rows() == before


def test_events_wait_while_a_neighbour_is_away(world: Any, neighbours: Any) -> None:
    neighbours.away = True
    event = example("dossier.document-deposited", seq=1)
    with pytest.raises(Unavailable):
        world.inbox.receive([event])
    assert world.inbox.position("dossier") is None
    neighbours.away = False
    world.inbox.receive([event])
    assert len(world.rows()) == 4


def test_events_say_nothing_of_a_person_but_the_id(world: Any) -> None:
    world.tell("identity.membership-requested")
    world.tell("dossier.document-refused")
    world.sending.send_due()
    stored = " ".join(str(recorded.plain) + recorded.state.decode() for recorded in world.store.read(0, 100))
    for secret in ("example.org", "etude.example", "Jeanne", "Morel", "Illisible", "secret"):
        assert secret not in stored
    assert str(OFFICE.hex) in stored


@pytest.mark.bad_input("B52")
def test_an_event_that_is_not_understood_is_parked_with_its_followers_and_the_others_go_on(
    world: Any,
) -> None:
    odd = example("dossier.document-deposited", seq=1).model_copy(update={"data": {}})
    same_request = example("dossier.document-refused", seq=2)
    another = example("dossier.document-requested", seq=3, subject=uuid4())
    world.inbox.receive([odd, same_request, another])
    assert told(world) == {(str(CLIENT), "invitation", "email")}
    parked = Parked(world.store, wiring.message_handlers(world.parts), Envelope.parse)
    assert [row["type"] for row in parked.list()] == ["dossier.document-deposited.v1", "dossier.document-refused.v1"]
    with world.store.connection() as connection:
        connection.execute(
            "UPDATE ledger.parked SET message = jsonb_set(message, '{data}', (%s)::jsonb) WHERE store_seq = 1",
            (example("dossier.document-deposited", seq=1).model_dump_json(include={"data"})[8:-1],),
        )
    assert parked.replay([]) == 2
    assert {template for _, template, _ in told(world)} == {"invitation", "document-deposited", "document-refused"}
