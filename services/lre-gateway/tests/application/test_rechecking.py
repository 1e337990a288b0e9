"""What a check depends on changes: open batches are checked again by themselves, and their progress says so."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts.identity import PersonErased
from eventstore import Position
from lre_gateway.application.provider import ConsentAnswer, ProviderAway, Rejection
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import ConsentState, Level, Missing, Trade


def progress(world: Any, batch_id: UUID) -> tuple[int, int, tuple[str, ...]]:
    """Return how many letters can leave, how many cannot, and why that was found out by itself."""
    (compatible, incompatible, _), redone = world.store.get(Batch, batch_id).report, world.batches.progress(
        world.clerk, batch_id
    )  # fmt: skip
    assert (redone.rechecked_at is None) == (not redone.rechecked_for)
    return compatible, incompatible, redone.rechecked_for


def two(world: Any, **changed: Any) -> tuple[UUID, UUID, UUID]:
    """Return a checked batch of letters to two persons, of whom the second did not agree."""
    agreed, did_not = world.recipient("ada"), world.recipient("zoe", consents=False)
    sender_id = world.sender()
    letters = [NewLetter(recipient_id=one, text="Bonjour") for one in (agreed, did_not)]
    batch_id = world.batch(sender_id, *letters, **changed)
    world.rechecking.step()
    assert progress(world, batch_id) == (1, 1, ())
    return batch_id, agreed, did_not


@pytest.mark.covers("A-20", "A-46")
def test_consents_that_are_added_withdrawn_or_answered_are_seen_without_anybody_asking(world: Any) -> None:
    batch_id, agreed, did_not = two(world)
    world.consents.record(world.clerk, [did_not], world.file(b"signed"))
    assert world.rechecking.step() == 1
    assert progress(world, batch_id) == (2, 0, ("recipient",))
    world.clock.advance(minutes=1)
    world.consents.withdraw(world.clerk, [agreed])
    world.rechecking.step()
    assert progress(world, batch_id) == (1, 1, ("recipient",))
    world.clock.advance(minutes=1)
    answer = ConsentAnswer(email="zoe@example.fr", state=ConsentState.REFUSED, at=world.clock())
    world.provider.answers.append(answer)
    world.consents.refresh(world.clerk, world.store.get(Batch, batch_id).sender_id)
    world.rechecking.step()
    assert progress(world, batch_id) == (0, 2, ("recipient",))


def test_a_person_who_is_mended_is_seen_at_once_and_what_says_nothing_new_is_not_told(world: Any) -> None:
    batch_id, _, did_not = two(world)
    version = world.recipients.get(world.clerk, did_not).version
    world.recipients.change(world.clerk, did_not, version, {"email": "sans adresse"})
    world.rechecking.step()
    assert progress(world, batch_id) == (1, 1, ("recipient",)), "one more reason is news"
    before = world.topics(batch_id)
    version = world.recipients.get(world.clerk, did_not).version
    world.recipients.change(world.clerk, did_not, version, {"last_name": "Autre"})
    assert world.rechecking.step() == 1
    assert world.topics(batch_id) == before
    assert world.rechecking.step() == 0


def test_a_dossier_that_is_archived_lets_no_letter_leave(world: Any) -> None:
    dossier_id = world.dossier(world.clerk)
    batch_id, *_ = two(world, dossier_id=dossier_id)
    world.archive(dossier_id)
    world.rechecking.step()
    assert progress(world, batch_id) == (0, 2, ("dossier",))
    assert world.checking.check(world.clerk, batch_id).by_code == {"CONSENT_MISSING": 1, "DOSSIER_ARCHIVED": 2}


def test_a_letter_does_not_leave_after_its_dossier_was_archived(world: Any) -> None:
    dossier_id = world.dossier(world.clerk)
    _, _, (letter_id,) = world.submitted(1, dossier_id=dossier_id)
    world.archive(dossier_id)
    world.submitting.step()
    assert world.letter(letter_id).problems == ("DOSSIER_ARCHIVED",)
    assert not world.provider.submits


def test_an_erased_client_goes_and_the_others_stay(world: Any) -> None:
    person = uuid4()
    world.town.clients.setdefault(world.office, set()).add(person)
    sender_id, other = world.sender(), world.recipient()
    client = world.recipient("client", person_id=person)
    batch_id = world.batch(sender_id, *(NewLetter(recipient_id=one, text="Bonjour") for one in (client, other)))
    world.rechecking.step()
    erased = PersonErased(person_id=person, office_id=world.office, basis="subject-request")
    world.erasing.erase(erased, replace(world.clerk, command=None), Position("identity", 1, 1))
    world.rechecking.step()
    assert progress(world, batch_id) == (1, 0, ("cancellation",))


def test_what_the_account_lacks_and_what_the_office_is_are_seen(world: Any) -> None:
    batch_id, *_ = two(world)
    sender_id = world.store.get(Batch, batch_id).sender_id
    world.provider.senders["1"] = replace(world.provider.senders["1"], missing=frozenset({Missing.PAYMENT}))
    world.senders.refresh(world.clerk, sender_id)
    world.rechecking.step()
    assert progress(world, batch_id) == (0, 2, ("sender",))
    chosen = world.settings.get(world.notary)
    manager = replace(chosen.choices, trade=Trade.PROPERTY_MANAGER)
    world.settings.change(world.notary, chosen.version, manager)
    letter = NewLetter(recipient_id=world.recipient("eve"), text="Convocation")
    notice = world.batch(sender_id, letter, level=Level.COPRO_NOTICE)
    world.rechecking.step()
    world.as_lawyers()
    world.rechecking.step()
    assert progress(world, notice)[:2] == (0, 1)
    assert "office" in progress(world, notice)[2]


def test_only_open_batches_with_the_person_are_looked_at_and_no_provider_is_called(world: Any) -> None:
    batch_id, _, did_not = two(world)
    other = world.batch(
        world.store.get(Batch, batch_id).sender_id, NewLetter(recipient_id=world.recipient("eve"), text="x")
    )  # fmt: skip
    never_checked = world.batches.create(
        world.clerk, world.new_batch(batch_id), [NewLetter(recipient_id=did_not, text="Autre")]
    )  # fmt: skip
    world.rechecking.step()
    world.provider.down = ProviderAway()
    world.consents.record(world.clerk, [did_not], world.file(b"signed"))
    assert world.rechecking.step() == 1
    assert progress(world, batch_id)[2] == ("recipient",)
    assert progress(world, other)[2] == ()
    assert progress(world, UUID(never_checked["id"]))[2] == ()


def test_letters_that_left_are_not_touched_and_what_the_provider_refused_stays_refused(world: Any) -> None:
    sender_id, batch_id, letters = world.submitted(3)
    world.provider.script.append(Rejection.OTHER)
    world.submitting.step()
    refused = [one for one in letters if world.letter(one).state is State.INCOMPATIBLE]
    assert len(refused) == 1
    before = {one: world.topics(one) for one in letters}
    world.provider.senders["1"] = replace(world.provider.senders["1"], missing=frozenset({Missing.PAYMENT}))
    world.senders.refresh(world.clerk, sender_id)
    assert world.rechecking.step() == 1
    assert {one: world.topics(one) for one in letters} == before
    recipient_id = world.letter(refused[0]).recipient_id
    version = world.recipients.get(world.clerk, recipient_id).version
    world.recipients.change(world.clerk, recipient_id, version, {"first_name": "Autre"})
    world.rechecking.step()
    assert world.letter(refused[0]).problems == ("SENDER_NO_PAYMENT",), "its recipient was mended: it is judged again"
    assert world.batches.progress(world.clerk, batch_id).rechecked_for == ("recipient",)


def test_a_place_that_is_lost_costs_time_only(world: Any) -> None:
    batch_id, *_ = two(world)
    before = world.topics(batch_id)
    with world.store.connection() as connection:
        connection.execute("DELETE FROM letters.place")
    world.restart()
    assert world.rechecking.step() == 1
    assert world.rechecking.step() == 0
    assert world.topics(batch_id) == before
