"""Whatever is seen of a history, in whatever order and however often, the letter ends where the history does."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.domain.following import Sighting
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.state import ENDS, NEXT, State, state_of
from lre_gateway.domain.vocabulary import EvidenceKind, Status

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HISTORIES = [
    (Status.NOTIFIED, Status.ACKNOWLEDGED),
    (Status.NOTIFIED, Status.REFUSED),
    (Status.NOTIFIED, Status.NOT_CLAIMED),
    (Status.NOTIFIED, Status.BOUNCED),
    (Status.BOUNCED,),
    (Status.NOTIFIED,),
]


def submitted(status: Status) -> Letter:
    letter = Letter(
        office_id=uuid4(), dossier_id=None, batch_id=uuid4(), sender_id=uuid4(), recipient_id=uuid4(),
        subject_id=uuid4(), level="qualified-lre", hold_mode="provider_draft", entity=None, payment_method=None,
        print=None, documents=[], names=[], subject=None, dossier_reference=None, chars=0, markup=False,
        fingerprint="", prepared_by=uuid4(), reissued_from=None, at=NOW,
    )  # fmt: skip
    letter.check([], [], NOW)
    letter.start(NOW, name=None, email=None, consent_id=None)
    letter.submitted("1", status, NOW, frozenset(EvidenceKind))
    return letter


@given(
    history=st.sampled_from(HISTORIES),
    began=st.sampled_from([Status.AWAITING_SENDER_AUTH, Status.IN_TRANSIT]),
    seen=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=8),
    data=st.data(),
)
def test_case_47_every_way_of_seeing_a_history_leads_to_its_end(
    history: tuple[Status, ...], began: Status, seen: list[tuple[int, bool]], data: Any
) -> None:
    facts = [(status, NOW + timedelta(days=day)) for day, status in enumerate(history, 1)]
    letter = submitted(began)
    for length, lagging in [*seen, (len(facts), False)]:
        shown = facts[:length]
        status = began if lagging or not shown else shown[-1][0]
        shuffled = tuple(data.draw(st.permutations(shown)))
        letter.tell(Sighting(ref="1", status=status, facts=shuffled, obtainable=frozenset(EvidenceKind)), NOW)
    assert letter.state is state_of(history[-1])
    steps = [event.STATE for event in letter.collect_events() if isinstance(getattr(event, "STATE", None), State)]
    assert all(after in NEXT[before] for before, after in zip([State.DRAFT, *steps], steps, strict=False))
    ended = letter.ended_at if letter.state in ENDS else letter.sent_at
    assert ended == facts[-1][1]


@given(told=st.lists(st.tuples(st.sampled_from(list(Status)), st.none() | st.integers(0, 400)), max_size=12))
def test_whatever_a_provider_shows_a_letter_takes_legal_steps_only_and_stays_at_its_end(
    told: list[tuple[Status, int | None]],
) -> None:
    letter, ends = submitted(Status.AWAITING_SENDER_AUTH), set()
    letter.collect_events()
    before = letter.state
    for status, hours in told:
        dated = hours is not None and status is not Status.UNRECOGNIZED
        facts = ((status, NOW + timedelta(hours=hours)),) if dated and hours is not None else ()
        letter.tell(Sighting(ref="1", status=status, facts=facts, obtainable=frozenset(EvidenceKind)), NOW)
        for event in letter.collect_events():
            step = getattr(event, "STATE", None)
            if isinstance(step, State):
                assert step in NEXT[before]
                before = step
        if letter.state in ENDS:
            ends.add(letter.state)
    assert len(ends) <= 1
    assert letter.state is before
