"""Batches are checked again by themselves when something that their check depends on has changed (lre.md 7, step 5)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.logging import get_logger

from lre_gateway.application.checking import Checking, Mended
from lre_gateway.application.ports import Changes, Happened, Register
from lre_gateway.domain.archiving import ArchivedDossier
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.office_settings import OfficeSettings
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.sender import Sender

log = get_logger()

EVENTS = 2_000
"""Looked through in one step."""

RECIPIENT, SENDER, DOSSIER, OFFICE, CANCELLATION = "recipient", "sender", "dossier", "office", "cancellation"
_MATTERS: Final[Mapping[str, str]] = {
    **{
        event.TOPIC: RECIPIENT
        for event in (
            Recipient.Changed, Recipient.ConsentRecorded, Recipient.ConsentWithdrawn, Recipient.OptedOut,
        )
    },
    **{
        event.TOPIC: SENDER
        for event in (Sender.Refreshed, Sender.AccessLost, Sender.Revoked, Sender.LinkRequestedAgain)
    },
    ArchivedDossier.Created.TOPIC: DOSSIER,
    OfficeSettings.Created.TOPIC: OFFICE,
    OfficeSettings.Changed.TOPIC: OFFICE,
    Letter.Cancelled.TOPIC: CANCELLATION,
}  # fmt: skip
"""What a check looks at, by the events that change it. An erased client's letters are cancelled."""


class Rechecking:
    """The worker that checks again; one process runs it.

    It reads what happened here from where it stopped; losing the place costs time only, for a check that finds nothing
    new records nothing.
    """

    def __init__(self, *, register: Register, changes: Changes, checking: Checking) -> None:
        self._register = register
        self._changes = changes
        self._checking = checking

    def step(self) -> int:
        """Look through some events; return how many batches were checked again."""
        found = self._changes.since(EVENTS)
        if found.last is None:
            return 0
        mended, causes = _mended(found.events), self._causes(found.events)
        for batch_id, why in causes.items():
            try:
                self._checking.again(batch_id, why, mended)
            except Exception:
                # One batch must not keep the others; people can still have it checked, and it is before it leaves.
                log.exception("batch-not-checked-again", batch_id=str(batch_id))
        self._changes.seen(found.last)
        return len(causes)

    def _causes(self, events: Sequence[Happened]) -> Mapping[UUID, set[str]]:
        """Return the open batches concerned and why, each once however much changed."""
        subjects: dict[str, set[UUID]] = defaultdict(set)
        for event in events:
            if event.topic in _MATTERS:
                subjects[_MATTERS[event.topic]].add(event.about)
        causes: dict[UUID, set[str]] = defaultdict(set)
        for cause, ids in subjects.items():
            for batch_id in self._register.checked_batches(cause, ids):
                causes[batch_id].add(cause)
        return causes


def _mended(events: Sequence[Happened]) -> Mended:
    """Return which recipients changed and which letters were refused, and in what order."""
    recipients, refusals = dict[UUID, int](), dict[UUID, int]()
    for place, event in enumerate(events, start=1):
        if _MATTERS.get(event.topic) == RECIPIENT:
            recipients[event.about] = place
        elif event.topic == Letter.Incompatible.TOPIC:
            refusals[event.about] = place
    return Mended(recipients, refusals)
