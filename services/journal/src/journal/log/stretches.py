"""Reading the log in bulk: many entries at once, as an audit compares and hashes them."""

from collections.abc import Generator
from hashlib import sha256
from struct import unpack
from typing import NamedTuple

from eventstore.bulk import copied

from journal.log.database import Rows

NUMBER, SIZE = 8, 4  # bytes


class Stretch(NamedTuple):
    """Entries that follow each other, laid out as `chassis.feed.Stretch` has them."""

    numbers: bytes
    sizes: bytes
    entries: bytes


_IN_ORDER = """
SELECT joined.* FROM generate_series(%(first)s::bigint, %(last)s::bigint, %(length)s::bigint) AS first, LATERAL (
    SELECT coalesce(string_agg(int8send(number), ''), ''), coalesce(string_agg(int4send(length(entry)), ''), ''),
           coalesce(string_agg(entry, '\\x00'), '')
    FROM (
        SELECT idx AS number, coalesce(entry, '') AS entry FROM journal.entry
        WHERE idx >= first AND idx < first + %(length)s AND idx <= %(last)s
        ORDER BY idx
    ) AS row
) AS joined"""
_OF_SERVICE = _IN_ORDER.replace("idx", "store_seq").replace("WHERE", "WHERE svc = %(svc)s AND")


def in_order(connection: Rows, size: int, length: int) -> Generator[Stretch]:
    """Read the first `size` entries of the log, `length` places at a time; close it if it is not read out."""
    values = {"first": 0, "last": size - 1, "length": length}
    yield from map(Stretch._make, copied(connection, _IN_ORDER, values, len(Stretch._fields)))


def of_service(connection: Rows, svc: str, last: int, length: int) -> Generator[Stretch]:
    """Read the entries of a service up to number `last`, `length` numbers at a time; close it if it is not read out."""
    values = {"svc": svc, "first": 1, "last": last, "length": length}
    yield from map(Stretch._make, copied(connection, _OF_SERVICE, values, len(Stretch._fields)))


def numbers(joined: bytes) -> tuple[int, ...]:
    """Return the numbers of a stretch."""
    return unpack(f">{len(joined) // NUMBER}q", joined)


def cut(sizes: bytes, joined: bytes) -> list[bytes]:
    """Take joined values apart."""
    values, begin = [], 0
    for size in unpack(f">{len(sizes) // SIZE}i", sizes):
        values.append(joined[begin : begin + size])
        begin += size + 1
    return values


def leaf_hashes(stretch: Stretch) -> list[bytes]:
    """Hash each entry as a leaf; the NUL that joins it to the one before is the prefix that a leaf is hashed with."""
    hashes, joined, begin = [], b"\x00" + stretch.entries, 0
    for size in unpack(f">{len(stretch.sizes) // SIZE}i", stretch.sizes):
        hashes.append(sha256(joined[begin : begin + size + 1]).digest())
        begin += size + 1
    return hashes
