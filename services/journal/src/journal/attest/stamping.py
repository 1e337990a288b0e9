"""Timestamps of signed states (RFC 3161), and the seal that records each round of them in the log itself.

A checkpoint is stamped every ten minutes while the log grows, within seconds when something entered whose time matters,
and once a day when nothing happens. Without an authority that answers the log goes on; `/status` shows the gap.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

import httpx
from chassis.logging import get_logger
from chassis.process import rest
from eventstore import leadership
from proof.entry import encoded
from proof.note import Note
from proof.shapes import MAX_RESPONSE
from proof.timestamp import Authority, Timestamp, TimestampInvalid, imprint, request, stamped, verify

from journal.attest.attestations import Attestations
from journal.attest.posting import outside_client, post
from journal.attest.witnessing import Witnesses
from journal.log.appender import Appender
from journal.log.checkpoints import Checkpoints, Sealed
from journal.log.database import Database
from journal.log.records import Draft, Records, record

CADENCE_SECONDS = 600.0
IDLE_SECONDS = 86_400.0
TOGETHER_SECONDS = 5.0  # what matters at once within this time shares a token
TIMEOUT_SECONDS = 5.0
WITNESS_SECONDS = 2.0  # how long a stamp waits for cosignatures, so that the seal records them too
POLL_SECONDS = 0.5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 60.0  # after no authority answered
URGENT = (
    "dossier.document-validated",
    "dossier.document-refused",
    "dossier.dossier-completed",
    *(f"{svc}.letter-{what}" for svc in ("lre", "lre-gateway") for what in ("sent", "acknowledged")),
)
_QUERY = "application/timestamp-query"


@dataclass(frozen=True, slots=True)
class Source:
    """An authority: where it answers, and the certificates and policies that its tokens must have."""

    url: str
    authority: Authority


@dataclass(frozen=True, slots=True)
class _Stamp:
    response: bytes
    said: Timestamp


class Stamper:
    """Has signed states timestamped."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a stamp needs
        self,
        database: Database,
        records: Records,
        checkpoints: Checkpoints,
        attestations: Attestations,
        witnesses: Witnesses,
        sources: Sequence[Source] = (),
        policy: Callable[[], bytes] | None = None,
    ) -> None:
        """Stamp with every one of `sources`; `policy` is the trust policy that the seals name."""
        self._database = database
        self._checkpoints = checkpoints
        self._attestations = attestations
        self._witnesses = witnesses
        self.sources = tuple(sources)
        self._policy = policy
        self._records = records
        self._http = outside_client(TIMEOUT_SECONDS)
        self._pool = ThreadPoolExecutor(2 * len(self.sources) or 1, thread_name_prefix="authority")
        self._turn = threading.Lock()
        self._log = get_logger()

    def close(self) -> None:
        """Let the calls under way end, and close the connections."""
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def due(self) -> bool:
        """Tell whether the last signed state is to be stamped now; what only records former stamps is no reason."""
        last = self._checkpoints.last()
        if last is None or not self.sources:
            return False
        since = self._since()
        if since is None or since >= IDLE_SECONDS:
            return True
        if since < TOGETHER_SECONDS:
            return False
        where = "idx >= %(from)s AND idx < %(to)s"
        with self._database.transaction() as connection:
            row = connection.execute(
                f"SELECT EXISTS (SELECT 1 FROM journal.entry WHERE {where} AND kind <> 'seal') AS waits,"  # noqa: S608
                f" EXISTS (SELECT 1 FROM journal.entry WHERE {where} AND type = ANY(%(urgent)s)) AS urgent",
                {"from": self._attestations.stamped() or 0, "to": last.size, "urgent": list(URGENT)},
            ).fetchone()
        return row is not None and (row["urgent"] or (row["waits"] and since >= CADENCE_SECONDS))

    def stamp(self, sealed: Sealed, seconds: float = TIMEOUT_SECONDS) -> int:
        """Have a state stamped by every authority that answers within `seconds`, and record it; returns how many did.

        The tokens and the seal that records them are kept together or not at all.
        """
        note, deadline = Note.parse(sealed.note), time.monotonic() + seconds
        sys.audit("scelle.crashpoint", "journal.after-checkpoint")
        asked = {self._pool.submit(self._answer, source, note) for source in self.sources}
        self._witnesses.ask(sealed, min(seconds, WITNESS_SECONDS))
        answered = [future.result() for future in wait(asked, max(0.0, deadline - time.monotonic())).done]
        stamps = [stamp for stamp in answered if stamp is not None]
        if stamps:
            with self._records.writing() as appender:
                self._keep(appender, sealed, stamps)
            self._log.info("checkpoint-stamped", count=len(stamps), size=sealed.size)
        return len(stamps)

    def cover(self, index: int, seconds: float) -> None:
        """Have a token cover leaf `index`, unless one does; whoever asks at about the same time shares it.

        It waits for whoever is stamping and for the tokens of less than 5 s ago, then at most `seconds` for the
        authorities. Without an answer nothing happens.
        """
        if not self.sources or not self._turn.acquire(timeout=TOGETHER_SECONDS + seconds):
            return
        try:
            if self._covers(index):
                return
            since = self._since()
            if since is not None and since < TOGETHER_SECONDS:
                time.sleep(TOGETHER_SECONDS - since)
            last = self._checkpoints.last()
            if last is not None and not self._covers(index):
                self.stamp(last, seconds)
        finally:
            self._turn.release()

    def _covers(self, index: int) -> bool:
        return (self._attestations.stamped() or 0) > index

    def _since(self) -> float | None:
        """Return how many seconds ago the last token came, by the database's clock; None before the first."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT extract(epoch FROM clock_timestamp() - max(received_at)) AS seconds FROM journal.token"
            ).fetchone()
        return float(row["seconds"]) if row and row["seconds"] is not None else None

    def _answer(self, source: Source, note: Note) -> _Stamp | None:
        question = request(stamped(note))
        try:
            answer = post(self._http, source.url, question.data, _QUERY, MAX_RESPONSE)
            if answer.status == HTTPStatus.OK:
                return _Stamp(answer.body, verify(answer.body, imprint(note), [source.authority], question.nonce))
            self._log.warning("authority-refused", authority=source.authority.name, status=answer.status)
        except httpx.HTTPError as error:
            self._log.warning("authority-silent", authority=source.authority.name, error=type(error).__name__)
        except TimestampInvalid as error:
            self._log.error("timestamp-invalid", authority=source.authority.name, code=error.code)
        return None

    def _keep(self, appender: Appender, sealed: Sealed, stamps: Sequence[_Stamp]) -> None:
        for stamp in stamps:
            appender.connection.execute(
                "INSERT INTO journal.token (size, number, response, authority, stamped_at) VALUES (%(size)s,"
                " (SELECT count(*) FROM journal.token WHERE size = %(size)s), %(response)s, %(authority)s, %(at)s)",
                {
                    "size": sealed.size,
                    "response": stamp.response,
                    "authority": stamp.said.authority,
                    "at": stamp.said.at,
                },
            )
        lines = appender.connection.execute(
            "SELECT line FROM journal.cosignature WHERE size = %s ORDER BY id", (sealed.size,)
        ).fetchall()
        body = {
            "size": sealed.size,
            "root": encoded(sealed.root),
            "tokens": [encoded(sha256(stamp.response).digest()) for stamp in stamps],
            "cosignatures": [encoded(sha256(row["line"].encode()).digest()) for row in lines],
            "policy": encoded(sha256(self._policy()).digest()) if self._policy else None,
        }
        record(appender, [Draft("seal", body)])


def stamping(
    stamper: Stamper, checkpoints: Checkpoints, database_url: str
) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that has the log stamped when it is time, in one process at a time.

    While no authority answers it asks less and less often.
    """

    async def keep_stamping(stop: asyncio.Event) -> None:
        pause = 0.0
        async with leadership(database_url, "journal-stamping"):
            while not stop.is_set():
                if await asyncio.to_thread(stamper.due):
                    last = await asyncio.to_thread(checkpoints.last)
                    count = await asyncio.to_thread(stamper.stamp, last) if last else 0
                    pause = 0.0 if count else min(max(2 * pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
                await rest(stop, pause or POLL_SECONDS)

    return keep_stamping
