"""Letters leave once each: four at a time, through crashes, lost answers and a provider that rests."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from lre_gateway.application.provider import ConsentAnswer, ProviderAway, SenderNotReady
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import ConsentState, HoldMode, Level, Missing, Trade


def unique(world: Any) -> list[str]:
    """Return the references the provider holds, and make sure that it holds none twice."""
    held = [letter.order.reference for letter in world.provider.letters.values()]
    assert len(set(held)) == len(held), "a letter was sent twice"
    return held


@pytest.mark.covers("A-48", "A-49")
def test_what_was_asked_for_leaves_and_waits_for_the_code(world: Any) -> None:
    _, batch_id, letters = world.submitted(5)
    assert world.batches.progress(world.clerk, batch_id).done == 0
    world.work()
    assert world.states(letters) == ["awaiting-sender-auth"] * 5
    assert sorted(unique(world)) == sorted(one.hex for one in letters)
    progress = world.batches.progress(world.clerk, batch_id)
    assert (progress.asked, progress.done, progress.paused, progress.finished) == (5, 5, None, True)
    assert world.topics(batch_id)[-2:] == ["batch-submitted", "batch-finished"]


def test_what_the_provider_is_told_is_what_was_frozen(world: Any) -> None:
    sender_id, dossier_id = world.sender(), world.dossier(world.clerk)
    world.senders.map_payment(world.notary, sender_id, "etude", "L'étude", "stripe-47146")
    letter = NewLetter(
        recipient_id=world.recipient(), subject="Congé", text="Bonjour", attachments=(world.file(b"acte"),)
    )
    batch_id = world.batch(sender_id, letter, dossier_id=dossier_id, entity="etude")
    world.batches.submit(world.clerk, batch_id)
    world.work()
    (held,) = world.provider.letters.values()
    order = held.order
    assert (order.dossier_reference, order.billing_reference, order.payment_method) == (
        "2026-0142",
        "etude",
        "stripe-47146",
    )
    assert [one.sha256 for one in order.documents] == [
        one.sha256 for one in world.letter(UUID(order.reference)).documents
    ]
    assert world.provider.uploads == ["courrier.pdf", "acte.pdf"]
    assert (order.recipient.email, order.level) == ("ada@example.fr", Level.QUALIFIED_LRE)


def test_never_more_than_four_letters_of_a_sender_are_under_way(world: Any) -> None:
    world.submitted(24)
    world.submitting.step()
    assert world.provider.most_at_once <= 4
    assert len(unique(world)) == 24


def test_case_17_a_consent_withdrawn_between_check_and_send_blocks_at_send(world: Any) -> None:
    _, _, letters = world.submitted(3)
    gone = world.letter(letters[0])
    world.consents.withdraw(world.clerk, [gone.recipient_id])
    world.work()
    assert world.states(letters) == ["incompatible", "awaiting-sender-auth", "awaiting-sender-auth"]
    assert world.letter(letters[0]).problems == ("CONSENT_MISSING",)
    assert letters[0].hex not in unique(world)


@pytest.mark.covers("A-20")
def test_case_17_a_refusal_that_only_the_provider_knows_blocks_at_send_too(world: Any) -> None:
    _, _, letters = world.submitted(2)
    world.clock.advance(minutes=1)
    world.provider.answers.append(
        ConsentAnswer(email="Person0@example.fr", state=ConsentState.REFUSED, at=world.clock())
    )
    world.work()
    by_problem = sorted((world.letter(one).problems, world.letter(one).state.value) for one in letters)
    assert by_problem == [((), "awaiting-sender-auth"), (("CONSENT_REFUSED",), "incompatible")]


def test_case_20_a_file_that_a_hundred_recipients_get_is_uploaded_once(world: Any) -> None:
    plan, sender_id = world.file(b"plan"), world.sender()
    people = [world.recipient(f"p{number}") for number in range(100)]
    letters = [NewLetter(recipient_id=one, text="Bonjour", attachments=(plan,)) for one in people]
    world.batches.submit(world.clerk, world.batch(sender_id, *letters))
    world.work()
    assert sorted(world.provider.uploads) == ["acte.pdf", "courrier.pdf"]
    assert len(unique(world)) == 100


def test_case_20_where_uploads_serve_one_letter_each_letter_has_its_own(world: Any) -> None:
    world.provider.reuse = False
    plan, sender_id = world.file(b"plan"), world.sender()
    people = [world.recipient(f"p{number}") for number in range(3)]
    letters = [NewLetter(recipient_id=one, text="Bonjour", attachments=(plan,)) for one in people]
    world.batches.submit(world.clerk, world.batch(sender_id, *letters))
    world.work()
    assert sorted(world.provider.uploads) == ["acte.pdf"] * 3 + ["courrier.pdf"] * 3


def test_case_23_three_of_fifty_are_rejected_and_the_others_go_on(world: Any) -> None:
    _, batch_id, letters = world.submitted(50)
    world.provider.script.extend([*[""] * 10, "EMAIL_INVALID", *[""] * 10, "RECIPIENT_INVALID", "OTHER"])
    world.work()
    states = world.states(letters)
    assert (states.count("awaiting-sender-auth"), states.count("incompatible")) == (47, 3)
    problems = sorted(world.letter(one).problems for one in letters if world.letter(one).problems)
    assert problems == [("EMAIL_INVALID",), ("OTHER",), ("RECIPIENT_INVALID",)]
    assert world.batches.progress(world.clerk, batch_id).finished
    world.work()
    assert len(world.provider.submits) == 50, "what was rejected is not tried again by itself"


def test_what_was_mended_after_a_rejection_leaves_when_it_is_asked_for_again(world: Any) -> None:
    _, batch_id, letters = world.submitted(1)
    world.provider.script.append("EMAIL_INVALID")
    world.work()
    world.clock.advance(minutes=1)
    world.checking.check(world.clerk, batch_id)
    world.work()
    assert world.states(letters) == ["ready"]
    world.batches.submit(world.clerk, batch_id)
    world.work()
    assert world.states(letters) == ["awaiting-sender-auth"]


def test_case_09_maintenance_pauses_the_batch_and_it_resumes_alone(world: Any) -> None:
    _, batch_id, letters = world.submitted(6)
    world.provider.script.extend(["", "maintenance"])
    world.submitting.step()
    tried = len(world.provider.submits)
    assert world.batches.progress(world.clerk, batch_id).paused == "maintenance"
    world.submitting.step()
    assert len(world.provider.submits) == tried, "nothing is tried while it rests"
    world.clock.advance(seconds=31)
    world.work()
    assert world.states(letters) == ["awaiting-sender-auth"] * 6
    assert "batch-resumed" in world.topics(batch_id)
    assert world.topics(batch_id)[-1] == "batch-finished"
    assert len(unique(world)) == 6


def test_a_provider_that_is_away_before_the_first_letter_pauses_the_batch(world: Any) -> None:
    _, batch_id, letters = world.submitted(2)
    world.provider.down = ProviderAway()
    world.submitting.step()
    assert world.batches.progress(world.clerk, batch_id).paused == "provider-away"
    assert world.states(letters) == ["ready"] * 2
    world.provider.down = None
    world.clock.advance(seconds=31)
    world.work()
    assert world.states(letters) == ["awaiting-sender-auth"] * 2


def test_one_sender_that_rests_does_not_keep_the_others(world: Any) -> None:
    _, _, resting = world.submitted(1)
    world.provider.script.append("maintenance")
    world.submitting.step()
    other = world.sender(email="autre@example.fr")
    letter = NewLetter(recipient_id=world.recipient("jean"), text="Bonjour")
    batch_id = world.batch(other, letter)
    world.batches.submit(world.clerk, batch_id)
    world.submitting.step()
    assert world.states([*resting, *world.letter_ids(batch_id)]) == ["ready", "awaiting-sender-auth"]


def test_case_13_an_account_that_took_its_leave_back_stops_its_letters(world: Any) -> None:
    sender_id, batch_id, letters = world.submitted(4)

    def revoked() -> None:
        raise SenderNotReady(frozenset({Missing.LINK}))

    world.provider.before_submit = revoked
    world.submitting.step()
    assert set(world.states(letters)) <= {"ready", "incompatible"}  # one just behind the first may know already
    assert world.batches.progress(world.clerk, batch_id).paused == "sender-not-ready"
    assert "sender-access-lost" in world.topics(sender_id)
    tried = len(world.provider.submits)
    world.clock.advance(minutes=11)
    world.work()
    assert set(world.states(letters)) == {"incompatible"}
    assert world.letter(letters[0]).problems == ("SENDER_NOT_LINKED",)
    assert len(world.provider.submits) == tried


@pytest.mark.parametrize("word", ["killed-before", "killed-after"])
@pytest.mark.fault("F20")
def test_case_22_a_crash_in_the_middle_of_a_batch_loses_none_and_doubles_none(
    world: Any, dying: Any, word: str
) -> None:
    _, batch_id, letters = world.submitted(12)
    world.provider.script.extend(["", "", "", word])
    done = [0]
    dying(world.submitting.step)
    world.restart()
    for _ in range(6):
        done.append(world.batches.progress(world.clerk, batch_id).done)
        world.work()
        world.clock.advance(minutes=4)
    assert world.states(letters) == ["awaiting-sender-auth"] * 12
    assert sorted(unique(world)) == sorted(one.hex for one in letters)
    assert done == sorted(done), "progress never goes back"
    assert world.batches.progress(world.clerk, batch_id).finished
    interrupted = [one for one in letters if "letter-submission-unknown" in world.topics(one)]
    assert len(interrupted) == 1


def test_case_22_a_letter_of_a_living_process_is_not_taken_for_interrupted(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1)

    def look() -> None:
        world.clock.advance(minutes=4)
        assert world.states([letter_id]) == ["submitting"], "the intention is saved before the call"
        assert world.submitting.recover() == 0

    world.provider.before_submit = look
    world.submitting.step()
    assert world.states([letter_id]) == ["awaiting-sender-auth"]
    assert "letter-submission-unknown" not in world.topics(letter_id)


@pytest.mark.fault("F49")
def test_case_31_cut_after_the_commit_the_letter_is_found_by_our_reference_and_not_sent_again(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1)
    world.provider.script.append("cut-after")
    world.submitting.step()
    assert world.states([letter_id]) == ["submission-unknown"]
    world.work()
    assert world.states([letter_id]) == ["awaiting-sender-auth"]
    assert world.letter(letter_id).provider_ref == world.provider.ref_of(letter_id)
    world.clock.advance(minutes=30)
    world.work()
    assert len(world.provider.submits) == 1


@pytest.mark.fault("F49")
def test_case_32_cut_before_the_commit_absence_is_proven_after_the_quiet_time_and_it_is_sent_once(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1)
    world.provider.script.append("cut-before")
    world.work()
    for _ in range(3):
        assert world.states([letter_id]) == ["submission-unknown"], "a search within ten minutes proves nothing"
        world.clock.advance(minutes=3)
        world.work()
    assert len(world.provider.submits) == 1
    world.clock.advance(minutes=2)
    world.work()
    assert world.states([letter_id]) == ["awaiting-sender-auth"]
    assert (len(world.provider.submits), len(unique(world))) == (2, 1)
    said = world.topics(letter_id)
    assert said.count("letter-submission-started") == 2
    assert said.index("letter-submission-unknown") < said.index("letter-submission-not-executed")


@pytest.mark.fault("F49")
def test_case_33_while_the_provider_is_down_the_outcome_stays_unknown_and_a_person_is_told(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1)
    world.provider.script.append("cut-after")
    world.submitting.step()
    world.provider.down = ProviderAway()
    for _ in range(12):
        world.reconciling.step()
        world.clock.advance(minutes=31)
    assert world.states([letter_id]) == ["submission-unknown"]
    assert world.topics(letter_id).count("letter-attention-needed") == 1
    world.provider.down = None
    world.work()
    assert world.states([letter_id]) == ["awaiting-sender-auth"]
    assert len(unique(world)) == 1


def test_in_the_deferred_mode_nothing_is_sent_before_the_code(world: Any) -> None:
    world.hold_mode = HoldMode.DEFERRED_SUBMIT
    world.restart()
    _, batch_id, letters = world.submitted(3)
    world.work()
    assert world.states(letters) == ["awaiting-sender-auth"] * 3
    assert not world.provider.submits
    assert world.batches.progress(world.clerk, batch_id).done == 3


@pytest.mark.parametrize("level", [Level.SIMPLE_ERDS, Level.COPRO_NOTICE])
@pytest.mark.parametrize("hold_mode", HoldMode)
def test_a_level_without_a_code_leaves_at_once(world: Any, level: Level, hold_mode: HoldMode) -> None:
    chosen = world.settings.get(world.notary)
    wanted = replace(chosen.choices, trade=Trade.PROPERTY_MANAGER, hold_mode=hold_mode)
    world.settings.change(world.notary, chosen.version, wanted)
    _, _, letters = world.submitted(2, level=level)
    world.submitting.step()
    assert world.states(letters) == [State.IN_TRANSIT.value] * 2


def test_a_letter_given_up_before_its_turn_does_not_leave(world: Any) -> None:
    _, batch_id, letters = world.submitted(2)
    world.letters.cancel(world.clerk, letters[0])
    world.work()
    assert world.states(letters) == ["cancelled", "awaiting-sender-auth"]
    assert world.store.get(Batch, batch_id).finished


def test_a_draft_at_the_provider_is_dropped_there_when_it_is_given_up(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1)
    world.work()
    world.letters.cancel(world.clerk, letter_id)
    assert world.states([letter_id]) == ["cancelled"]
    assert world.provider.letters[world.provider.ref_of(letter_id)].status == "auth-lapsed"
    world.clock.advance(hours=5)
    world.work()
    assert world.topics(letter_id)[-1] == "letter-cancelled"
