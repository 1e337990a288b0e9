"""The API of messaging: what I was told, and whether our messages arrived."""

from datetime import datetime
from uuid import UUID

from chassis.http import CurrentActor, CurrentPaging, CurrentStaff, Page, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from messaging.application.reading import Reading
from messaging.readmodel.queries import Notifications


class NotificationOut(BaseModel):
    """Something you were told; the page that shows it knows the words of each template."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    template: str
    office_id: UUID | None
    dossier_id: UUID | None
    request_id: UUID | None
    queued_at: datetime
    read_at: datetime | None


class NotificationsOut(Page[NotificationOut]):
    """A page of them, and how many of all are unread."""

    unread: int


class DeliveryOut(BaseModel):
    """An e-mail about the dossier: queued, sent or failed (with the cause)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    person_id: UUID
    template: str
    request_id: UUID | None
    state: str
    cause: str | None
    queued_at: datetime
    settled_at: datetime | None


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

    @routes.get("/deliveries", responses=problems(NotAllowed, NotFound), tags=["deliveries"])
    def deliveries(dossier: UUID, actor: CurrentStaff, paging: CurrentPaging) -> Page[DeliveryOut]:
        """List the e-mails about a dossier that I may read, the newest first, and whether they arrived."""
        reading.may_see_deliveries(actor, dossier)
        found = notifications.deliveries(_person(actor.office_id), dossier, paging.limit, paging.after)
        last = found[-1] if len(found) == paging.limit else None
        return Page[DeliveryOut](
            items=[DeliveryOut.model_validate(item) for item in found],
            next=paging.cursor([last.queued_at.isoformat(), str(last.id)]) if last else None,
        )

    return routes


def _person(identifier: UUID | None) -> UUID:
    if identifier is None:
        raise NotAllowed
    return identifier
