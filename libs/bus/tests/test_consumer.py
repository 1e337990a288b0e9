"""Every event reaches the inbox once and in order, whatever the bus does."""

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from bus import Consumer, Consuming, HoleRemains, Relaying, connected
from bus import consumer as consumer_module
from contracts.examples import example
from nats.js.errors import NotFoundError

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def running(*tasks: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    gathered = asyncio.gather(*(task(stop) for task in tasks))
    try:
        yield
    finally:
        stop.set()
        await gathered


async def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "it never came to hold"
        await asyncio.sleep(0.02)


async def last_of_the_stream(connection: Any) -> int | None:
    try:
        return (await connection.jetstream().stream_info("EV_DOSSIER")).state.last_seq
    except NotFoundError:  # between its deletion and its making
        return None


def both(server: Any, store: Any, inbox: Any) -> AsyncIterator[None]:
    return running(
        Relaying(server.url, "dossier", store), Consuming(server.url, "messaging", "dossier", inbox, store.refill)
    )


async def test_every_event_arrives_once_in_order_and_not_in_the_event_loop(server: Any, store: Any, inbox: Any) -> None:
    store.write(700)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 700)
        store.write(5)
        await eventually(lambda: len(inbox.messages) >= 705)
    assert inbox.entries == store.entries
    assert store.refills == 0
    assert threading.get_ident() not in inbox.threads


@pytest.mark.fault("F16")
async def test_a_restarted_consumer_goes_on_where_its_inbox_stands(server: Any, store: Any, inbox: Any) -> None:
    store.write(150)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 150)
    del inbox.messages[100:]  # the database came back from a backup, the server did not
    store.write(20)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 170)
    assert inbox.entries == store.entries


@pytest.mark.fault("F26")
async def test_a_deleted_consumer_is_made_again_at_the_position(
    server: Any, store: Any, inbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "FETCH_SECONDS", 2.5)
    store.write(50)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 50)
        async with connected(server.url, "vandal") as connection:
            await connection.jetstream().delete_consumer("EV_DOSSIER", "messaging")
        store.write(50)
        await eventually(lambda: len(inbox.messages) >= 100)
    assert inbox.entries == store.entries


@pytest.mark.fault("F24")
async def test_everything_comes_back_after_the_server_lost_its_folder_while_running(
    server: Any, store: Any, inbox: Any
) -> None:
    store.write(300)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 200)
        server.kill()
        server.wipe()
        store.write(100)
        server.start()
        await eventually(lambda: len(inbox.messages) >= 400, seconds=60)
    assert inbox.entries == store.entries


async def test_an_inbox_that_fails_for_a_while_is_tried_again_from_where_it_got(
    server: Any, store: Any, inbox: Any
) -> None:
    store.write(10)
    inbox.failures = 2
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 10)
    assert inbox.entries == store.entries


async def test_two_workers_of_one_service_share_its_consumer_and_lose_nothing(
    server: Any, store: Any, inbox: Any
) -> None:
    store.write(200)
    async with both(server, store, inbox), both(server, store, inbox):
        store.write(200)
        await eventually(lambda: len({message.id for message in inbox.messages}) == 400)


async def test_a_message_that_is_no_event_of_the_producer_is_replaced_by_the_event_itself(
    server: Any, store: Any, inbox: Any
) -> None:
    store.write(4)
    async with running(Relaying(server.url, "dossier", store)), connected(server.url, "forger") as connection:
        jetstream = connection.jetstream()
        while True:
            with contextlib.suppress(Exception):
                if (await jetstream.stream_info("EV_DOSSIER")).state.last_seq == 4:
                    break
            await asyncio.sleep(0.05)
    async with connected(server.url, "forger") as connection:
        forged = example("dossier.dossier-completed", seq=900).json_bytes()
        await connection.jetstream().publish("ev.dossier.dossier-completed.none", forged)
        await connection.jetstream().publish("ev.dossier.gossip.none", b"\x00not json")
    store.write(2, mark="the true fifth and sixth")
    for _ in range(2):  # the second time from the place of the forged messages
        async with running(Consuming(server.url, "messaging", "dossier", inbox, store.refill)):
            await eventually(lambda: len(inbox.messages) >= 6)
    assert inbox.entries == store.entries
    assert store.refills


class TestTaking:
    """The order of arrival, without the network: `take` is what a fetched batch goes through."""

    @pytest.fixture
    async def consumer(self, server: Any, store: Any, inbox: Any) -> AsyncIterator[Consumer]:
        async with connected(server.url, "test") as connection:
            yield Consumer(connection, "messaging", "dossier", inbox, store.refill)

    @pytest.mark.fault("F30")
    async def test_duplicates_a_thousandfold_and_shuffled_change_nothing(
        self, consumer: Consumer, store: Any, inbox: Any
    ) -> None:
        store.write(40)
        deliveries = list(store.refill(0, 40)) * 1000
        random.Random(20260302).shuffle(deliveries)  # noqa: S311 - the same disorder in every run
        for start in range(0, len(deliveries), 500):
            await consumer.take(deliveries[start : start + 500])
        assert inbox.entries == store.entries

    @pytest.mark.fault("F27", "F31")
    async def test_a_hole_is_filled_from_the_producer_before_what_follows(
        self, consumer: Consumer, store: Any, inbox: Any
    ) -> None:
        store.write(1_300)
        envelopes = list(store.refill(0, 1_300))
        await consumer.take(envelopes[:3])
        await consumer.take([*envelopes[1_200:1_210], *envelopes[1_290:]])
        assert inbox.entries == store.entries

    async def test_what_follows_a_hole_waits_until_the_producer_answers(
        self, consumer: Consumer, store: Any, inbox: Any
    ) -> None:
        store.write(5)
        envelopes = list(store.refill(0, 5))
        store.away = True
        with pytest.raises(ConnectionError):
            await consumer.take([envelopes[0], envelopes[4]])
        assert inbox.entries == store.entries[:1]
        store.away = False
        await consumer.take([envelopes[4]])
        assert inbox.entries == store.entries

    async def test_a_producer_that_does_not_have_the_missing_event_is_not_believed(
        self, consumer: Consumer, store: Any, inbox: Any
    ) -> None:
        store.write(5)
        fifth = store.refill(4, 1)
        del store.events[2:]
        with pytest.raises(HoleRemains):
            await consumer.take(fifth)
        assert inbox.entries == store.entries


async def test_a_new_epoch_is_followed_from_the_first_event_that_is_not_as_before(
    server: Any, store: Any, inbox: Any
) -> None:
    store.write(30)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 30)
    kept = store.entries[:20]
    del store.events[20:]
    store.current = 2
    store.write(5, mark="after the disaster")
    async with both(server, store, inbox):
        await eventually(lambda: inbox.messages[-1].epoch == 2 and len(inbox.messages) >= 35)
    assert [message.storeseq for message in inbox.messages[30:]] == [21, 22, 23, 24, 25]
    assert inbox.entries[30:] == store.entries[20:]
    assert inbox.entries[:20] == kept


class Overtaken(Consumer):
    """Another process replaces the stream after this consumer looked where to go on, and before it is made."""

    replaced: Callable[[], Awaitable[None]]
    binds = 0

    async def _bind(self, start: int) -> None:
        self.binds += 1
        if self.binds == 1:
            await self.replaced()
        await super()._bind(start)


async def test_a_stream_that_is_replaced_while_a_consumer_binds_is_followed_from_the_right_place(
    server: Any, store: Any, inbox: Any
) -> None:
    store.write(30)
    async with both(server, store, inbox):
        await eventually(lambda: len(inbox.messages) >= 30)
    del store.events[20:]
    store.current = 2
    store.write(5, mark="after the disaster")

    async def stream_of_the_new_epoch() -> None:
        async with running(Relaying(server.url, "dossier", store)), connected(server.url, "test") as connection:
            while await last_of_the_stream(connection) != 25:  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(0.02)

    async with connected(server.url, "test") as connection:
        consumer = Overtaken(connection, "messaging", "dossier", inbox, store.refill)
        consumer.replaced = stream_of_the_new_epoch
        following = asyncio.create_task(consumer.run())
        await eventually(lambda: len(inbox.messages) >= 35)
        while not following.done():  # asyncio.wait_for of Python 3.11 can swallow a cancellation
            following.cancel()
            await asyncio.wait({following}, timeout=0.5)
    assert consumer.binds == 2
    assert inbox.entries[30:] == store.entries[20:]


async def test_a_stream_that_was_forged_is_made_again_and_the_same_process_takes_it_in(
    server: Any, store: Any, another_store: Any, inbox: Any
) -> None:
    """What the inbox refuses is not kept in memory: it is read again, from whatever the stream then holds."""
    another_store.write(3)
    another_store.write(4, mark="forged")
    inbox.refused = "forged"
    store.write(9)
    async with running(Consuming(server.url, "messaging", "dossier", inbox, store.refill)):
        async with running(Relaying(server.url, "dossier", another_store)):
            await eventually(lambda: inbox.refusals >= 2)
        async with connected(server.url, "operator") as connection:
            await connection.jetstream().delete_stream("EV_DOSSIER")
        async with running(Relaying(server.url, "dossier", store)):
            await eventually(lambda: len(inbox.messages) >= 9)
    assert inbox.entries == store.entries
