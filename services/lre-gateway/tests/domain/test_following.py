"""A letter follows its provider: by dates, never backwards, never twice, and never past its end."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from lre_gateway.domain.following import Change
from lre_gateway.domain.refusals import NoSuchChange
from lre_gateway.domain.state import ENDS, State
from lre_gateway.domain.vocabulary import Level, Status

Names = Callable[[Any], list[str]]
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (Status.ACKNOWLEDGED, "letter-acknowledged"),
        (Status.REFUSED, "letter-refused"),
        (Status.NOT_CLAIMED, "letter-not-claimed"),
        (Status.BOUNCED, "letter-bounced"),
    ],
)
def test_case_34_35_36_37_a_notified_letter_ends_by_the_fact_and_the_date_of_the_provider(
    letters: Any, events: Any, status: Status, name: str
) -> None:
    letter = letters.in_state(State.NOTIFIED)
    letters.shows(letter, status, (Status.NOTIFIED, letters.now), (status, letters.now + DAY), at=letters.now + 2 * DAY)
    ((said, facts),) = events(letter)
    assert (said, facts["at"], facts["reconstructed"]) == (name, letters.now + DAY, False)
    assert letter.ended_at == letters.now + DAY


def test_case_34_what_was_told_before_does_nothing(letters: Any) -> None:
    letter = letters.in_state(State.NOTIFIED)
    for _ in range(3):
        letters.shows(letter, Status.NOTIFIED, (Status.NOTIFIED, letters.now))
    assert not letter.pending_events


def test_case_41_steps_that_nobody_saw_are_rebuilt_with_the_date_of_what_implies_them(
    letters: Any, events: Any
) -> None:
    letter = letters.in_state(State.AWAITING_SENDER_AUTH)
    letters.shows(letter, Status.ACKNOWLEDGED, (Status.ACKNOWLEDGED, letters.now + DAY))
    assert [(name, facts["at"], facts["reconstructed"]) for name, facts in events(letter)] == [
        ("letter-sent", letters.now + DAY, True),
        ("letter-acknowledged", letters.now + DAY, False),
    ]


def test_case_41_steps_that_have_dates_of_their_own_are_not_called_rebuilt(letters: Any, events: Any) -> None:
    letter = letters.in_state(State.SUBMISSION_UNKNOWN)
    facts = [(Status.REFUSED, letters.now + 3 * DAY), (Status.NOTIFIED, letters.now + DAY)]
    letters.shows(letter, Status.REFUSED, *facts)
    assert [(name, said["at"], said["reconstructed"]) for name, said in events(letter)] == [
        ("letter-sent", letters.now + DAY, False),
        ("letter-refused", letters.now + 3 * DAY, False),
    ]


def test_facts_in_any_order_lead_to_the_same_end(letters: Any, names: Names) -> None:
    facts = [(Status.NOTIFIED, letters.now + DAY), (Status.ACKNOWLEDGED, letters.now + 2 * DAY)]
    said = set()
    for order in permutations(facts):
        letter = letters.in_state(State.IN_TRANSIT)
        letters.shows(letter, Status.ACKNOWLEDGED, *order)
        said.add(tuple(names(letter)))
    assert said == {("letter-sent", "letter-acknowledged")}


def test_of_two_facts_at_one_instant_the_one_further_on_the_way_comes_last(letters: Any, names: Names) -> None:
    letter = letters.in_state(State.IN_TRANSIT)
    letters.shows(letter, Status.ACKNOWLEDGED, (Status.ACKNOWLEDGED, letters.now), (Status.NOTIFIED, letters.now))
    assert names(letter) == ["letter-sent", "letter-acknowledged"]


def test_a_fact_that_comes_late_is_noted_once_and_changes_nothing(letters: Any, events: Any) -> None:
    letter = letters.in_state(State.AWAITING_SENDER_AUTH)
    letters.shows(letter, Status.ACKNOWLEDGED, (Status.ACKNOWLEDGED, letters.now + 2 * DAY))
    letter.collect_events()
    facts = [(Status.NOTIFIED, letters.now + DAY), (Status.ACKNOWLEDGED, letters.now + 2 * DAY)]
    for _ in range(2):
        letters.shows(letter, Status.ACKNOWLEDGED, *facts)
    ((name, said),) = events(letter)
    assert (name, said["status"], said["fact_at"]) == ("stale-fact-ignored", "notified", letters.now + DAY)
    assert letter.state is State.ACKNOWLEDGED


def test_a_status_that_lags_behind_its_dates_says_nothing(letters: Any) -> None:
    letter = letters.in_state(State.ACKNOWLEDGED)
    letters.shows(letter, Status.NOTIFIED)
    assert not letter.pending_events


@pytest.mark.parametrize("end", sorted(ENDS - {State.CANCELLED, State.AUTH_LAPSED, State.FAILED}))
@pytest.mark.parametrize("other", [Status.ACKNOWLEDGED, Status.REFUSED, Status.NOT_CLAIMED, Status.BOUNCED])
def test_case_42_another_end_after_the_first_is_noted_once_and_the_first_stands(
    letters: Any, names: Names, end: State, other: Status
) -> None:
    letter = letters.in_state(end)
    for _ in range(2):
        letters.shows(letter, other, (other, letters.now + 9 * DAY))
    same = other.value == end.value
    assert names(letter) == ["stale-fact-ignored" if same else "terminal-fact-conflict"]
    assert letter.state is end


def test_case_42_an_end_without_a_date_is_a_conflict_too(letters: Any, names: Names) -> None:
    letter = letters.in_state(State.ACKNOWLEDGED)
    for _ in range(2):
        letters.shows(letter, Status.FAILED)
    assert names(letter) == ["terminal-fact-conflict"]


def test_a_draft_that_we_dropped_may_be_called_lapsed_by_the_provider(letters: Any, somebody: UUID) -> None:
    letter = letters.in_state(State.AWAITING_SENDER_AUTH)
    letter.cancel(somebody, letters.now)
    letter.collect_events()
    letters.shows(letter, Status.AUTH_LAPSED)
    assert not letter.pending_events


def test_an_end_that_no_step_leads_to_is_a_breach_noted_once(letters: Any, events: Any) -> None:
    letter = letters.in_state(State.NOTIFIED)
    for _ in range(2):
        letters.shows(letter, Status.AUTH_LAPSED)
    ((name, facts),) = events(letter)
    assert (name, facts["cause"]) == ("contract-breach-noted", "notified-then-auth-lapsed")
    assert letter.state is State.NOTIFIED


def test_case_43_an_unknown_word_changes_nothing_and_is_told_once(letters: Any, events: Any) -> None:
    letter = letters.in_state(State.IN_TRANSIT)
    for _ in range(2):
        letters.shows(letter, Status.UNRECOGNIZED)
        letter.unrecognized("on hold <b>é", letters.now)
    ((name, facts),) = events(letter)
    assert (name, facts["word"]) == ("provider-status-unrecognized", "onholdb")
    assert letter.state is State.IN_TRANSIT


def test_case_38_while_the_identity_is_looked_at_the_letter_stays_notified(letters: Any, names: Names) -> None:
    letter = letters.in_state(State.NOTIFIED)
    letter.identity_looked_at(letters.now)
    for hours in range(0, 73, 4):
        letter.identity_looked_at(letters.now)
        letters.shows(letter, Status.NOTIFIED, (Status.NOTIFIED, letters.now), at=letters.now + timedelta(hours=hours))
    assert names(letter) == ["recipient-identity-pending"]
    assert letter.state is State.NOTIFIED


@pytest.mark.parametrize(("accept", "name"), [(True, "recipient-change-accepted"), (False, "recipient-change-refused")])
def test_case_39_a_recipient_asks_for_another_name_and_is_answered_once(
    letters: Any, events: Any, somebody: UUID, *, accept: bool, name: str
) -> None:
    letter = letters.in_state(State.NOTIFIED)
    for _ in range(2):
        letter.change_asked(Change(id="31", last_name="Durand", first_name="Anne"), letters.now)
    letter.answer_change("31", somebody, letters.now, accept=accept)
    said = events(letter)
    assert [name for name, _ in said] == ["recipient-change-requested", name]
    assert said[0][1]["subject_id"] == letter.subject_id
    assert letter.state is State.NOTIFIED
    with pytest.raises(NoSuchChange):
        letter.answer_change("31", somebody, letters.now, accept=accept)


def test_case_39_nobody_answers_what_was_not_asked(letters: Any, somebody: UUID) -> None:
    with pytest.raises(NoSuchChange):
        letters.in_state(State.NOTIFIED).answer_change("31", somebody, letters.now, accept=True)


def test_case_40_an_overdue_window_is_told_two_days_after_its_end_and_once(letters: Any, names: Names) -> None:
    letter = letters.in_state(State.NOTIFIED)
    assert letter.deadline is not None
    for hours in (-100, -50, -1, 0, 24, 47, 48, 60, 90):
        letter.watch_deadline(letter.deadline + timedelta(hours=hours))
    assert names(letter) == ["deadline-near", "deadline-overdue"]


def test_case_40_a_letter_that_ended_or_went_on_paper_has_no_window(letters: Any) -> None:
    ended, paper = letters.in_state(State.REFUSED), letters.notified(level=Level.PAPER.value)
    paper.collect_events()
    for letter in (ended, paper):
        letter.watch_deadline(letters.now + 90 * DAY)
        assert not letter.pending_events
