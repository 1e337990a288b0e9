"""Which proofs a letter must have, by how far it came."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import EvidenceKind

_K = EvidenceKind
WANTED: Mapping[State, tuple[EvidenceKind, ...]] = MappingProxyType(
    {
        State.IN_TRANSIT: (_K.SUBMISSION_MANIFEST, _K.SENDER_AUTH_RECORD, _K.DEPOSIT),
        State.NOTIFIED: (
            _K.SUBMISSION_MANIFEST,
            _K.SENDER_AUTH_RECORD,
            _K.DEPOSIT,
            _K.DEPOSIT_AND_SENDING,
            _K.SENDING,
            _K.CONTENT,
        ),
        State.ACKNOWLEDGED: (_K.RECEPTION, _K.FULL_ARCHIVE),
        State.REFUSED: (_K.REFUSAL, _K.FULL_ARCHIVE),
        State.NOT_CLAIMED: (_K.NON_CLAIM, _K.FULL_ARCHIVE),
        State.BOUNCED: (_K.NON_DELIVERY,),
    }
)
"""What entering a state brings; what the provider does not give is left out."""
OURS = frozenset({_K.SUBMISSION_MANIFEST, _K.SENDER_AUTH_RECORD})
HALVES = frozenset({_K.DEPOSIT, _K.SENDING})
"""What one proof of both makes superfluous, unless the provider shows it all the same (as AR24 once did)."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
ATTEMPTS = 36
"""With the pauses growing to six hours: seven days. After that a proof is missing, and a person has to ask for it."""


@dataclass(frozen=True, slots=True)
class Release:
    """Who let a letter leave, with which kind of code, and when; never the code."""

    actor_id: UUID
    means: str
    authenticated_at: datetime
    """When the provider took the code, which may have been for other letters too."""
    at: datetime
    """When this letter was let go with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A proof in the vault."""

    kind: EvidenceKind
    version_id: UUID
    size: int
    """Bytes."""
    sha256: str
    sha512: str
    media_type: str
    provider_at: datetime | None
    fetched_at: datetime
    seal: str
    """`trusted`, `untrusted`, `unknown` or `none`."""


def pending(  # noqa: PLR0913 - what is known of a letter
    before: Collection[str],
    entered: State,
    *,
    obtainable: Collection[EvidenceKind],
    shown: Collection[EvidenceKind],
    stored: Collection[str],
    released: bool,
) -> list[str]:
    """Return the kinds still to be fetched once a state was entered, those known before first.

    `obtainable`: what the provider gives for letters; `shown`: what it shows of this one now; `released`: a code was
    given for it here.
    """
    without = HALVES - set(shown) if _K.DEPOSIT_AND_SENDING in obtainable else frozenset()
    ours = OURS if released else OURS - {_K.SENDER_AUTH_RECORD}
    given = (ours | (set(obtainable) - OURS)) - without
    new = [kind.value for kind in WANTED.get(entered, ()) if kind in given]
    return [*before, *(kind for kind in new if kind not in before and kind not in stored)]


def pause_after(attempt: int) -> timedelta:
    """Return how long to wait after an attempt in vain (the first is 1)."""
    return min(FIRST_PAUSE * (1 << min(attempt - 1, 20)), LONGEST_PAUSE)
