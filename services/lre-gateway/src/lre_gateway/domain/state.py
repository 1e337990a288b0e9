"""Where a letter stands, and where it may go from there."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from lre_gateway.domain.vocabulary import Status


class State(StrEnum):
    """The fifteen states; the last seven are ends."""

    DRAFT = "draft"
    INCOMPATIBLE = "incompatible"
    READY = "ready"
    SUBMITTING = "submitting"
    SUBMISSION_UNKNOWN = "submission-unknown"
    AWAITING_SENDER_AUTH = "awaiting-sender-auth"
    IN_TRANSIT = "in-transit"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    NOT_CLAIMED = "not-claimed"
    BOUNCED = "bounced"
    FAILED = "failed"
    CANCELLED = "cancelled"
    AUTH_LAPSED = "auth-lapsed"


_S = State
ENDS = frozenset(
    {_S.ACKNOWLEDGED, _S.REFUSED, _S.NOT_CLAIMED, _S.BOUNCED, _S.FAILED, _S.CANCELLED, _S.AUTH_LAPSED}
)  # fmt: skip
UNSENT = frozenset({_S.DRAFT, _S.INCOMPATIBLE, _S.READY})
"""The provider knows nothing of it."""
AT_PROVIDER = frozenset({_S.AWAITING_SENDER_AUTH, _S.IN_TRANSIT, _S.NOTIFIED})
"""It changes by what the provider says, provided that the provider has it."""

NEXT: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        _S.DRAFT: frozenset({_S.INCOMPATIBLE, _S.READY, _S.CANCELLED}),
        _S.INCOMPATIBLE: frozenset({_S.INCOMPATIBLE, _S.READY, _S.CANCELLED}),
        _S.READY: frozenset({_S.INCOMPATIBLE, _S.READY, _S.SUBMITTING, _S.AWAITING_SENDER_AUTH, _S.CANCELLED}),
        _S.SUBMITTING: frozenset(
            {_S.AWAITING_SENDER_AUTH, _S.IN_TRANSIT, _S.NOTIFIED, _S.INCOMPATIBLE, _S.SUBMISSION_UNKNOWN, _S.READY}
        ),
        _S.SUBMISSION_UNKNOWN: frozenset({_S.AWAITING_SENDER_AUTH, _S.IN_TRANSIT, _S.NOTIFIED, _S.READY}),
        _S.AWAITING_SENDER_AUTH: frozenset(
            {_S.SUBMITTING, _S.IN_TRANSIT, _S.NOTIFIED, _S.FAILED, _S.CANCELLED, _S.AUTH_LAPSED}
        ),
        _S.IN_TRANSIT: frozenset({_S.NOTIFIED, _S.BOUNCED, _S.FAILED}),
        _S.NOTIFIED: frozenset({_S.ACKNOWLEDGED, _S.REFUSED, _S.NOT_CLAIMED, _S.BOUNCED}),
        **dict.fromkeys(ENDS, frozenset()),
    }
)
"""Every step that a letter may take; a state that is not among those of another is forbidden from there."""

_RANKS = {
    Status.AWAITING_SENDER_AUTH: 0,
    Status.IN_TRANSIT: 1,
    Status.NOTIFIED: 2,
    Status.AUTH_LAPSED: 3,
    Status.CANCELLED: 3,
    Status.FAILED: 3,
    Status.BOUNCED: 3,
    Status.ACKNOWLEDGED: 3,
    Status.REFUSED: 3,
    Status.NOT_CLAIMED: 3,
}


def rank(status: Status) -> int:
    """Return how far a status is on the way of a letter; all ends are equally far."""
    return _RANKS[status]


def state_of(status: Status) -> State:
    """Return the state that a provider's status means."""
    return State(status.value)


def way(state: State, status: Status) -> tuple[State, ...]:
    """Return the states to enter, in order, so that a letter standing in `state` reaches `status`.

    Steps that nobody saw are among them: a provider may show an end straight away. Empty if no way leads there.
    """
    wanted = state_of(status)
    ways: list[tuple[State, ...]] = [()]
    seen = {state}
    while ways:
        done = ways.pop(0)
        here = done[-1] if done else state
        for following in _PROVIDERS_ORDER:
            if following in NEXT[here] and following not in seen:
                if following is wanted:
                    return (*done, following)
                seen.add(following)
                ways.append((*done, following))
    return ()


_PROVIDERS_ORDER = (
    _S.IN_TRANSIT, _S.NOTIFIED, _S.AWAITING_SENDER_AUTH, _S.FAILED, _S.CANCELLED, _S.AUTH_LAPSED,
    _S.BOUNCED, _S.ACKNOWLEDGED, _S.REFUSED, _S.NOT_CLAIMED,
)  # fmt: skip
"""Only what a provider can tell; the way with the fewest steps is taken, so none is invented that need not be."""
