"""Who is signed in: nothing of it is readable in the database, and nothing of it works elsewhere."""

import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from portal.sessions import Session, Sessions, new_session
from portal.settings import Settings

pytestmark = pytest.mark.anyio


def _session() -> Session:
    return new_session("an access token", "a refresh token", time.time() + 600, {"kind": "client", "first_name": "Ada"})


def _rows(settings: Settings) -> list[Any]:
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute("SELECT digest, sealed FROM portal.session").fetchall()


async def test_a_browser_finds_its_session_again_and_no_other(sessions: Sessions) -> None:
    mine, other = _session(), _session()
    await sessions.keep(mine)
    await sessions.keep(other)
    assert await sessions.find(mine.cookie) == mine
    assert await sessions.find(mine.cookie[:-1]) is None


async def test_neither_cookie_nor_token_is_readable_in_the_database(sessions: Sessions, settings: Settings) -> None:
    mine = _session()
    await sessions.keep(mine)
    ((digest, sealed),) = _rows(settings)
    for secret in (mine.cookie, mine.access_token, mine.refresh_token, "Ada"):
        assert secret.encode() not in bytes(digest) + bytes(sealed)


async def test_new_tokens_take_the_place_of_the_former(sessions: Sessions, settings: Settings) -> None:
    mine = _session()
    await sessions.keep(mine)
    renewed = mine.renewed("another", "yet another", time.time() + 600)
    await sessions.keep(renewed)
    assert await sessions.find(mine.cookie) == renewed
    assert len(_rows(settings)) == 1


async def test_a_session_ends_when_it_is_forgotten_or_its_day_is_over(sessions: Sessions, settings: Settings) -> None:
    mine, old = _session(), _session()
    await sessions.keep(mine)
    await sessions.keep(old)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("UPDATE portal.session SET expires_at = now() - interval '1 second'")
    assert await sessions.find(old.cookie) is None
    await sessions.forget(mine.cookie)
    assert _rows(settings) == []


async def test_a_session_that_identity_ended_ends_here_and_no_other(sessions: Sessions) -> None:
    ended, other, without = (
        replace(_session(), me={"session_id": "a"}),
        replace(_session(), me={"session_id": "b"}),
        _session(),
    )
    for one in (ended, other, without):
        await sessions.keep(one)
    await sessions.end(["a", "c"])
    assert await sessions.find(ended.cookie) is None
    assert [await sessions.find(one.cookie) for one in (other, without)] == [other, without]


async def test_what_was_sealed_for_one_session_opens_in_no_other(sessions: Sessions) -> None:
    mine, other = _session(), _session()
    sealed = sessions.seal(mine.cookie, b"a ticket")
    assert sessions.unseal(mine.cookie, sealed) == b"a ticket"
    for cookie, box in ((other.cookie, sealed), (mine.cookie, sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(ValueError, match="not sealed for this session"):
            sessions.unseal(cookie, box)
