"""What people read of one dossier: its events."""

from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, problems
from chassis.refusal import NotFound
from fastapi import APIRouter

from journal.http.asking import CurrentIntent
from journal.http.parts import Parts
from journal.log.records import LogBehind
from journal.reading.purposes import PurposeRequired, is_compliance
from journal.reading.timeline import EventPage


def dossier_routes(parts: Parts) -> APIRouter:
    """Return the routes about one dossier."""
    router = APIRouter(tags=["dossiers"])

    @router.get("/dossiers/{dossier_id}/events", responses=problems(NotFound, Unavailable, PurposeRequired, LogBehind))
    def events(dossier_id: UUID, actor: CurrentActor, intent: CurrentIntent, paging: CurrentPaging) -> EventPage:
        """List the events of a dossier in the order of the log, with who, when, what and whether it is sealed."""
        reader = parts.access.reader(actor, dossier_id)
        after = int(paging.after[0]) if paging.after else -1
        if is_compliance(actor):
            query = {"scope": "dossier", "id": str(dossier_id), "after": after, "limit": paging.limit}
            parts.records.append_all([intent.access(query, reader.office_id, dossier_id)])
        found = parts.timeline.events(reader, dossier_id, after, paging.limit + 1)
        page = found[: paging.limit]
        more = paging.cursor([page[-1].index]) if len(found) > len(page) else None
        return EventPage(items=page, next=more)

    return router
