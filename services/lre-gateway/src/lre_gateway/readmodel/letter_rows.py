"""Events of letters as rows."""

from collections.abc import Callable
from typing import Any
from uuid import uuid5

from eventstore import Rows

from lre_gateway.domain import letter_events as told
from lre_gateway.domain import letter_side_events as noted
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.letter_events import AboutALetter
from lre_gateway.domain.state import State
from lre_gateway.readmodel.registry import projection

_SEEN = (told.SenderAuthRequired, told.Accepted, told.Sent)
_ENDS = (
    told.Acknowledged, told.Refused, told.NotClaimed, told.Bounced, told.Failed, told.AuthLapsed, told.Cancelled,
)  # fmt: skip
_ALL = tuple(
    kind
    for module in (told, noted)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, told.Created | AboutALetter) and "TOPIC" in vars(kind)
)
_SILENT = (noted.Priced,)
"""What the history of a letter leaves out."""


Handler = Callable[[Any, Rows], None]


def _on(*kinds: type[Any]) -> Callable[[Handler], Handler]:
    """Register a function for events of a letter: the library gives the aggregate classes of its own for them."""
    return projection.on(*(getattr(Letter, kind.__name__) for kind in kinds))


@_on(told.Created)
def _(event: told.Created, rows: Rows) -> None:
    same = (
        "office_id", "dossier_id", "batch_id", "sender_id", "recipient_id", "subject_id", "level", "hold_mode",
        "entity", "payment_method", "print", "subject", "dossier_reference", "names", "documents", "chars", "markup",
        "fingerprint", "prepared_by", "reissued_from",
    )  # fmt: skip
    rows.insert(
        "letter",
        id=event.originator_id,
        prepared_at=event.at,
        state=State.DRAFT.value,
        problems=[],
        warnings=[],
        pending=[],
        attempt=0,
        version=event.originator_version,
        **dict.fromkeys(("rejected", "queued", "said_near", "said_overdue", "identity_pending"), False),
        **{name: getattr(event, name) for name in same},
    )


@_on(*_ALL)
def _(event: Any, rows: Rows) -> None:
    if isinstance(event, _SILENT):
        return
    rows.insert(
        "letter_step",
        id=uuid5(event.originator_id, str(event.originator_version)),
        letter_id=event.originator_id,
        number=event.originator_version,
        name=type(event).TOPIC.removeprefix("lre-gateway."),
        at=event.at,
        reconstructed=getattr(event, "reconstructed", False),
    )


@_on(told.Incompatible)
def _(event: told.Incompatible, rows: Rows) -> None:
    _change(rows, event, state=event.STATE.value, problems=event.problems, warnings=event.warnings,
            rejected=event.rejected, queued=False)  # fmt: skip


@_on(told.Ready)
def _(event: told.Ready, rows: Rows) -> None:
    _change(rows, event, state=event.STATE.value, problems=[], warnings=event.warnings, rejected=False, queued=False,
            ready_at=event.at)  # fmt: skip


@_on(told.SubmissionStarted)
def _(event: told.SubmissionStarted, rows: Rows) -> None:
    _change(rows, event, state=event.STATE.value, queued=False, attempt=event.attempt, started_at=event.at,
            sent_name=event.recipient_name, sent_email=event.recipient_email)  # fmt: skip


@_on(told.SubmissionUnknown)
def _(event: told.SubmissionUnknown, rows: Rows) -> None:
    _change(rows, event, state=event.STATE.value)


@_on(told.NotExecuted)
def _(event: told.NotExecuted, rows: Rows) -> None:
    _change(rows, event, state=event.state, queued=event.state == State.READY)


@_on(*_SEEN)
def _(event: told.SenderAuthRequired | told.Accepted | told.Sent, rows: Rows) -> None:
    columns: dict[str, Any] = {"state": event.STATE.value, "queued": False, "pending": event.pending}
    if event.provider_ref is not None:
        columns["provider_ref"] = event.provider_ref
    if isinstance(event, told.Accepted):
        columns["accepted_at"] = event.at
    if isinstance(event, told.Sent):
        columns |= {
            "notified_at": event.at,
            "deadline": event.deadline,
            "near_at": event.near_at,
            "overdue_at": event.overdue_at,
        }
    _change(rows, event, **columns)


@_on(*_ENDS)
def _(event: Any, rows: Rows) -> None:
    columns: dict[str, Any] = {"state": event.STATE.value, "queued": False, "ended_at": event.at}
    columns["pending"] = event.pending
    if isinstance(event, told.Acknowledged):
        columns["acknowledged_at"] = event.at
    _change(rows, event, **columns)


@_on(noted.ChangeRequested)
def _(event: noted.ChangeRequested, rows: Rows) -> None:
    rows.insert(
        "recipient_change",
        id=uuid5(event.originator_id, event.change_id),
        letter_id=event.originator_id,
        change_id=event.change_id,
        subject_id=event.subject_id,
        last_name=event.last_name,
        first_name=event.first_name,
        company=event.company,
        state="asked",
        asked_at=event.at,
    )
    _change(rows, event)


@_on(noted.ChangeAccepted, noted.ChangeRefused)
def _(event: noted.ChangeAccepted | noted.ChangeRefused, rows: Rows) -> None:
    state = "accepted" if isinstance(event, noted.ChangeAccepted) else "refused"
    change_id = uuid5(event.originator_id, event.change_id)
    rows.update("recipient_change", change_id, state=state, answered_at=event.at, answered_by=event.actor_id)
    _change(rows, event)


@_on(noted.IdentityPending)
def _(event: noted.IdentityPending, rows: Rows) -> None:
    _change(rows, event, identity_pending=True)


@_on(noted.EvidenceStored)
def _(event: noted.EvidenceStored, rows: Rows) -> None:
    same = ("kind", "version_id", "size", "sha256", "sha512", "media_type", "provider_at", "seal", "host")
    rows.insert(
        "evidence",
        id=event.version_id,
        letter_id=event.originator_id,
        fetched_at=event.at,
        **{name: getattr(event, name) for name in same},
    )
    _change(rows, event, pending=event.pending)


@_on(noted.DeadlineNear)
def _(event: noted.DeadlineNear, rows: Rows) -> None:
    _change(rows, event, said_near=True)


@_on(noted.DeadlineOverdue)
def _(event: noted.DeadlineOverdue, rows: Rows) -> None:
    _change(rows, event, said_overdue=True)


@_on(noted.Priced)
def _(event: noted.Priced, rows: Rows) -> None:
    _change(rows, event, price=str(event.price), paid_with=event.payment_method)


@_on(noted.AttentionNeeded)
def _(event: noted.AttentionNeeded, rows: Rows) -> None:
    _change(rows, event, attention=event.cause)


@_on(noted.FactConflict)
def _(event: noted.FactConflict, rows: Rows) -> None:
    _change(rows, event, attention="terminal-fact-conflict")


@_on(noted.StatusUnrecognized)
def _(event: noted.StatusUnrecognized, rows: Rows) -> None:
    _change(rows, event, attention="provider-status-unrecognized")


@_on(noted.Breach)
def _(event: noted.Breach, rows: Rows) -> None:
    _change(rows, event, attention="contract-breach")


@_on(noted.EvidenceMissing)
def _(event: noted.EvidenceMissing, rows: Rows) -> None:
    _change(rows, event, pending=event.pending, attention="evidence-missing")


@_on(noted.StaleFact)
def _(event: noted.StaleFact, rows: Rows) -> None:
    _change(rows, event)


@_on(noted.Reissued)
def _(event: noted.Reissued, rows: Rows) -> None:
    _change(rows, event, successor_id=event.successor_id)


@_on(noted.Released)
def _(event: noted.Released, rows: Rows) -> None:
    _change(rows, event)


@_on(noted.RetentionEnded)
def _(event: noted.RetentionEnded, rows: Rows) -> None:
    _change(rows, event, retention_ended_at=event.at)


@_on(noted.FilesDestroyed)
def _(event: noted.FilesDestroyed, rows: Rows) -> None:
    _change(rows, event, destroyed_at=event.at)


def _change(rows: Rows, event: Any, **columns: Any) -> None:
    rows.update("letter", event.originator_id, version=event.originator_version, **columns)
