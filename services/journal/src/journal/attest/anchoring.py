"""Public anchors: once a day the state that closed it is given to calendars, which lead it to a Bitcoin block.

What they are given is a hash over the imprint and a nonce, so that they learn nothing, not even which log asks. The
proof that waits is kept beside the checkpoint, and asked about until a block attests it; then it never changes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from secrets import token_bytes

from chassis.logging import get_logger
from chassis.process import rest
from eventstore import leadership
from proof.checkpoint import imprint
from proof.note import Note
from proof.ots import MAX_OTS, SHA256, Attestation, Proof, appended

from journal.attest.calendars import Calendars
from journal.log.checkpoints import Checkpoints, Sealed
from journal.log.database import Database, log_size

POLL_SECONDS = 10.0
REFUSED_SECONDS = 300.0  # after no calendar took a state
UPGRADE_SECONDS = 1800.0  # blocks come every ten minutes, and calendars wait for several
MOST_ASKED = 32  # proofs; what a calendar has not proved in a month it has lost
NONCE_SIZE = 16  # bytes


class Anchorer:
    """Has the signed states that close days anchored."""

    def __init__(self, database: Database, checkpoints: Checkpoints, calendars: Calendars) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._calendars = calendars
        self._log = get_logger()

    def close(self) -> None:
        """Close the connections."""
        self._calendars.close()

    def due(self) -> Sealed | None:
        """Return the signed state that closes the last closed day, unless it was asked for or says nothing new."""
        last = self._checkpoints.last()
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT max(size) AS closed, (SELECT max(size) FROM journal.anchor) AS asked FROM journal.day"
            ).fetchone()
            size = log_size(connection)
        if row is None or row["closed"] is None or last is None:
            return None
        closed, asked = row["closed"], row["asked"]
        heads_signed = last.size > closed or last.size == closed == size  # the heads come right behind the close
        return last if heads_signed and (asked is None or asked < closed) else None

    def anchor(self, sealed: Sealed) -> bool:
        """Give a state to the calendars; returns whether one promised a block, and keeps the proof that waits then."""
        digest, nonce = imprint(Note.parse(sealed.note)), token_bytes(NONCE_SIZE)
        hidden = sha256(digest + nonce).digest()
        start = Attestation((appended(nonce), SHA256), hidden, b"")
        promises = self._calendars.promises(hidden)
        if not promises:
            return False
        proof = Proof(digest, (start,)).continued(start, promises)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO journal.anchor (size, proof) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (sealed.size, proof.encode()),
            )
        self._log.info("checkpoint-promised", count=len(promises), size=sealed.size)
        return True

    def upgrade(self) -> int:
        """Ask for the blocks of the last proofs that wait; returns how many are proved now."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT size, proof FROM journal.anchor WHERE height IS NULL ORDER BY size DESC LIMIT %s", (MOST_ASKED,)
            ).fetchall()
        return sum(self._proved(row["size"], Proof.parse(bytes(row["proof"]))) for row in rows)

    def _proved(self, size: int, proof: Proof) -> bool:
        proof = self._calendars.continued(proof)
        heights = [one.height for one in proof.attestations if one.height is not None]
        data = proof.encode()
        if not heights or len(data) > MAX_OTS:
            return False
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE journal.anchor SET proof = %s, height = %s, proved = nextval('journal.anchor_proved'),"
                " proved_at = clock_timestamp() WHERE size = %s AND height IS NULL",
                (data, min(heights), size),
            )
        self._log.info("checkpoint-anchored", size=size)
        return True


def anchoring(anchorer: Anchorer, database_url: str) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that has days anchored, in one process at a time; calendars that are away are asked again."""

    async def keep_anchoring(stop: asyncio.Event) -> None:
        async with leadership(database_url, "journal-anchoring"):
            now = asyncio.get_running_loop().time
            ask = upgrade = now()
            while not stop.is_set():
                sealed = await asyncio.to_thread(anchorer.due)
                if sealed is not None and now() >= ask and not await asyncio.to_thread(anchorer.anchor, sealed):
                    ask = now() + REFUSED_SECONDS
                if now() >= upgrade:
                    await asyncio.to_thread(anchorer.upgrade)
                    upgrade = now() + UPGRADE_SECONDS
                await rest(stop, POLL_SECONDS)

    return keep_anchoring
