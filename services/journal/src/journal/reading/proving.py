"""What vouches for one leaf, and how far all leaves of a dossier or of a document are vouched for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.refusal import NotFound
from proof.cosignature import Cosignature

from journal.attest.attestations import Attestations, Token
from journal.log.checkpoints import Checkpoints, Sealed
from journal.log.database import Database, Rows
from journal.log.leaf import Leaf, read_leaf
from journal.log.scope import EVERYTHING
from journal.reading.gathering import Gathering
from journal.reading.purposes import Intent
from journal.reading.query import Filter, find
from journal.reading.questions import Asked, Questions
from journal.reading.timeline import Event, Timeline

MILESTONES = ("dossier.dossier-opened", "dossier.dossier-completed", "dossier.dossier-archived")
MOST_SHOWN = 100  # events of one document; the journal of the dossier has all of them


@dataclass(frozen=True, slots=True)
class Proven:
    """A leaf, the signed state that says most for it, and its way to the root of that state."""

    event: Event
    leaf: Leaf
    sealed: Sealed | None
    note: bytes | None
    hashes: Sequence[bytes]
    cosigned: Sequence[Cosignature]
    tokens: Sequence[Token]


@dataclass(frozen=True, slots=True)
class Vouched:
    """How many leaves there are, and how many of them are signed for, cosigned and stamped; their main events."""

    entries: int
    sealed: int
    cosigned: int
    stamped: int
    stamped_at: datetime | None
    milestones: Sequence[Event]


class Proving:
    """Answers from the log and from what others said of it."""

    def __init__(
        self,
        database: Database,
        questions: Questions,
        checkpoints: Checkpoints,
        attestations: Attestations,
        timeline: Timeline,
    ) -> None:
        self._database = database
        self._questions = questions
        self._checkpoints = checkpoints
        self._attestations = attestations
        self._timeline = timeline

    def leaf(self, asked: Asked, intent: Intent, index: int) -> Proven:
        """Record the question, then prove the leaf at a place. Raises NotFound, Unavailable and LogBehind."""
        row = self._questions.one(asked, intent, index)
        leaf = read_leaf(row["idx"], bytes(row["entry"]))
        (event,) = self._timeline.shown(asked.reader, [row])
        size = row["stamped"] or row["cosigned"] or row["size"]
        sealed = self._checkpoints.at(size) if size is not None else None
        if sealed is None:
            return Proven(event, leaf, None, None, (), (), ())
        paths = Gathering(self._database, self._attestations).paths([leaf], sealed)
        return Proven(
            event,
            leaf,
            sealed,
            self._attestations.note(sealed.size),
            paths[leaf.index],
            self._attestations.cosigned(sealed.size),
            self._attestations.tokens(sealed.size),
        )

    def vouched(self, asked: Asked, intent: Intent, types: Sequence[str] = ()) -> Vouched:
        """Record the question, count the leaves, and show those of some types, or all of them. Raises as `leaf`."""
        self._questions.asked(asked, intent, {})
        with self._database.transaction() as connection:
            counted = _counted(connection, asked.wanted)
            rows = find(connection, replace(asked.wanted, types=tuple(types)), -1, EVERYTHING, MOST_SHOWN)
        if not counted["entries"]:
            raise NotFound
        return Vouched(**counted, milestones=self._timeline.shown(asked.reader, rows))


def _counted(connection: Rows, wanted: Filter) -> dict[str, Any]:
    """Count leaves; a checkpoint vouches for each leaf below its size, so the largest of a kind says for how many."""
    row = connection.execute(
        "WITH said AS (SELECT"  # noqa: S608 - the condition is made of constants
        " (SELECT coalesce(max(size), 0) FROM journal.checkpoint WHERE note IS NOT NULL) AS signed,"
        " (SELECT coalesce(max(size), 0) FROM journal.cosignature) AS cosigned,"
        " (SELECT coalesce(max(size), 0) FROM journal.token) AS stamped)"
        " SELECT count(*) AS entries, count(*) FILTER (WHERE e.idx < said.signed) AS sealed,"
        " count(*) FILTER (WHERE e.idx < said.cosigned) AS cosigned,"
        " count(*) FILTER (WHERE e.idx < said.stamped) AS stamped,"
        " (SELECT min(stamped_at) FROM journal.token WHERE size > max(e.idx)) AS stamped_at"
        f" FROM journal.entry e, said WHERE {wanted.sql()}".encode(),
        wanted.values() | {"below": EVERYTHING},
    ).fetchone()
    return dict(row or {})
