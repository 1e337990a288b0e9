"""The audit: every row of every service's event store against every leaf, and the whole tree again, without any key.

It reads page by page, so that a log of any length takes the same memory.
"""

import argparse
import json
import sys
from binascii import b2a_base64
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from operator import contains
from struct import pack
from typing import Any, NamedTuple

from chassis.client import Unavailable
from chassis.feed import Stretch
from proof.tree import Frontier

from journal.log import stretches
from journal.log.database import Database, log_size
from journal.log.stretches import NUMBER, cut, leaf_hashes, numbers

LENGTH = 250  # numbers of a stretch
MOST_AHEAD = 500  # rows that are counted
MOST_FINDINGS = 1000  # listed; all are counted
TOLD_EVERY = 10_000  # leaves or rows; a multiple of a stretch

ReadRows = Callable[[str, int, int, int], Generator[Stretch]]
"""(service, after, until, length) → what its store holds, in stretches; raises Unavailable, perhaps after some."""


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
        database = self._database
        with database.transaction() as first, first.cursor(name="roots") as roots, database.transaction() as second:
            # Read before the entries are, so that every root is one of entries that are there.
            roots.execute("SELECT size, root FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size")
            rebuilt = _Rebuilt(result, roots, log_size(second))
            with closing(stretches.in_order(second, rebuilt.until, LENGTH)) as log:
                for stretch in log:
                    if not rebuilt.add(stretch):
                        break
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
        with (
            self._database.transaction() as connection,
            closing(self._rows(svc, 0, last, LENGTH)) as store,
            closing(stretches.of_service(connection, svc, last, LENGTH)) as log,
        ):
            for after, (rows, leaves) in zip(range(0, last, LENGTH), zip(store, log, strict=True), strict=True):
                until = min(after + LENGTH, last)
                if not _same(leaves, rows, after, until):
                    _name(result, svc, range(after + 1, until + 1), leaves, rows)
                compared.leaves += len(leaves.numbers) // NUMBER
                compared.rows += len(rows.numbers) // NUMBER
                if until % TOLD_EVERY == 0:
                    self._tell(f"{svc}: {until} of {last} rows")
        with closing(self._rows(svc, last, last + MOST_AHEAD, LENGTH)) as store:
            compared.ahead = sum(len(rows.numbers) // NUMBER for rows in store)


class _Rebuilt:
    """The tree made again, stretch by stretch, and the signed roots that it is compared with on the way."""

    def __init__(self, result: Result, roots: Iterator[Mapping[str, Any]], until: int) -> None:
        self.until = until
        self._result = result
        self._roots = roots
        self._waiting = next(roots, None)
        self._frontier = Frontier()

    @property
    def size(self) -> int:
        return self._frontier.size

    def add(self, stretch: stretches.Stretch) -> bool:
        """Add entries with their places; tell whether none is missing."""
        places = range(self.size, min(self.size + LENGTH, self.until))
        hashes = leaf_hashes(stretch)
        if stretch.numbers != _packed(places):
            pairs = zip(hashes, numbers(stretch.numbers), places, strict=False)
            hashes = [one for one, number, place in pairs if number == place]
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


class _Row(NamedTuple):
    """What a store holds under a number; its place and its type are spelled as in an entry."""

    entry: bytes
    state: bytes
    place: bytes
    type: bytes


def _same(leaves: stretches.Stretch, rows: Stretch, after: int, until: int) -> bool:
    """Tell whether the log and a store hold all of these numbers, and hold the same.

    A member of an entry is compared by finding it in the bytes. In canonical JSON a quote within a text always follows
    a backslash, so that `"name":` stands nowhere but where the member begins; of the names asked for here no document
    of an entry has one, and `type` and `v` come last. What a row says is thus found in its entry if and only if the
    entry says it. Leaves were canonical when they were taken in, and the tree says whether they are the same.
    """
    if leaves != rows[: len(leaves)] or leaves.numbers != _packed(range(after + 1, until + 1)):
        return False
    entries = cut(leaves.sizes, leaves.entries)
    states = map(_state_member, cut(rows.state_sizes, rows.states))
    places, types = rows.places.split(b"\x00"), rows.types.split(b"\x00")
    return (
        len(rows.state_sizes) == len(leaves.sizes)
        and len(places) == len(types) == len(entries)
        and all(map(contains, entries, states))
        and all(map(contains, entries, places))
        and all(map(bytes.endswith, entries, types))
    )


def _name(result: Result, svc: str, asked: range, leaves: stretches.Stretch, rows: Stretch) -> None:
    """Name every difference of a stretch."""
    said = zip(
        cut(rows.entry_sizes, rows.entries),
        cut(rows.state_sizes, rows.states),
        rows.places.split(b"\x00"),
        rows.types.split(b"\x00"),
        strict=bool(rows.numbers),  # nothing, too, splits into one
    )
    held = dict(zip(numbers(rows.numbers), map(_Row._make, said), strict=True))
    logged = dict(zip(numbers(leaves.numbers), cut(leaves.sizes, leaves.entries), strict=True))
    for number in asked:
        what = _compare(logged.get(number), held.get(number))
        if what:
            result.add(svc, number, what)


def _compare(leaf: bytes | None, row: _Row | None) -> str | None:
    """Name the difference between what the log and what a store hold under one number."""
    if leaf is None:
        return "leaf-missing"
    if row is None:
        return "row-missing"
    if row.entry != leaf:
        return "entry-differs"
    if not _is_event(leaf):
        return "leaf-unreadable"
    if row.place not in leaf or not leaf.endswith(row.type):
        return "row-mislabelled"
    return None if _state_member(row.state) in leaf else "state-differs"


def _is_event(leaf: bytes) -> bool:
    try:
        said = json.loads(leaf)
    except ValueError:
        return False
    return isinstance(said, dict) and said.keys() >= {"type", "agg", "agg_ver", "state_h"}


def _state_member(state: bytes) -> bytes:
    return b'"state_h":"' + b2a_base64(sha256(state).digest(), newline=False) + b'"'


def _packed(asked: range) -> bytes:
    return pack(f">{len(asked)}q", *asked)


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
