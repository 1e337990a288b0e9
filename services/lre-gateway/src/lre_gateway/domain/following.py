"""What a provider shows of a letter, and what follows from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lre_gateway.domain import letter_events as told
from lre_gateway.domain import letter_side_events as noted
from lre_gateway.domain.deadline import window
from lre_gateway.domain.evidence import pending
from lre_gateway.domain.state import ENDS, State, rank, state_of, way
from lre_gateway.domain.vocabulary import EvidenceKind, Status

if TYPE_CHECKING:
    from lre_gateway.domain.letter import Letter

END = rank(Status.ACKNOWLEDGED)
GIVEN_UP = frozenset({State.CANCELLED, State.AUTH_LAPSED})
"""Two words for one end: a draft that we dropped is for some providers one whose code never came."""

_STEPS: dict[State, type[Any]] = {
    State.AWAITING_SENDER_AUTH: told.SenderAuthRequired,
    State.IN_TRANSIT: told.Accepted,
    State.NOTIFIED: told.Sent,
    State.ACKNOWLEDGED: told.Acknowledged,
    State.REFUSED: told.Refused,
    State.NOT_CLAIMED: told.NotClaimed,
    State.BOUNCED: told.Bounced,
    State.FAILED: told.Failed,
    State.AUTH_LAPSED: told.AuthLapsed,
    State.CANCELLED: told.Cancelled,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A letter as its provider shows it: every dated fact, and its status even if no fact dates it."""

    ref: str
    status: Status
    facts: tuple[tuple[Status, datetime], ...] = ()
    obtainable: frozenset[EvidenceKind] = frozenset()
    """The proofs that the provider gives at all."""
    shown: frozenset[EvidenceKind] = frozenset()
    """Those that it shows of this letter now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Another name under which a recipient asks to be accepted."""

    id: str
    last_name: str | None = field(repr=False)
    first_name: str | None = field(repr=False)
    company: str | None = field(default=None, repr=False)


Followed = tuple[type[Any], dict[str, Any]]
"""An event and what it says."""


def follow(letter: "Letter", sighting: Sighting, now: datetime) -> Iterator[Followed]:
    """Tell which events follow: facts by their dates, then by how far they are.

    Each must be applied before the next is asked for. Steps that nobody saw are rebuilt, with the date of the fact
    that implies them. A fact that comes too late, or another end after the first, is noted once and changes nothing.
    """
    for status, fact_at in sorted(sighting.facts, key=lambda fact: (fact[1], rank(fact[0]))):
        yield from _one(letter, sighting, status, fact_at, now)
    dated = {status for status, _ in sighting.facts}
    if sighting.status is not Status.UNRECOGNIZED and sighting.status not in dated:
        yield from _one(letter, sighting, sighting.status, None, now)


def _one(
    letter: "Letter", sighting: Sighting, status: Status, fact_at: datetime | None, now: datetime
) -> Iterator[Followed]:
    wanted, at_end = state_of(status), letter.state in ENDS
    behind = rank(status) <= _rank(letter.state)
    if (status.value, fact_at) in letter.seen or (fact_at is None and wanted is letter.state):
        return
    if not at_end and not behind:
        steps = way(letter.state, status)
        for step in steps:
            yield _entered(letter, step, sighting, fact_at or now, reconstructed=step is not wanted)
        if not steps and ("breach", f"{letter.state}-then-{status}") not in letter.said:
            yield noted.Breach, {"cause": f"{letter.state}-then-{status}", "at": now}
        return
    other_end = at_end and rank(status) == END and wanted is not letter.state
    if (fact_at is None and not other_end) or {wanted, letter.state} == GIVEN_UP:
        return  # a status word that lags behind the dated facts says nothing
    yield (
        noted.FactConflict if other_end else noted.StaleFact,
        {"status": status.value, "fact_at": fact_at, "at": now},
    )


def _entered(letter: "Letter", step: State, sighting: Sighting, at: datetime, *, reconstructed: bool) -> Followed:
    stored = [known.kind.value for known in letter.evidence]
    awaited = pending(
        letter.pending,
        step,
        obtainable=sighting.obtainable,
        shown=sighting.shown,
        stored=stored,
        released=letter.release is not None,
    )
    facts: dict[str, Any] = {"at": at, "reconstructed": reconstructed, "pending": awaited}
    if step in {State.AWAITING_SENDER_AUTH, State.IN_TRANSIT, State.NOTIFIED}:
        facts["provider_ref"] = sighting.ref
    if step is State.NOTIFIED:
        open_until = window(at, letter.level)
        facts["deadline"] = open_until and open_until.closes
        facts["near_at"] = open_until and open_until.near
        facts["overdue_at"] = open_until and open_until.overdue
    if step is State.CANCELLED:
        facts["actor_id"] = None
    return _STEPS[step], facts


def _rank(state: State) -> int:
    return rank(Status(state.value)) if state in _STEPS else -1
