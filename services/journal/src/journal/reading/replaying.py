"""Questions about the past: recorded in the log first, then answered from it and from the services' events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound

from journal.log.database import Database
from journal.log.leaf import Leaf
from journal.log.records import Records
from journal.reading.access import Access, Reader
from journal.reading.diff import Changed, between, changed
from journal.reading.purposes import Intent, Query
from journal.reading.query import at_places
from journal.reading.replay import DOSSIERS_OF_OFFICE, OF_AGGREGATE, OF_DOSSIER, Point, Points
from journal.reading.states import Past, States
from journal.reading.timeline import Event, Timeline

Place = tuple[str, UUID]
"""Service and id of an aggregate."""


@dataclass(frozen=True, slots=True)
class Page:
    """Aggregates at a point, with the proof of the last leaf of each; `last` is where the next page goes on."""

    point: Point
    items: Sequence[Past]
    proofs: Mapping[int, tuple[str, list[str]]]
    last: Place | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two points, and the events by place."""

    first: Point
    second: Point
    changed: Sequence[Changed]
    events: Mapping[int, Event]


class Replay:
    """Turns points into states."""

    def __init__(  # noqa: PLR0913, PLR0917 - everybody who has a part in an answer
        self, database: Database, records: Records, access: Access, points: Points, states: States, timeline: Timeline
    ) -> None:
        self._database = database
        self._records = records
        self._access = access
        self._points = points
        self._states = states
        self._timeline = timeline

    def dossier(  # noqa: PLR0913, PLR0917 - a page of a point
        self, reader: Reader, intent: Intent, dossier: UUID, at: str, after: Place | None, limit: int
    ) -> Page:
        """Return what belongs to a dossier, as it was. Raises PointUnknown, PointNotSealed, NotFound, Unavailable."""
        point = self._points.at(at)
        self._record(intent, reader, "dossier", dossier, {"at": at}, dossier)
        found = self._points.aggregates(point, OF_DOSSIER, {"id": dossier})
        if not found:
            raise NotFound
        later = [one for one in found if after is None or (one[0], str(one[1])) > (after[0], str(after[1]))]
        return self._page(point, later[:limit], more=len(later) > limit)

    def office(  # noqa: PLR0913, PLR0917 - a page of a point
        self, reader: Reader, intent: Intent, office: UUID, at: str, after: Place | None, limit: int
    ) -> Page:
        """Return the dossiers of an office, as they were. Raises as `dossier` does."""
        point = self._points.at(at)
        self._record(intent, reader, "office", office, {"at": at}, None)
        page = self._dossiers(office, point, after[1] if after else UUID(int=0), limit + 1)
        found = self._points.aggregates(point, DOSSIERS_OF_OFFICE, {"id": office, "page": page[:limit]})
        return self._page(point, found, more=len(page) > limit)

    def aggregate(self, actor: Actor, intent: Intent, place: Place, at: str) -> tuple[Reader, Page]:
        """Return one aggregate, as it was, and what `actor` may see of it. Raises as `dossier` does."""
        svc, aggregate = place
        reader, dossier = self._reader(actor, place)
        point = self._points.at(at)
        self._record(intent, reader, "aggregate", aggregate, {"at": at, "service": svc}, dossier)
        found = self._points.aggregates(point, OF_AGGREGATE, {"svc": svc, "id": aggregate})
        if not found:
            raise NotFound
        return reader, self._page(point, found, more=False)

    def compared(self, reader: Reader, intent: Intent, dossier: UUID, first: str, second: str) -> Comparison:
        """Return what changed in a dossier. Raises as `dossier` does, PointsReversed and DiffTooLong."""
        earlier, later = self._points.at(first), self._points.at(second)
        self._record(intent, reader, "dossier", dossier, {"from": first, "to": second}, dossier)
        split = between(earlier, later, self._points.aggregates(later, OF_DOSSIER, {"id": dossier}))
        found = changed(self._states, reader, split)
        with self._database.transaction() as connection:
            rows = at_places(connection, [leaf.index for one in found for leaf in one.events])
        events = {event.index: event for event in self._timeline.shown(reader, rows)}
        return Comparison(earlier, later, found, events)

    def _page(self, point: Point, found: Sequence[tuple[str, UUID, Sequence[Leaf]]], *, more: bool) -> Page:
        items = self._states.past(found)
        proofs = self._points.proofs([past.last for past in items], point)
        return Page(point, items, proofs, (items[-1].svc, items[-1].id) if more else None)

    def _dossiers(self, office: UUID, point: Point, after: UUID, limit: int) -> list[UUID]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT agg FROM journal.entry WHERE svc = 'dossier' AND agg = dossier AND agg_ver = 1"
                " AND office = %s AND store_seq <= %s AND agg > %s ORDER BY agg LIMIT %s",
                (office, point.numbers.get("dossier", 0), after, limit),
            ).fetchall()
        return [row["agg"] for row in rows]

    def _reader(self, actor: Actor, place: Place) -> tuple[Reader, UUID | None]:
        """Return what `actor` may see of an aggregate, and its dossier; what several offices share, none sees whole."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT DISTINCT office, dossier FROM journal.entry WHERE svc = %s AND agg = %s", place
            ).fetchall()
        offices = {row["office"] for row in rows} - {None}
        dossiers = {row["dossier"] for row in rows} - {None}
        if len(offices) != 1 or len(dossiers) > 1:
            raise NotFound
        if dossiers:
            (dossier,) = dossiers
            return self._access.reader(actor, dossier), dossier
        return self._access.controller(actor, offices.pop()), None

    def _record(  # noqa: PLR0913, PLR0917 - the facts of the record
        self, intent: Intent, reader: Reader, scope: str, name: UUID, more: Query, dossier: UUID | None
    ) -> None:
        query = {"scope": scope, "id": str(name)} | more
        self._records.append_all([intent.access(query, reader.office_id, dossier)])
