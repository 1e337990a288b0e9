"""Calls of a provider, kept in memory until the store takes them."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from lre_gateway import wiring
from lre_gateway.adapters.hints import Call, HintWriter, TooManyCalls

MIGRATION = Path(wiring.__file__).parent.parent / "migrations" / "0001_work.sql"


def a_call(body: bytes = b"id_mail=1") -> Call:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Call(provider="ar24", letter_id=uuid4(), headers=headers, body=body, received_at=datetime.now(UTC))


def kept(database_url: str) -> list[Any]:
    with psycopg.connect(database_url) as connection:
        return connection.execute("SELECT provider, letter_id, headers, body FROM letters.hint ORDER BY id").fetchall()


def migrate(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(MIGRATION.read_text().encode())


Opening = Callable[..., HintWriter]


@pytest.fixture
def writer(database_url: str) -> Iterator[Opening]:
    opened: list[HintWriter] = []

    def open_one(**options: Any) -> HintWriter:
        opened.append(HintWriter(database_url, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_calls_are_written_as_they_came_and_in_their_order(database_url: str, writer: Opening) -> None:
    migrate(database_url)
    box, calls = writer(), [a_call(str(number).encode()) for number in range(500)]
    written = [box.put(call) for call in calls]
    for one in written:
        one.result(30)
    assert kept(database_url) == [(call.provider, call.letter_id, call.headers, call.body) for call in calls]


def test_calls_wait_while_the_store_cannot_take_them(database_url: str, writer: Opening) -> None:
    box, call = writer(), a_call()
    written = box.put(call)
    with pytest.raises(TimeoutError):
        written.result(1)
    migrate(database_url)
    written.result(30)
    assert len(kept(database_url)) == 1


def test_what_waits_is_written_before_the_process_ends(database_url: str, writer: Opening) -> None:
    migrate(database_url)
    box = writer()
    for _ in range(100):
        box.put(a_call())
    box.close()
    assert len(kept(database_url)) == 100


def test_what_could_not_be_written_a_moment_ago_is_tried_once_more_at_the_end(
    database_url: str, writer: Opening
) -> None:
    box = writer()
    written = box.put(a_call())
    with pytest.raises(TimeoutError):
        written.result(0.3)
    migrate(database_url)
    box.close()
    assert len(kept(database_url)) == 1


def test_a_full_memory_asks_the_provider_to_call_again(writer: Opening) -> None:
    box = writer(capacity=3)  # there is no table to write to

    def call_again_and_again() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            box.put(a_call())

    with pytest.raises(TooManyCalls):
        call_again_and_again()
