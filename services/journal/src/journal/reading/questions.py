"""Questions about an office or a person: recorded in the log first, then answered from it."""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from proof.record import scope_digest

from journal.log.database import Database, Rows, log_size
from journal.log.records import Records
from journal.reading.access import Access, Reader
from journal.reading.mentions import Mentions
from journal.reading.purposes import Intent, Query, is_compliance
from journal.reading.query import Counter, Filter, counters, find
from journal.reading.timeline import Event, Timeline

BATCH = 200  # leaves that an export reads at once


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, by whom, of which office; no office where somebody asks about their own."""

    reader: Reader
    wanted: Filter
    office: UUID | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One page; `last` is the place that the next page follows, None on the last page."""

    events: list[Event]
    counters: list[Counter]
    last: int | None
    below: int


@dataclass(frozen=True, slots=True)
class Found:
    """What an export holds: how many leaves, the hash of all their hashes, and their rows in batches."""

    entries: int
    digest: str
    batches: Iterator[list[dict[str, Any]]]


class Questions:
    """Asks the log."""

    def __init__(
        self, database: Database, records: Records, access: Access, mentions: Mentions, timeline: Timeline
    ) -> None:
        self._database = database
        self._records = records
        self._access = access
        self._mentions = mentions
        self._timeline = timeline

    def of_office(self, actor: Actor, wanted: Filter) -> Asked:
        """Return the question as `actor` may ask it: the whole of the office that they control. Raises NotFound."""
        office = wanted.office or actor.office_id
        if office is None:
            raise NotFound
        reader = self._access.controller(actor, office)
        if wanted.dossier is None:
            return Asked(reader, replace(wanted, office=office), office)
        self._access.reader(actor, wanted.dossier)
        return Asked(reader, replace(wanted, office=None), office)  # parts of a dossier may not repeat the office

    def of_person(self, actor: Actor, wanted: Filter) -> Asked:
        """Return the question of a client about what concerns them, in every office. Raises NotFound.

        Letters to them are left out: until a registered letter is accepted, its addressee may not learn who sends it
        (CPCE R53-3), and the provider tells them what there is to know.
        """
        if actor.kind != "client" or actor.person_id is None:
            raise NotFound
        reader = Reader(UUID(int=0), client_id=str(actor.person_id))
        return Asked(reader, replace(wanted, office=None, person=actor.person_id, events=True, letters=False), None)

    def of_dossier(self, actor: Actor, dossier: UUID) -> Asked:
        """Return the question about one dossier; records are for whoever controls the office. Raises NotFound.

        A client is not shown letters, as in `of_person`.
        """
        reader = self._access.reader(actor, dossier)
        events = None if is_compliance(actor) else True
        letters = None if reader.client_id is None else False
        return Asked(reader, Filter(dossier=dossier, events=events, letters=letters), reader.office_id)

    def of_document(self, actor: Actor, version: UUID) -> Asked:
        """Return the question about one document version, for whoever reads its dossier. Raises NotFound."""
        within = self.of_dossier(actor, self._access.dossier_of(version))
        return replace(within, wanted=replace(within.wanted, dossier=None, document=version))

    def page(self, asked: Asked, intent: Intent, after: int, below: int | None, limit: int) -> Answer:
        """Record the question, then answer one page of up to `limit` leaves behind the place `after`.

        `below` is that of the first page, None for it: the list ends there, so that asking does not make it longer.
        Raises Unavailable and LogBehind.
        """
        end = below if below is not None else self._size()
        self.asked(asked, intent, {"after": after, "limit": limit})
        with self._database.transaction() as connection:
            rows = find(connection, asked.wanted, after, end, limit + 1)
            more = len(rows) > limit
            rows = rows[:limit]
            last = rows[-1]["idx"] if more else None
            counted = _counted(connection, asked, rows, after, end - 1 if last is None else last)
        return Answer(self._timeline.shown(asked.reader, rows), counted, last, end)

    def asked(self, asked: Asked, intent: Intent, more: Query) -> None:
        """Record a question that is about to be answered, but of members who read their own dossiers.

        Raises Unavailable and LogBehind.
        """
        self._prepare(asked)
        if intent.actor.kind == "staff" and not is_compliance(intent.actor):
            return
        query = asked.wanted.said() | more
        self._records.append_all([intent.access(query, asked.office, asked.wanted.dossier)])

    def one(self, asked: Asked, intent: Intent, index: int) -> dict[str, Any]:
        """Record the question, then return the row of the leaf at a place. Raises NotFound, and as `page` does."""
        self.asked(asked, intent, {"index": index})
        with self._database.transaction() as connection:
            rows = find(connection, asked.wanted, index - 1, index + 1, 1)
        if not rows:
            raise NotFound
        return rows[0]

    def export(self, asked: Asked, intent: Intent, form: str) -> Found:
        """Record the export of everything that is asked for; it is read while it is sent. Raises as `page` does."""
        self._prepare(asked)
        end = self._size()
        with self._database.transaction() as connection:
            hashes = connection.execute(
                "SELECT n.hash FROM journal.entry e"  # noqa: S608 - the condition is made of constants
                " JOIN journal.node n ON n.level = 0 AND n.idx = e.idx"
                f" WHERE {asked.wanted.sql()} AND e.idx < %(below)s ORDER BY e.idx".encode(),
                asked.wanted.values() | {"below": end},
            ).fetchall()
        digest = scope_digest(bytes(row["hash"]) for row in hashes)
        draft = intent.export(asked.wanted.said(), asked.office, asked.wanted.dossier, form, len(hashes), digest)
        self._records.append_all([draft])
        return Found(len(hashes), digest, self._batches(asked.wanted, end))

    def _batches(self, wanted: Filter, end: int) -> Iterator[list[dict[str, Any]]]:
        after = -1
        while True:
            with self._database.transaction() as connection:
                rows = find(connection, wanted, after, end, BATCH)
            if not rows:
                return
            yield rows
            after = rows[-1]["idx"]

    def _prepare(self, asked: Asked) -> None:
        if asked.wanted.mentions:
            self._mentions.catch_up()

    def _size(self) -> int:
        with self._database.transaction() as connection:
            return log_size(connection)


def _counted(connection: Rows, asked: Asked, rows: Sequence[Mapping[str, Any]], after: int, upto: int) -> list[Counter]:
    """Count the numbers of the office; what concerns one person is spread over offices, whose numbers say nothing."""
    if asked.office is None:
        return []
    shown = Tally(row["svc"] for row in rows if row["office"] == asked.office)
    return counters(connection, asked.office, shown, after, upto)
