"""Calls of a provider, written down by a thread of its own: those that come while one write lasts share the next."""

import json
import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from chassis.logging import get_logger

CAPACITY: Final = 2_000
"""Calls that wait in memory: about 40 MB at the longest body, ten seconds of the heaviest traffic measured."""
MAX_BODY_BYTES: Final = 16 * 1024
AT_ONCE: Final = 200
PAUSE_SECONDS: Final = 0.5
STATEMENT_SECONDS: Final = 5
CLOSE_SECONDS: Final = 8.0


class TooManyCalls(Exception):
    """The memory for calls is full; the provider is asked to call again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a provider."""

    provider: str
    letter_id: UUID | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


class HintWriter:
    """Takes calls at once and writes them in bunches; close it at the end."""

    def __init__(self, dsn: str, *, capacity: int = CAPACITY) -> None:
        self._dsn = dsn
        self._waiting: queue.Queue[tuple[Call, Future[None]]] = queue.Queue(capacity)
        self._stop = threading.Event()
        self._log = get_logger()
        self._thread = threading.Thread(target=self._run, name="hint-writer", daemon=True)
        self._thread.start()

    def put(self, call: Call) -> Future[None]:
        """Take a call; the future ends when it is written. Raises TooManyCalls, never waits."""
        written: Future[None] = Future()
        written.set_running_or_notify_cancel()  # a caller who leaves cancels nothing
        try:
            self._waiting.put_nowait((call, written))
        except queue.Full:
            raise TooManyCalls from None
        return written

    def close(self) -> None:
        """Write what waits, for a few seconds at most, and stop."""
        self._stop.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        bunch: list[tuple[Call, Future[None]]] = []
        while not (self._stop.is_set() and self._waiting.empty() and not bunch):
            bunch = bunch or self._bunch()
            if not bunch:
                continue
            last_try = self._stop.is_set()
            try:
                connection = connection or self._connect()
                _write(connection, [call for call, _ in bunch])
            except psycopg.Error as error:
                self._log.warning("hints-not-written", error=type(error).__name__, count=len(bunch))
                if connection is not None:
                    connection.close()
                connection = None
                if last_try:
                    break
                self._stop.wait(PAUSE_SECONDS)
                continue
            for _, written in bunch:
                written.set_result(None)
            bunch = []
        if connection is not None:
            connection.close()

    def _bunch(self) -> list[tuple[Call, Future[None]]]:
        found: list[tuple[Call, Future[None]]] = []
        with suppress(queue.Empty):
            found.append(self._waiting.get(timeout=0.05 if self._stop.is_set() else 0.5))
            while len(found) < AT_ONCE:
                found.append(self._waiting.get_nowait())
        return found

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=STATEMENT_SECONDS)
        connection.execute(f"SET statement_timeout = {STATEMENT_SECONDS * 1000}")
        return connection


def _write(connection: psycopg.Connection[Any], calls: Sequence[Call]) -> None:
    connection.execute(
        "INSERT INTO letters.hint (provider, letter_id, headers, body, received_at)"
        " SELECT * FROM unnest(%s::text[], %s::uuid[], %s::jsonb[], %s::bytea[], %s::timestamptz[])",
        (
            [call.provider for call in calls],
            [call.letter_id for call in calls],
            [json.dumps(dict(call.headers)) for call in calls],
            [call.body for call in calls],
            [call.received_at for call in calls],
        ),
    )
