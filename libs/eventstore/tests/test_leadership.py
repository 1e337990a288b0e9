import asyncio

from eventstore import leadership


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
