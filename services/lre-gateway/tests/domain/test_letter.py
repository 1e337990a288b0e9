"""A letter before it leaves, at the door of the provider, and when it is written again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from lre_gateway.domain.following import Sighting
from lre_gateway.domain.refusals import NotCancellable, NotReissuable, WrongState
from lre_gateway.domain.state import ENDS, State
from lre_gateway.domain.vocabulary import EvidenceKind, HoldMode, Level, Status

Names = Callable[[Any], list[str]]


def test_a_letter_says_at_first_what_it_is_made_of_and_nothing_of_what_it_says(letters: Any, events: Any) -> None:
    ((name, facts),) = events(letters.written())
    assert name == "letter-prepared"
    assert "text" not in facts
    assert facts["documents"][0]["sha256"] == "ab" * 32


def test_a_check_is_recorded_when_it_finds_something_new_and_only_then(letters: Any, names: Names) -> None:
    letter = letters.in_state(State.DRAFT)
    assert letter.check([], [], letters.now)
    assert not letter.check([], [], letters.now)
    assert letter.check(["EMAIL_MISSING"], [], letters.now)
    assert letter.check(["EMAIL_MISSING", "NO_CONTENT"], [], letters.now)
    assert not letter.check(["EMAIL_MISSING", "NO_CONTENT"], [], letters.now)
    assert letter.check([], ["POSSIBLE_DUPLICATE"], letters.now)
    assert names(letter) == ["letter-ready", "letter-incompatible", "letter-incompatible", "letter-ready"]
    assert (letter.state, letter.problems, letter.warnings) == (State.READY, (), ("POSSIBLE_DUPLICATE",))


@pytest.mark.parametrize("state", sorted(set(State) - {State.DRAFT, State.INCOMPATIBLE, State.READY}))
def test_a_check_never_touches_a_letter_that_left(letters: Any, state: State) -> None:
    letter = letters.in_state(state)
    assert not letter.check(["EMAIL_MISSING"], [], letters.now)
    assert not letter.pending_events


def test_an_attempt_says_whom_it_is_for_and_is_counted(letters: Any, events: Any) -> None:
    letter, consent = letters.in_state(State.READY), uuid4()
    letter.start(letters.now, name="Ada Durand", email="ada@example.fr", consent_id=consent)
    letter.not_executed("maintenance", letters.now)
    letter.start(letters.now, name="Ada Durand", email="ada@example.fr", consent_id=consent)
    said = events(letter)
    assert [name for name, _ in said] == [
        "letter-submission-started",
        "letter-submission-not-executed",
        "letter-submission-started",
    ]
    assert [facts["attempt"] for _, facts in said] == [1, 1, 2]
    assert said[1][1]["state"] == "ready"
    assert said[2][1]["consent_id"] == consent


def test_a_letter_that_the_provider_refuses_can_be_mended_and_checked_again(letters: Any, names: Names) -> None:
    letter = letters.in_state(State.SUBMITTING)
    letter.rejected(["EMAIL_INVALID"], letters.now)
    assert (letter.state, letter.problems) == (State.INCOMPATIBLE, ("EMAIL_INVALID",))
    letter.check([], [], letters.now)
    assert names(letter) == ["letter-incompatible", "letter-ready"]


def test_an_unknown_outcome_ends_by_finding_the_letter_or_by_proving_that_it_is_not_there(letters: Any) -> None:
    found, absent = letters.in_state(State.SUBMISSION_UNKNOWN), letters.in_state(State.SUBMISSION_UNKNOWN)
    letters.shows(found, Status.AWAITING_SENDER_AUTH)
    assert (found.state, found.provider_ref) == (State.AWAITING_SENDER_AUTH, "174523")
    absent.absent(letters.now)
    assert (absent.state, absent.provider_ref) == (State.READY, None)
    with pytest.raises(WrongState):
        absent.absent(letters.now)


@pytest.mark.parametrize(
    ("level", "hold_mode"),
    [(Level.QUALIFIED_LRE, HoldMode.PROVIDER_DRAFT), (Level.COPRO_NOTICE, HoldMode.DEFERRED_SUBMIT)],
)
def test_only_a_qualified_letter_of_the_deferred_mode_waits_here(
    letters: Any, level: Level, hold_mode: HoldMode
) -> None:
    letter = letters.ready(level=level.value, hold_mode=hold_mode.value)
    with pytest.raises(WrongState):
        letter.hold(letters.now)


def test_a_released_letter_that_was_not_taken_waits_for_a_new_code(letters: Any) -> None:
    letter = letters.ready(hold_mode=HoldMode.DEFERRED_SUBMIT.value)
    letter.hold(letters.now)
    letter.start(letters.now, name=None, email=None, consent_id=None)
    letter.not_executed("code-needed", letters.now)
    assert letter.held_here


def test_case_30_both_hold_modes_give_the_same_events_and_the_same_end(letters: Any, names: Names) -> None:
    deferred = letters.ready(hold_mode=HoldMode.DEFERRED_SUBMIT.value)
    deferred.hold(letters.now)
    deferred.start(letters.now, name=None, email=None, consent_id=None)
    deferred.submitted("1", Status.IN_TRANSIT, letters.now, frozenset())
    draft = letters.ready(hold_mode=HoldMode.PROVIDER_DRAFT.value)
    draft.start(letters.now, name=None, email=None, consent_id=None)
    draft.submitted("1", Status.AWAITING_SENDER_AUTH, letters.now, frozenset())
    draft.submitted("1", Status.IN_TRANSIT, letters.now, frozenset())
    for letter in (deferred, draft):
        letters.shows(letter, Status.ACKNOWLEDGED, (Status.NOTIFIED, letters.now), (Status.ACKNOWLEDGED, letters.now))
    said = names(deferred), names(draft)
    assert sorted(said[0]) == sorted(said[1])
    # What people follow comes in the same order; only the call itself moves to the other side of the code.
    steps = [[name for name in one if name != "letter-submission-started"] for one in said]
    assert steps[0] == steps[1]
    assert deferred.state is draft.state is State.ACKNOWLEDGED


@pytest.mark.parametrize("state", [State.DRAFT, State.INCOMPATIBLE, State.READY, State.AWAITING_SENDER_AUTH])
def test_a_letter_can_be_given_up_until_it_leaves(letters: Any, somebody: UUID, state: State) -> None:
    letter = letters.in_state(state)
    letter.cancel(somebody, letters.now)
    assert letter.state is State.CANCELLED


@pytest.mark.parametrize(
    "state", sorted(ENDS | {State.SUBMITTING, State.SUBMISSION_UNKNOWN, State.IN_TRANSIT, State.NOTIFIED})
)
def test_a_letter_that_left_or_may_have_left_cannot_be_given_up(letters: Any, somebody: UUID, state: State) -> None:
    letter = letters.in_state(state)
    with pytest.raises(NotCancellable):
        letter.cancel(somebody, letters.now)


def test_case_37_a_bounced_letter_is_written_again_once_and_says_by_which(letters: Any, names: Names) -> None:
    letter, successor = letters.in_state(State.BOUNCED), uuid4()
    letter.reissue(successor, letters.now)
    assert names(letter) == ["letter-reissued"]
    assert (letter.state, letter.successor_id) == (State.BOUNCED, successor)
    with pytest.raises(NotReissuable):
        letter.reissue(uuid4(), letters.now)


@pytest.mark.parametrize("state", sorted(set(State) - ENDS | {State.ACKNOWLEDGED}))
def test_a_letter_that_may_still_arrive_or_did_is_not_written_again(letters: Any, state: State) -> None:
    with pytest.raises(NotReissuable):
        letters.in_state(state).reissue(uuid4(), letters.now)


def test_the_proofs_that_are_wanted_grow_with_the_way_and_shrink_as_they_come(letters: Any) -> None:
    assert letters.notified().pending == ("submission-manifest", "deposit-and-sending", "content")
    letter = letters.started()
    given = frozenset({EvidenceKind.DEPOSIT_AND_SENDING, EvidenceKind.RECEPTION, EvidenceKind.FULL_ARCHIVE})
    letter.tell(
        Sighting(
            ref="1",
            status=Status.ACKNOWLEDGED,
            facts=((Status.NOTIFIED, letters.now), (Status.ACKNOWLEDGED, letters.now + timedelta(days=2))),
            obtainable=given,
        ),
        letters.now,
    )
    assert letter.pending == ("submission-manifest", "deposit-and-sending", "reception", "full-archive")
    letter.evidence_missing("reception", letters.now)
    letter.evidence_missing("reception", letters.now)
    assert letter.pending == ("submission-manifest", "deposit-and-sending", "full-archive")
    assert letter.missing == ("reception",)


def test_halves_of_a_proof_are_wanted_where_they_come_apart_or_are_shown(letters: Any) -> None:
    whole, halves = EvidenceKind.DEPOSIT_AND_SENDING, frozenset({EvidenceKind.DEPOSIT, EvidenceKind.SENDING})
    wanted = []
    for obtainable, shown in ((halves, halves), (halves, frozenset()), (halves | {whole}, {EvidenceKind.DEPOSIT})):
        letter = letters.started()
        letter.tell(
            Sighting(ref="1", status=Status.NOTIFIED, obtainable=obtainable, shown=frozenset(shown)), letters.now
        )
        wanted.append(letter.pending[1:])
    assert wanted == [("deposit", "sending"), ("deposit", "sending"), ("deposit", "deposit-and-sending")]
