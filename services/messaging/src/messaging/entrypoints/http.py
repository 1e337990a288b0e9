"""The API of messaging: what I was told, and whether our messages arrived."""

from datetime import datetime
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, CurrentStaff, Page, example, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter
from pydantic import BaseModel, JsonValue

from messaging.application.reading import NotFailed, Reading
from messaging.readmodel.queries import Notifications

NOTIFICATION: dict[str, JsonValue] = {
    "id": "0b0f1c1e-6f7e-5a43-9f0e-2d7c8f1f6a10",
    "template": "document-deposited",
    "office_id": "5cc27e97-d3fc-5392-826a-77d450429446",
    "dossier_id": "d8c91a13-2a95-5cbb-85de-f4fef739a70e",
    "request_id": "e0c10bd7-12a1-5b5f-8937-fd63764ed68e",
    "letter_id": None,
    "about_id": "08418b43-57dd-5a22-be6e-a26cbf6223ef",
    "queued_at": "2026-03-02T09:30:00Z",
    "read_at": "2026-03-02T09:45:00Z",
}
DELIVERY: dict[str, JsonValue] = {
    "id": "6f6d3f3c-5a34-5b0e-8f0c-0c8fd2c1b7aa",
    "person_id": "08418b43-57dd-5a22-be6e-a26cbf6223ef",
    "template": "document-refused",
    "request_id": "e0c10bd7-12a1-5b5f-8937-fd63764ed68e",
    "state": "failed",
    "cause": "address-refused",
    "queued_at": "2026-03-02T09:30:00Z",
    "settled_at": "2026-03-02T09:30:01Z",
    "attempts": 0,
    "again_at": None,
}


class NotificationOut(BaseModel):
    """Something you were told; the page that shows it knows the words of each template."""

    model_config = example(NOTIFICATION)

    id: UUID
    template: str
    office_id: UUID | None
    dossier_id: UUID | None
    request_id: UUID | None
    letter_id: UUID | None
    about_id: UUID | None
    """The client, when somebody of the office is told."""
    queued_at: datetime
    read_at: datetime | None


class NotificationsOut(Page[NotificationOut]):
    """A page of them, and how many of all are unread."""

    model_config = example({"items": [NOTIFICATION], "next": None, "unread": 1})

    unread: int


class DeliveryOut(BaseModel):
    """An e-mail about the dossier: queued, sent (the mail server took it) or failed (with the cause).

    Of one that was sent, a mail server may report later that it is delivered (in the mailbox) or bounced (with the
    cause: mailbox-unknown, mailbox-closed, mailbox-full, message-refused, unreachable or not-delivered).

    A queued one that the mail server put off tells how often it was tried, and when it is tried again.
    """

    model_config = example(DELIVERY)

    id: UUID
    person_id: UUID
    template: str
    request_id: UUID | None
    state: str
    cause: str | None
    queued_at: datetime
    settled_at: datetime | None
    attempts: int
    again_at: datetime | None


class DeliveriesOut(Page[DeliveryOut]):
    """A page of them; `next` opens the following one and is null on the last."""

    model_config = example({"items": [DELIVERY], "next": None})


def router(reading: Reading, notifications: Notifications) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.get("/notifications", tags=["notifications"])
    def mine(actor: CurrentActor, paging: CurrentPaging) -> NotificationsOut:
        """List what I was told in the application, the newest first."""
        person_id = _person(actor.person_id)
        found = notifications.of_person(person_id, paging.limit, paging.after)
        last = found[-1] if len(found) == paging.limit else None
        return NotificationsOut(
            items=[NotificationOut.model_validate(item) for item in found],
            next=paging.cursor([last.queued_at.isoformat(), str(last.id)]) if last else None,
            unread=notifications.unread(person_id),
        )

    @routes.post(
        "/notifications/{notification_id}/reading",
        status_code=204,
        responses=problems(NotFound),
        tags=["notifications"],
    )
    def read(notification_id: UUID, actor: CurrentActor) -> None:
        """Mark one of my notifications as read."""
        reading.read(actor, notification_id)

    @routes.get("/deliveries", responses=problems(NotAllowed, NotFound, Unavailable), tags=["deliveries"])
    def deliveries(dossier: UUID, actor: CurrentStaff, paging: CurrentPaging) -> DeliveriesOut:
        """List the e-mails about a dossier that I may read, the newest first, and whether they arrived."""
        reading.may_see_deliveries(actor, dossier)
        found = notifications.deliveries(_person(actor.office_id), dossier, paging.limit, paging.after)
        last = found[-1] if len(found) == paging.limit else None
        return DeliveriesOut(
            items=[DeliveryOut.model_validate(item) for item in found],
            next=paging.cursor([last.queued_at.isoformat(), str(last.id)]) if last else None,
        )

    @routes.post(
        "/deliveries/{notification_id}/resending",
        status_code=204,
        responses=problems(NotAllowed, NotFound, NotFailed, Unavailable),
        tags=["deliveries"],
    )
    def send_again(notification_id: UUID, actor: CurrentStaff) -> None:
        """Send an e-mail again that failed or came back; names and addresses are asked for anew."""
        reading.send_again(actor, notification_id)

    return routes


def _person(identifier: UUID | None) -> UUID:
    if identifier is None:
        raise NotAllowed
    return identifier
