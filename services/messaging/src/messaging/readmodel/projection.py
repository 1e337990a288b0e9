"""Events to rows."""

from eventstore import Projection, Rows

from messaging.domain.deadline import Deadline, Reminders
from messaging.domain.erasure import Erasure
from messaging.domain.notification import Notification, State
from messaging.domain.status import reason

projection = Projection()


@projection.on(Notification.Created)
def _(event: Notification.Created, rows: Rows) -> None:
    rows.insert(
        "notification",
        id=event.originator_id,
        person_id=event.person_id,
        office_id=event.office_id,
        dossier_id=event.dossier_id,
        request_id=event.request_id,
        letter_id=event.letter_id,
        about_id=event.about_id,
        channel=event.channel,
        template=event.template,
        state=State.QUEUED,
        queued_at=event.timestamp,
    )


@projection.on(Notification.Sent)
def _(event: Notification.Sent, rows: Rows) -> None:
    rows.update(
        "notification", event.originator_id, state=State.SENT, settled_at=event.timestamp, envelope_id=event.mail_id
    )


@projection.on(Notification.Failed)
def _(event: Notification.Failed, rows: Rows) -> None:
    rows.update("notification", event.originator_id, state=State.FAILED, cause=event.cause, settled_at=event.timestamp)


@projection.on(Notification.Delivered)
def _(event: Notification.Delivered, rows: Rows) -> None:
    rows.update("notification", event.originator_id, state=State.DELIVERED, reported_at=event.timestamp)


@projection.on(Notification.Bounced)
def _(event: Notification.Bounced, rows: Rows) -> None:
    rows.update(
        "notification",
        event.originator_id,
        state=State.BOUNCED,
        cause=reason(event.status),
        reported_at=event.timestamp,
    )


@projection.on(Notification.Read)
def _(event: Notification.Read, rows: Rows) -> None:
    rows.update("notification", event.originator_id, read_at=event.timestamp)


@projection.on(Deadline.Created)
def _(event: Deadline.Created, rows: Rows) -> None:
    rows.insert(
        "deadline",
        id=event.originator_id,
        office_id=event.office_id,
        client_id=event.client_id,
        due_on=event.due_on,
        noted_at=event.timestamp,
    )


@projection.on(Deadline.Reached)
def _(event: Deadline.Reached, rows: Rows) -> None:
    rows.update("deadline", event.originator_id, reached=event.days)


@projection.on(Reminders.Created)
def _(event: Reminders.Created, rows: Rows) -> None:
    rows.delete("reminders", event.office_id)
    rows.insert("reminders", id=event.office_id, days=event.days)


@projection.on(Erasure.Created)
def _(event: Erasure.Created, rows: Rows) -> None:
    rows.insert("erased_person", id=event.person_id)
