"""Rows in bulk: PostgreSQL joins hundreds of them, so that a reader has few large values instead of many small ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from psycopg import Connection

# Columns are spelled as the entry spells the same members, so that to compare them is to find them there. What somebody
# made NULL is read as no bytes, or as what no entry says. Each stretch is joined by itself: one GROUP BY over all would
# sort them on the disk.
_STRETCHES = """
SELECT joined.* FROM generate_series(%(after)s::bigint + 1, %(until)s::bigint, %(length)s::bigint) AS first, LATERAL (
    SELECT coalesce(string_agg(int8send(number), ''), ''),
           coalesce(string_agg(int4send(length(entry)), ''), ''), coalesce(string_agg(entry, '\\x00'), ''),
           coalesce(string_agg(int4send(length(state)), ''), ''), coalesce(string_agg(state, '\\x00'), ''),
           coalesce(string_agg(convert_to(place, 'UTF8'), '\\x00'), ''),
           coalesce(string_agg(convert_to(type, 'UTF8'), '\\x00'), '')
    FROM (
        SELECT notification_id AS number, coalesce(entry, '') AS entry, coalesce(state, '') AS state,
               coalesce('"agg":"' || originator_id || '","agg_ver":' || originator_version || ',"cause":', '"NULL"')
                   AS place,
               coalesce('"type":"' || topic || '","v":1}', '"NULL"') AS type
        FROM ledger.stored_events
        WHERE notification_id >= first AND notification_id < first + %(length)s AND notification_id <= %(until)s
        ORDER BY notification_id
    ) AS row
) AS joined"""


def stretches(connection: Connection[Any], after: int, until: int, length: int) -> Generator[tuple[bytes, ...]]:
    """Read rows `after` + 1 to `until`, `length` numbers at a time; `chassis.feed.Stretch` names the columns."""
    return copied(connection, _STRETCHES, {"after": after, "until": until, "length": length}, 7)


def copied(
    connection: Connection[Any], query: str, values: Mapping[str, object], columns: int
) -> Generator[tuple[bytes, ...]]:
    """Read so many columns of bytes by COPY, which sends while the reader works; close it if it is not read out."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode(), values) as rows,
    ):
        rows.set_types(["bytea"] * columns)
        yield from rows.rows()
