"""The journal's own leaves: what it saw signed, what it was asked for, how far an office had come.

They are entries of the service "journal", numbered and chained as every service's, appended under the same lock.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.refusal import Refusal
from proof.entry import instant
from proof.record import Record

from journal.log.appender import Appender, Row
from journal.log.database import Database
from journal.log.leaf import Leaf

SERVICE = "journal"


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before the log orders it; `body` has exactly the members of its kind."""

    kind: str
    body: Mapping[str, Any]
    office: UUID | None = None
    dossier: UUID | None = None
    actor: UUID | None = None
    actor_kind: str = "system"


class LogBehind(Refusal):
    """The journal is being brought back to what it has already published; try again later."""

    code, status = "log-behind", 503


class Records:
    """Appends records, each call in a transaction of its own."""

    def __init__(self, database: Database, caught_up: Callable[[], bool] = lambda: True) -> None:
        """`caught_up` tells whether the log here holds all that was published: what is added earlier would fork it."""
        self._database = database
        self._caught_up = caught_up

    @contextmanager
    def writing(self) -> Iterator[Appender]:
        """Lend the log to append several things at once, all of them or none; raises LogBehind."""
        if not self._caught_up():
            raise LogBehind
        with self._database.transaction() as connection:
            appender = Appender(connection)
            yield appender
            appender.flush()

    def append(  # noqa: PLR0913 - the facts of a record
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        office: UUID | None = None,
        dossier: UUID | None = None,
        actor: UUID | None = None,
        actor_kind: str = "system",
    ) -> Leaf:
        """Append one record; raises EntryInvalid or NotCanonical, and then nothing is stored."""
        return self.append_all([Draft(kind, body, office, dossier, actor, actor_kind)])[0]

    def append_all(self, drafts: Sequence[Draft]) -> list[Leaf]:
        """Append records in their order, all of them or none."""
        with self.writing() as appender:
            return record(appender, drafts)


def record(appender: Appender, drafts: Sequence[Draft]) -> list[Leaf]:
    """Append records inside a transaction; the time is that of the database."""
    row = appender.connection.execute(
        "SELECT clock_timestamp() AS now, coalesce(max(store_seq), 0) AS last FROM journal.entry WHERE svc = %s",
        (SERVICE,),
    ).fetchone()
    if row is None:
        raise RuntimeError("the database does not say the time")
    leaves = [_add(appender, draft, row["last"] + step, row["now"]) for step, draft in enumerate(drafts, start=1)]
    appender.flush()
    return leaves


def _add(appender: Appender, draft: Draft, number: int, now: datetime) -> Leaf:
    office = str(draft.office) if draft.office else None
    chain = appender.chain(SERVICE, office) if office else None
    entry = Record(
        kind=draft.kind,
        store_seq=number,
        recorded_at=instant(now),
        office=office,
        office_seq=chain.number + 1 if chain else None,
        office_prev=chain.digest if chain else None,
        dossier=str(draft.dossier) if draft.dossier else None,
        actor=str(draft.actor) if draft.actor else None,
        actor_kind=draft.actor_kind,
        body=dict(draft.body),
    )
    data = entry.encode()
    facts = (office, entry.dossier, entry.actor, entry.actor_kind, now)
    index = appender.add(Row(SERVICE, number, data, draft.kind, f"{SERVICE}.{draft.kind}", None, None, *facts))
    return Leaf(index, data, entry)
