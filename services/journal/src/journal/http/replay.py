"""The past: what a dossier, an office or anything in it was at a point of the log, and what changed between two."""

from typing import Annotated
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, Paging, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Query

from journal.http.asking import CurrentIntent
from journal.http.parts import Parts
from journal.http.past import Diff, StatePage, diff_said, point_said, states_said
from journal.log.records import LogBehind
from journal.reading.access import Reader
from journal.reading.diff import DiffTooLong, PointsReversed
from journal.reading.purposes import PurposeRequired
from journal.reading.replay import PointNotSealed, PointUnknown
from journal.reading.replaying import Page, Place

_POINT = "an instant (2026-03-02T09:30:00Z), the index of a leaf, or checkpoint:SIZE"
At = Annotated[str, Query(max_length=40, description=_POINT)]
From = Annotated[str, Query(alias="from", max_length=40, description=f"the earlier point: {_POINT}")]
To = Annotated[str, Query(alias="to", max_length=40, description=f"the later point: {_POINT}")]

_REFUSALS = (NotFound, Unavailable, PurposeRequired, PointUnknown, PointNotSealed, LogBehind)


def replay_routes(parts: Parts) -> APIRouter:
    """Return the routes about the past; each question is recorded in the log."""
    router = APIRouter(tags=["replay"])

    @router.get("/dossiers/{dossier_id}/state", responses=problems(*_REFUSALS))
    def dossier_state(
        dossier_id: UUID, at: At, actor: CurrentActor, intent: CurrentIntent, paging: CurrentPaging
    ) -> StatePage:
        """Tell what belonged to a dossier at a point of the log, and what each of it was: from events only.

        Snapshots are ignored. An instant is compared with when the services recorded, by their clocks; the answer says
        between which times of an authority the point lies. Whatever is not as the log says stands in `findings`.
        """
        reader = parts.access.reader(actor, dossier_id)
        page = parts.replay.dossier(reader, intent, dossier_id, at, _after(paging), paging.limit)
        return _page(parts, page, reader, paging)

    @router.get("/offices/{office_id}/state", responses=problems(*_REFUSALS))
    def office_state(
        office_id: UUID, at: At, actor: CurrentActor, intent: CurrentIntent, paging: CurrentPaging
    ) -> StatePage:
        """Tell which dossiers an office had at a point of the log, and what each was; for its compliance role."""
        reader = parts.access.controller(actor, office_id)
        page = parts.replay.office(reader, intent, office_id, at, _after(paging), paging.limit)
        return _page(parts, page, reader, paging)

    @router.get("/aggregates/{service}/{aggregate_id}/state", responses=problems(*_REFUSALS))
    def aggregate_state(  # noqa: PLR0913, PLR0917 - one parameter for each thing that is asked
        service: str, aggregate_id: UUID, at: At, actor: CurrentActor, intent: CurrentIntent, paging: CurrentPaging
    ) -> StatePage:
        """Tell what one thing of a service was at a point: a request, a document, a letter, a notification."""
        reader, page = parts.replay.aggregate(actor, intent, (service, aggregate_id), at)
        return _page(parts, page, reader, paging)

    @router.get("/dossiers/{dossier_id}/diff", responses=problems(*_REFUSALS, PointsReversed, DiffTooLong))
    def diff(dossier_id: UUID, first: From, second: To, actor: CurrentActor, intent: CurrentIntent) -> Diff:
        """Tell what changed in a dossier between two points, field by field, and by which event."""
        reader = parts.access.reader(actor, dossier_id)
        return diff_said(parts.replay.compared(reader, intent, dossier_id, first, second), parts.attestations)

    return router


def _after(paging: Paging) -> Place | None:
    return (paging.after[0], UUID(paging.after[1])) if paging.after else None


def _page(parts: Parts, page: Page, reader: Reader, paging: Paging) -> StatePage:
    more = paging.cursor([page.last[0], str(page.last[1])]) if page.last else None
    return StatePage(items=states_said(page, reader), next=more, point=point_said(page.point, parts.attestations))
