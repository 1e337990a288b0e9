"""Fifteen states: from each to each, what may happen and what may not (lre.md 5.2)."""

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from lre_gateway.domain import letter_events as told
from lre_gateway.domain.refusals import WrongState
from lre_gateway.domain.state import ENDS, NEXT, State, way
from lre_gateway.domain.vocabulary import Status

# The table of the specification, copied by hand: rows are "from", signs are "to" in the order of the states.
#          D I R S U A T N | A R N B F C L
TABLE = """
DRAFT                . x x . . . . .  . . . . . x .
INCOMPATIBLE         . x x . . . . .  . . . . . x .
READY                . x x x . x . .  . . . . . x .
SUBMITTING           . x x . x x x x  . . . . . . .
SUBMISSION_UNKNOWN   . . x . . x x x  . . . . . . .
AWAITING_SENDER_AUTH . . . x . . x x  . . . . x x x
IN_TRANSIT           . . . . . . . x  . . . x x . .
NOTIFIED             . . . . . . . .  x x x x . . .
ACKNOWLEDGED         . . . . . . . .  . . . . . . .
REFUSED              . . . . . . . .  . . . . . . .
NOT_CLAIMED          . . . . . . . .  . . . . . . .
BOUNCED              . . . . . . . .  . . . . . . .
FAILED               . . . . . . . .  . . . . . . .
CANCELLED            . . . . . . . .  . . . . . . .
AUTH_LAPSED          . . . . . . . .  . . . . . . .
"""
ALLOWED = {
    (State[line.split()[0]], to)
    for line in TABLE.strip().splitlines()
    for to, sign in zip(State, line.split()[1:], strict=True)
    if sign == "x"
}
SEEN: dict[str, Any] = {"reconstructed": False, "pending": []}
STEPS: dict[State, tuple[type[Any], dict[str, Any]]] = {
    State.INCOMPATIBLE: (told.Incompatible, {"problems": ["NO_CONTENT"], "warnings": [], "rejected": False}),
    State.READY: (told.Ready, {"warnings": []}),
    State.SUBMITTING: (
        told.SubmissionStarted,
        {"attempt": 1, "subject_id": uuid4(), "recipient_name": None, "recipient_email": None, "consent_id": None},
    ),
    State.SUBMISSION_UNKNOWN: (told.SubmissionUnknown, {"attempt": 1, "cause": "no-answer"}),
    State.AWAITING_SENDER_AUTH: (told.SenderAuthRequired, {**SEEN, "provider_ref": "1"}),
    State.IN_TRANSIT: (told.Accepted, {**SEEN, "provider_ref": "1"}),
    State.NOTIFIED: (told.Sent, {**SEEN, "provider_ref": "1", "deadline": None, "near_at": None, "overdue_at": None}),
    State.ACKNOWLEDGED: (told.Acknowledged, SEEN),
    State.REFUSED: (told.Refused, SEEN),
    State.NOT_CLAIMED: (told.NotClaimed, SEEN),
    State.BOUNCED: (told.Bounced, SEEN),
    State.FAILED: (told.Failed, SEEN),
    State.CANCELLED: (told.Cancelled, {**SEEN, "actor_id": None}),
    State.AUTH_LAPSED: (told.AuthLapsed, SEEN),
}


def test_there_are_fifteen_states_and_seven_of_them_are_ends() -> None:
    assert len(State) == 15
    assert len(ENDS) == 7
    assert all(not NEXT[end] for end in ENDS)
    assert {(here, there) for here in State for there in NEXT[here]} == ALLOWED


@pytest.mark.parametrize(("here", "there"), list(product(State, STEPS)))
def test_a_letter_goes_where_the_table_lets_it_and_nowhere_else(letters: Any, here: State, there: State) -> None:
    letter, (event_class, facts) = letters.in_state(here), STEPS[there]
    if (here, there) in ALLOWED:
        letter._step(event_class, letters.now, **facts)
        assert letter.state is there
        assert len(letter.pending_events) == 1
    else:
        with pytest.raises(WrongState):
            letter._step(event_class, letters.now, **facts)
        assert letter.state is here
        assert not letter.pending_events


@pytest.mark.parametrize("here", State)
def test_no_letter_becomes_a_draft_again(here: State) -> None:
    assert State.DRAFT not in NEXT[here]


KNOWN = [status for status in Status if status is not Status.UNRECOGNIZED]
WAYS = {
    (State.SUBMITTING, Status.ACKNOWLEDGED): (State.NOTIFIED, State.ACKNOWLEDGED),
    (State.SUBMITTING, Status.BOUNCED): (State.IN_TRANSIT, State.BOUNCED),
    (State.SUBMITTING, Status.FAILED): (State.IN_TRANSIT, State.FAILED),
    (State.SUBMITTING, Status.AUTH_LAPSED): (State.AWAITING_SENDER_AUTH, State.AUTH_LAPSED),
    (State.SUBMISSION_UNKNOWN, Status.REFUSED): (State.NOTIFIED, State.REFUSED),
    (State.SUBMISSION_UNKNOWN, Status.AWAITING_SENDER_AUTH): (State.AWAITING_SENDER_AUTH,),
    (State.AWAITING_SENDER_AUTH, Status.NOT_CLAIMED): (State.NOTIFIED, State.NOT_CLAIMED),
    (State.AWAITING_SENDER_AUTH, Status.FAILED): (State.FAILED,),
    (State.IN_TRANSIT, Status.ACKNOWLEDGED): (State.NOTIFIED, State.ACKNOWLEDGED),
    (State.IN_TRANSIT, Status.BOUNCED): (State.BOUNCED,),
    (State.IN_TRANSIT, Status.AUTH_LAPSED): (),
    (State.NOTIFIED, Status.FAILED): (),
    (State.NOTIFIED, Status.IN_TRANSIT): (),
    (State.ACKNOWLEDGED, Status.REFUSED): (),
}


@pytest.mark.parametrize(("here", "status"), WAYS)
def test_the_shortest_way_to_what_a_provider_shows(here: State, status: Status) -> None:
    assert way(here, status) == WAYS[here, status]


@pytest.mark.parametrize(("here", "status"), list(product(State, KNOWN)))
def test_a_way_is_made_of_allowed_steps_only(here: State, status: Status) -> None:
    steps = way(here, status)
    assert all(there in NEXT[before] for before, there in zip((here, *steps), steps, strict=False))
