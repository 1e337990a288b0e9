"""Events to rows."""

from eventstore import Projection, Rows

from messaging.domain.notification import Notification, State

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
        channel=event.channel,
        template=event.template,
        state=State.QUEUED,
        queued_at=event.timestamp,
    )


@projection.on(Notification.Sent)
def _(event: Notification.Sent, rows: Rows) -> None:
    rows.update("notification", event.originator_id, state=State.SENT, settled_at=event.timestamp)


@projection.on(Notification.Failed)
def _(event: Notification.Failed, rows: Rows) -> None:
    rows.update("notification", event.originator_id, state=State.FAILED, cause=event.cause, settled_at=event.timestamp)


@projection.on(Notification.Read)
def _(event: Notification.Read, rows: Rows) -> None:
    rows.update("notification", event.originator_id, read_at=event.timestamp)
