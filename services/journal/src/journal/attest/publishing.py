"""Publishing the log: tiles and bundles of entries first, then checkpoints and tokens, the latest checkpoint last.

Whoever reads a checkpoint therefore finds what it covers. Objects never change: every step looks before it puts, so
that a publisher killed anywhere makes the same steps again, and other bytes under a name are an alarm. The second
bucket is the copy that nobody can change: checkpoints and tokens at once, tiles and bundles when they are full, the
partial ones every hour.
"""

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.logging import get_logger
from chassis.process import rest
from eventstore import leadership
from proof.note import NoteInvalid
from proof.tiles import WIDTH, Tile, encode_entries, encode_tile, partial_tiles, tiles

from journal.attest.layout import LATEST, anchor_name, cosigned_name, note_name, token_name
from journal.attest.progress import Progress
from journal.attest.published import size_in
from journal.attest.s3 import Bucket, StorageAway
from journal.log.alarms import raise_alarm
from journal.log.database import Database

DIFFERS = "published-differs"
POLL_SECONDS = 1.0
AWAY_SECONDS = 5.0
PARTIAL_EVERY = timedelta(hours=1)
STRIDE = 64 * WIDTH  # leaves published before the place is kept
PAGE = 500  # rows

Place = dict[str, Any]
"""`size`: published whole; `tiles`: full tiles; `token`, `cosignature`, `anchor`: ids; `partial`, `partial_at`: in the
copy."""


class PublishedDiffers(RuntimeError):
    """An object exists with other bytes than the log has; nothing is published until a person has looked."""


class Publisher:
    """Publishes whatever is signed and not published yet, each time it is asked to."""

    def __init__(
        self, database: Database, tiles_bucket: Bucket, worm: Bucket, note: Callable[[int], bytes | None]
    ) -> None:
        """`note` gives a signed checkpoint with all its cosignatures, which the latest is published with."""
        self._database = database
        self._tiles, self._worm = tiles_bucket, worm
        self._note = note
        self._progress = Progress(database, "publishing")
        self._prepared = False

    def publish(self, now: datetime | None = None) -> int:
        """Publish what is new; returns the size published. Raises PublishedDiffers, StorageAway."""
        self._prepare()
        latest = self._latest_size()
        place = self._place(latest)
        size = self._signed_size()
        if size < max(latest, 1):
            return latest  # nothing is signed, or the database was set back: the recovery has its turn first
        if size > place["size"]:
            self._publish_tiles(place, size)
            sys.audit("scelle.crashpoint", "journal.after-tiles")
            self._publish_notes(place["size"], size)
        self._publish_tokens(place, size)
        self._publish_anchors(place, size)
        self._publish_cosigned(place, size)
        self._publish_latest(size)
        self._publish_partials(place, size, now or datetime.now(UTC))
        self._prune(place["size"], size)
        place["size"] = size
        self._progress.keep(place)
        return size

    def _prepare(self) -> None:
        if not self._prepared:
            self._tiles.prepare()
            self._worm.prepare()
            self._prepared = True

    def _latest_size(self) -> int:
        """Return the size of the latest checkpoint that readers find."""
        latest = self._tiles.get(LATEST)
        try:
            return size_in(latest) if latest else 0
        except NoteInvalid:
            raise self._differs(self._tiles, LATEST, latest or b"", 0) from None

    def _place(self, latest: int) -> Place:
        """Return where to go on; from the beginning when the bucket does not have what was once put there."""
        place = self._progress.read()
        if not place or latest < place["size"]:
            return {"size": 0, "tiles": 0, "token": 0, "cosignature": 0, "partial": 0, "partial_at": None}
        return place

    def _signed_size(self) -> int:
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT max(size) AS size FROM journal.checkpoint WHERE note IS NOT NULL"
            ).fetchone()
        return int(row["size"]) if row and row["size"] else 0

    def _publish_tiles(self, place: Place, size: int) -> None:
        while place["tiles"] < size:
            upper = min(size, (place["tiles"] // STRIDE + 1) * STRIDE)
            for tile in tiles(upper, place["tiles"]):
                if tile.full:
                    self._put_tile(tile, size)
            place["tiles"] = upper
            self._progress.keep(place)
        for tile in partial_tiles(size):
            self._put_tile(tile, size)

    def _put_tile(self, tile: Tile, size: int) -> None:
        for name, data in self._content(tile):
            self._put(self._tiles, name, data, size)
            if tile.full:
                self._put(self._worm, name, data, size)

    def _publish_notes(self, former: int, size: int) -> None:
        for row in self._rows("SELECT size AS id, note FROM journal.checkpoint WHERE note IS NOT NULL", former):
            if row["id"] > size:
                break
            self._put_both(note_name(row["id"]), bytes(row["note"]), row["id"])

    def _publish_tokens(self, place: Place, size: int) -> None:
        for row in self._rows(
            "SELECT id, size, number, response FROM journal.token WHERE true", place["token"], "token"
        ):
            if row["size"] > size:
                break
            self._put_both(token_name(row["size"], row["number"]), bytes(row["response"]), row["size"])
            place["token"] = row["id"]

    def _publish_anchors(self, place: Place, size: int) -> None:
        """Publish the public anchors that have their block; those that wait may change."""
        query = "SELECT proved AS id, size, proof FROM journal.anchor WHERE proved IS NOT NULL"
        for row in self._rows(query, place.get("anchor", 0), "anchor", "proved"):
            if row["size"] > size:
                break
            self._put_both(anchor_name(row["size"]), bytes(row["proof"]), row["size"])
            place["anchor"] = row["id"]

    def _publish_cosigned(self, place: Place, size: int) -> None:
        """Publish a checkpoint again for each cosignature that it got, with those before it."""
        query = (
            "SELECT c.id, c.size, k.note, (SELECT array_agg(o.line ORDER BY o.id) FROM journal.cosignature o"
            " WHERE o.size = c.size AND o.id <= c.id) AS lines"
            " FROM journal.cosignature c JOIN journal.checkpoint k ON k.size = c.size WHERE true"
        )
        for row in self._rows(query, place["cosignature"], "cosignature", "c.id"):
            if row["size"] > size:
                break
            note = bytes(row["note"]) + "".join(row["lines"]).encode()
            self._put_both(cosigned_name(row["size"], len(row["lines"])), note, row["size"])
            place["cosignature"] = row["id"]

    def _publish_latest(self, size: int) -> None:
        """Let readers find the checkpoint; it is the only object that is ever replaced."""
        note = self._note(size)
        if note is not None and note != self._tiles.get(LATEST):
            self._tiles.put(LATEST, note)

    def _publish_partials(self, place: Place, size: int, now: datetime) -> None:
        """Copy what is not full yet, so that the copy is never more than an hour behind."""
        if size == place["partial"]:
            return
        if place["partial_at"] and now < datetime.fromisoformat(place["partial_at"]) + PARTIAL_EVERY:
            return
        for tile in partial_tiles(size):
            for name, data in self._content(tile):
                self._put(self._worm, name, data, size)
        place["partial"], place["partial_at"] = size, now.isoformat()

    def _prune(self, former: int, size: int) -> None:
        """Remove the partial tiles that a full one has replaced, as the specification lets a log do."""
        for tile in tiles(size, former):
            if tile.full:
                paths = [tile.path, tile.entries_path] if tile.level == 0 else [tile.path]
                for path in paths:
                    self._tiles.remove(list(self._tiles.names(f"{path}.p/")))

    def _content(self, tile: Tile) -> Iterator[tuple[str, bytes]]:
        """Read what belongs to a tile: its hashes, and the entries under it."""
        where, until = tile.first, tile.first + tile.width
        with self._database.transaction() as connection:
            hashes = connection.execute(
                "SELECT hash FROM journal.node WHERE level = %s AND idx >= %s AND idx < %s ORDER BY idx",
                (8 * tile.level, where, until),
            ).fetchall()
            entries = (
                connection.execute(
                    "SELECT entry FROM journal.entry WHERE idx >= %s AND idx < %s ORDER BY idx", (where, until)
                ).fetchall()
                if tile.level == 0
                else []
            )
        if len(hashes) != tile.width or (tile.level == 0 and len(entries) != tile.width):
            raise RuntimeError(f"the tables do not hold all of {tile.path}")
        if tile.level == 0:
            yield tile.entries_path, encode_entries(bytes(row["entry"]) for row in entries)
        yield tile.path, encode_tile(bytes(row["hash"]) for row in hashes)

    def _rows(self, query: str, after: int, table: str | None = None, key: str = "size") -> Iterator[dict[str, Any]]:
        """Read rows by growing key, page by page; `table` is one that several may be adding to."""
        page = f"{query} AND {key} > %s ORDER BY {key} LIMIT {PAGE}".encode()
        while True:
            with self._database.transaction() as connection:
                rows = connection.execute(page, (after,)).fetchall()
                if rows and table:  # a row takes its number before it can be seen: wait for those being added below
                    connection.execute(f"LOCK TABLE journal.{table} IN SHARE MODE".encode())
                    rows = connection.execute(page, (after,)).fetchall()
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1]["id"]

    def _put_both(self, name: str, data: bytes, size: int) -> None:
        self._put(self._tiles, name, data, size)
        self._put(self._worm, name, data, size)

    def _put(self, bucket: Bucket, name: str, data: bytes, size: int) -> None:
        held = bucket.get(name)
        if held is None:
            bucket.put(name, data)
        elif held != data:
            raise self._differs(bucket, name, held, size)

    def _differs(self, bucket: Bucket, name: str, held: bytes, size: int) -> PublishedDiffers:
        said = f"{bucket.name}/{name} {hashlib.sha256(held).hexdigest()}"
        raise_alarm(self._database, DIFFERS, size, said.encode())
        return PublishedDiffers(f"{bucket.name}/{name}")


def publishing(publisher: Publisher, database_url: str) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that publishes, in one process at a time."""

    async def publish(stop: asyncio.Event) -> None:
        log = get_logger()
        async with leadership(database_url, "journal-publishing"):
            published, away = 0, False
            while not stop.is_set():
                pause = POLL_SECONDS
                try:
                    size = await asyncio.to_thread(publisher.publish)
                    if size != published or away:
                        log.info("log-published", count=size)
                    published, away = size, False
                except StorageAway as error:
                    if not away:
                        log.warning("storage-away", cause=str(error))
                    away, pause = True, AWAY_SECONDS
                await rest(stop, pause)

    return publish
