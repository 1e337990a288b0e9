import asyncio

import psycopg
import pytest
from eventstore import leadership
from eventstore.leadership import BREATH_SECONDS, LeadershipLost


def test_a_second_process_waits_until_the_first_is_gone(database_url: str) -> None:
    order: list[str] = []

    async def lead(name: str, seconds: float) -> None:
        async with leadership(database_url, "relay"):
            order.append(f"{name} leads")
            await asyncio.sleep(seconds)
            order.append(f"{name} ends")

    async def both() -> None:
        first = asyncio.create_task(lead("first", 0.5))
        await asyncio.sleep(0.2)
        await asyncio.gather(first, lead("second", 0), lead_other())

    async def lead_other() -> None:
        async with leadership(database_url, "another job"):
            order.append("another job goes on")

    asyncio.run(both())
    assert order == ["first leads", "another job goes on", "first ends", "second leads", "second ends"]


@pytest.mark.fault("F13")
def test_a_leader_whose_session_is_ended_leads_no_more(database_url: str) -> None:
    """So does PostgreSQL with the session of a process that is held still: it says nothing for longer than it may."""

    async def lead() -> str:
        async with leadership(database_url, "relay"):
            with psycopg.connect(database_url, autocommit=True) as operator:
                ended = operator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                ).fetchall()
                assert ended == [(True,)]
            await asyncio.sleep(4 * BREATH_SECONDS)
            return "still leads"

    with pytest.raises(LeadershipLost):
        asyncio.run(lead())


def test_what_fails_in_the_block_is_what_comes_out_of_it(database_url: str) -> None:
    async def lead() -> None:
        async with leadership(database_url, "relay"):
            raise TimeoutError("of the block")

    with pytest.raises(TimeoutError, match="of the block"):
        asyncio.run(lead())
