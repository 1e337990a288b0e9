"""How the journal stands: how much waits for a signature, a witness, a timestamp, the copy; and what is alarming."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from proof.cosignature import Quorum
from proof.tiles import WIDTH

from journal.attest.attestations import Attestations
from journal.attest.progress import Progress
from journal.log.database import Database, Rows, log_size

LOOKED_AT = 12  # checkpoints; witnesses may need a few seconds for the last one

Waiting = Callable[[str, int], int | None]
"""(service, number) → how many events it has above that number, None while it does not say."""


@dataclass(frozen=True, slots=True)
class Source:
    """How far a service was taken in; `waiting` events are not yet, None is unknown."""

    service: str
    store_seq: int
    stopped: bool
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The journal at one moment. Sizes are leaves; None is never, or not asked for by the settings."""

    at: datetime
    size: int
    signed_size: int
    signed_at: datetime | None
    witnessed_size: int | None
    witnesses: tuple[str, ...]
    quorum: bool | None
    token_size: int | None
    token_at: datetime | None
    unstamped: int
    published_size: int | None
    copied_size: int | None
    monitored_size: int | None
    anchored_size: int | None
    anchored_at: datetime | None
    anchors_waiting: int | None
    alarms: int
    sources: tuple[Source, ...]

    @property
    def worm_lag(self) -> int | None:
        """How many signed leaves the copy does not hold yet."""
        return None if self.copied_size is None else max(0, self.signed_size - self.copied_size)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        value = asdict(self) | {"worm_lag": self.worm_lag}
        return {name: item.isoformat() if isinstance(item, datetime) else item for name, item in value.items()}


class Standings:
    """Reads it from the tables, and from the services what waits there."""

    def __init__(
        self, database: Database, attestations: Attestations, quorum: Quorum | None, waiting: Waiting = lambda *_: None
    ) -> None:
        self._database = database
        self._attestations = attestations
        self._quorum = quorum
        self._waiting = waiting

    def read(self) -> Standing:
        """Return how the journal stands now."""
        with self._database.transaction() as connection:
            size = log_size(connection)
            signed = _rows(
                connection,
                "SELECT size, made_at FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT %s",
                LOOKED_AT,
            )
            token = _rows(connection, "SELECT size, stamped_at FROM journal.token ORDER BY size DESC, number LIMIT 1")
            covered = token[0]["size"] if token else 0
            seals = _rows(
                connection, "SELECT count(*) AS n FROM journal.entry WHERE kind = 'seal' AND idx >= %s", covered
            )
            alarms = _rows(connection, "SELECT count(*) AS n FROM journal.alarm")
            anchor = _rows(
                connection,
                "SELECT size, proved_at FROM journal.anchor WHERE proved IS NOT NULL ORDER BY size DESC LIMIT 1",
            )
            waiting = _rows(connection, "SELECT count(*) AS n FROM journal.anchor WHERE height IS NULL")
            sources = _rows(connection, "SELECT svc, last, stopped FROM journal.source ORDER BY svc")
        witnessed, names = self._witnessed([row["size"] for row in signed])
        published = Progress(self._database, "publishing").read()
        return Standing(
            at=datetime.now(UTC),
            size=size,
            signed_size=signed[0]["size"] if signed else 0,
            signed_at=signed[0]["made_at"] if signed else None,
            witnessed_size=witnessed,
            witnesses=names,
            quorum=None if self._quorum is None else witnessed is not None,
            token_size=token[0]["size"] if token else None,
            token_at=token[0]["stamped_at"] if token else None,
            unstamped=size - covered - seals[0]["n"],
            published_size=published.get("size"),
            copied_size=max(published["partial"], published["size"] // WIDTH * WIDTH) if published else None,
            monitored_size=Progress(self._database, "monitor").read().get("size"),
            anchored_size=anchor[0]["size"] if anchor else None,
            anchored_at=anchor[0]["proved_at"] if anchor else None,
            anchors_waiting=waiting[0]["n"] if anchor or waiting[0]["n"] else None,
            alarms=alarms[0]["n"],
            sources=tuple(
                Source(row["svc"], row["last"], row["stopped"], self._waiting(row["svc"], row["last"]))
                for row in sources
            ),
        )

    def _witnessed(self, sizes: Sequence[int]) -> tuple[int | None, tuple[str, ...]]:
        """Return the largest of some sizes that the quorum cosigned, and who cosigned the largest of all."""
        names: tuple[str, ...] = ()
        for size in sizes:
            present = [said.cosigner for said in self._attestations.cosigned(size)]
            if size == sizes[0]:
                names = tuple(cosigner.name for cosigner in present)
            if self._quorum is not None and self._quorum.met_by(present):
                return size, names
        return None, names


def _rows(connection: Rows, query: str, *values: Any) -> list[dict[str, Any]]:
    return connection.execute(query.encode(), values).fetchall()


def status_command(standings: Standings, words: Sequence[str]) -> int:
    """Carry out the verb; returns 0, and 1 when something needs a person."""
    parser = argparse.ArgumentParser(prog="journal status", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    asked = parser.parse_args(words)
    standing = standings.read()
    if asked.json:
        sys.stdout.write(json.dumps(standing.as_dict()) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(standing)) + "\n")
    return 1 if standing.alarms or standing.quorum is False else 0


def _lines(standing: Standing) -> list[str]:
    def ago(moment: datetime | None) -> str:
        return "never" if moment is None else f"{(standing.at - moment).total_seconds():.0f} s ago"

    anchor = f"{standing.anchored_size or 0}, {ago(standing.anchored_at)}; {standing.anchors_waiting} wait"
    quorum = {None: "not asked for", True: f"up to {standing.witnessed_size}", False: "NOT MET"}[standing.quorum]
    lines = [
        f"log          {standing.size} leaves",
        f"signed       {standing.signed_size}, {ago(standing.signed_at)}",
        f"witnesses    quorum {quorum}; the last state has {', '.join(standing.witnesses) or 'none'}",
        f"timestamp    {standing.token_size or 0}, {ago(standing.token_at)}; {standing.unstamped} leaves wait",
        "published    nothing"
        if standing.published_size is None
        else f"published    {standing.published_size}; the locked copy lacks {standing.worm_lag} leaves",
        f"monitored    {'never' if standing.monitored_size is None else standing.monitored_size}",
        f"anchored     {'nothing' if standing.anchors_waiting is None else anchor}",
        f"alarms       {standing.alarms}",
    ]
    for source in standing.sources:
        waits = "unknown" if source.waiting is None else f"{source.waiting} wait"
        lines.append(f"{source.service:12} {source.store_seq}, {waits}{', STOPPED' if source.stopped else ''}")
    return lines
