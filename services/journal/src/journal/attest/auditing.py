"""The audit: every row of every service's event store against every leaf, and the whole tree again, without any key.

It reads page by page, so that a log of any length takes the same memory.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from chassis.client import Unavailable
from proof.entry import state_hash
from proof.tree import Frontier, leaf_hash
from psycopg.rows import tuple_row

from journal.log.database import Database

CHUNK = 5_000  # leaves
PAGE = 500  # rows
MOST_FINDINGS = 1000  # listed; all are counted
TOLD_EVERY = 10_000  # leaves or rows; a multiple of both

StoredRow = Mapping[str, Any]
ReadRows = Callable[[str, int, int], Sequence[StoredRow]]
"""(service, after, limit) → its rows as they are: storeseq, type, agg, agg_ver, entry, state; raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a store and the log do not say the same; `place` is a number of the service, or a size of the log."""

    svc: str
    place: int
    what: str


@dataclass(slots=True)
class Compared:
    """How much of a service was compared; `ahead` rows are not in the log yet, which is no difference."""

    leaves: int = 0
    rows: int = 0
    ahead: int = 0


@dataclass(slots=True)
class Result:
    """What an audit found."""

    size: int = 0
    checkpoints: int = 0
    services: dict[str, Compared] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    differences: int = 0
    listed: list[Difference] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Tell whether everything was compared and is the same."""
        return not self.differences and not self.away

    def add(self, svc: str, place: int, what: str) -> None:
        """Count a difference."""
        self.differences += 1
        if len(self.listed) < MOST_FINDINGS:
            self.listed.append(Difference(svc, place, what))


class Audit:
    """Compares; `tell` is given a line now and then."""

    def __init__(self, database: Database, rows: ReadRows, tell: Callable[[str], object] = lambda _line: None) -> None:
        self._database = database
        self._rows = rows
        self._tell = tell

    def run(self) -> Result:
        """Audit everything that is there now."""
        result = Result()
        self._tree(result)
        for svc, last in self._services():
            result.services[svc] = Compared()
            try:
                self._service(result, svc, last)
            except Unavailable:
                result.away.append(svc)
        return result

    def _tree(self, result: Result) -> None:
        """Build the tree of the stored entries again, and compare it with every signed root."""
        with self._database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            with (
                connection.cursor(name="roots") as roots,
                connection.cursor(name="entries", row_factory=tuple_row) as entries,
            ):
                roots.execute("SELECT size, root FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size")
                entries.execute("SELECT idx, entry FROM journal.entry ORDER BY idx", binary=True)
                rebuilt = _Rebuilt(result, roots)
                while (chunk := entries.fetchmany(CHUNK)) and rebuilt.add(chunk):
                    if rebuilt.size % TOLD_EVERY == 0:
                        self._tell(f"tree: {rebuilt.size} leaves")
                rebuilt.end()

    def _services(self) -> list[tuple[str, int]]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT svc, max(store_seq) AS last FROM journal.entry WHERE kind = 'event' GROUP BY svc ORDER BY svc"
            ).fetchall()
        return [(row["svc"], row["last"]) for row in rows]

    def _service(self, result: Result, svc: str, last: int) -> None:
        """Compare all rows up to number `last`, which the log holds."""
        compared = result.services[svc]
        for after in range(0, last, PAGE):
            until = min(after + PAGE, last)
            leaves = dict(self._leaves(svc, after, until))
            rows = [row for row in self._rows(svc, after, PAGE) if row["storeseq"] <= until]
            held = {row["storeseq"]: row for row in rows}
            for number in range(after + 1, until + 1):
                difference = _compare(leaves.get(number), held.get(number))
                if difference:
                    result.add(svc, number, difference)
            compared.leaves += len(leaves)
            compared.rows += len(rows)
            if until % TOLD_EVERY < PAGE:
                self._tell(f"{svc}: {until} of {last} rows")
        compared.ahead = len(self._rows(svc, last, PAGE))

    def _leaves(self, svc: str, after: int, until: int) -> Iterator[tuple[int, bytes]]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT store_seq, entry FROM journal.entry WHERE svc = %s AND store_seq > %s AND store_seq <= %s",
                (svc, after, until),
            ).fetchall()
        for row in rows:
            yield row["store_seq"], bytes(row["entry"])


class _Rebuilt:
    """The tree made again, chunk by chunk, and the signed roots that it is compared with on the way."""

    def __init__(self, result: Result, roots: Iterator[Mapping[str, Any]]) -> None:
        self._result = result
        self._roots = roots
        self._waiting = next(roots, None)
        self._frontier = Frontier()

    @property
    def size(self) -> int:
        return self._frontier.size

    def add(self, chunk: Sequence[tuple[int, bytes]]) -> bool:
        """Add entries with their places; tell whether none is missing."""
        places = range(self.size, self.size + len(chunk))
        hashes = [leaf_hash(entry) for (index, entry), place in zip(chunk, places, strict=True) if index == place]
        while hashes:
            until = min(len(hashes), self._waiting["size"] - self.size) if self._waiting else len(hashes)
            self._frontier.extend(hashes[:until])
            hashes = hashes[until:]
            self._check()
        if self.size == places.stop:
            return True
        self._result.add("journal", self.size, "leaf-missing")
        return False

    def end(self) -> None:
        """Note how far the entries go, and that a signed root is beyond them."""
        self._result.size = self.size
        if self._waiting:
            self._result.add("journal", self._waiting["size"], "leaves-missing")

    def _check(self) -> None:
        if self._waiting and self._waiting["size"] == self.size:
            self._result.checkpoints += 1
            if bytes(self._waiting["root"]) != self._frontier.root():
                self._result.add("journal", self.size, "root-differs")
            self._waiting = next(self._roots, None)


def _compare(leaf: bytes | None, row: StoredRow | None) -> str | None:
    """Name the difference between what the log and what a store hold under one number."""
    if leaf is None:
        return "leaf-missing"
    if row is None:
        return "row-missing"
    if row["entry"] != leaf:
        return "entry-differs"
    try:
        said = json.loads(leaf)  # canonical when it was taken in, and the tree is the same
        place, state_h = (said["type"], said["agg"], said["agg_ver"]), said["state_h"]
    except (ValueError, KeyError, TypeError):
        return "leaf-unreadable"
    if (row["type"], row["agg"], row["agg_ver"]) != place:
        return "row-mislabelled"
    return None if state_hash(row["state"]) == state_h else "state-differs"


def audit_command(database: Database, rows: ReadRows, words: Sequence[str]) -> int:
    """Carry out the verb; returns 0 when all is the same, else 1."""
    parser = argparse.ArgumentParser(prog="journal audit", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    asked = parser.parse_args(words)
    shown = sys.stderr.isatty()
    result = Audit(database, rows, _tell if shown else lambda _line: None).run()
    if shown:
        sys.stderr.write("\r\033[K")
    write = sys.stdout.write
    if asked.json:
        write(json.dumps(asdict(result) | {"clean": result.clean}) + "\n")
        return 0 if result.clean else 1
    write(f"{result.size} leaves, {result.checkpoints} signed states rebuilt\n")
    for svc, compared in result.services.items():
        said = "did not answer" if svc in result.away else f"{compared.rows} rows compared, {compared.ahead} ahead"
        write(f"{svc}: {compared.leaves} leaves, {said}\n")
    for one in result.listed:
        write(f"DIFFERS {one.svc} {one.place}: {one.what}\n")
    unlisted = result.differences - len(result.listed)
    write(f"{result.differences} differences{f', {unlisted} not listed' if unlisted else ''}\n")
    return 0 if result.clean else 1


def _tell(line: str) -> None:
    sys.stderr.write(f"\r\033[K{line}")
    sys.stderr.flush()
