"""The stream equals the store, whatever happens to relays and server."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import nats
import pytest
from bus import ConfigurationDiffers, Diverged, Relay, Relaying, connected
from bus import relay as relay_module
from bus.streams import configuration, differences, ensure_stream
from contracts import Envelope
from nats.js import JetStreamContext, api
from nats.js.errors import APIError

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


async def eventually(holds: Callable[[], bool], seconds: float = 40) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "it never came to hold"
        await asyncio.sleep(0.02)


async def on_stream(jetstream: JetStreamContext) -> list[str]:
    """Read every proof entry of the stream, one message after the other."""
    last = (await jetstream.stream_info("EV_DOSSIER")).state.last_seq
    messages = [await jetstream.get_msg("EV_DOSSIER", number) for number in range(1, last + 1)]
    return [Envelope.parse(message.data or b"").proofentry for message in messages]


async def until_equal(server: Any, store: Any, seconds: float = 30) -> None:
    """Wait until the stream is the store, event for event."""
    deadline = asyncio.get_running_loop().time() + seconds
    async with connected(server.url, "test") as connection:
        jetstream = connection.jetstream()
        while True:
            with contextlib.suppress(nats.errors.Error):
                last = (await jetstream.stream_info("EV_DOSSIER")).state.last_seq
                if last == len(store.events):
                    break
            assert asyncio.get_running_loop().time() < deadline, "the stream never became the store"
            await asyncio.sleep(0.05)
        assert await on_stream(jetstream) == store.entries


async def test_each_event_is_published_under_its_own_number_with_its_trace(server: Any, store: Any) -> None:
    store.write(450)
    async with running(Relaying(server.url, "dossier", store)):
        await until_equal(server, store)
        store.write(3)
        await until_equal(server, store)
    async with connected(server.url, "test") as connection:
        message = await connection.jetstream().get_msg("EV_DOSSIER", 7)
    envelope = Envelope.parse(message.data or b"")
    assert message.subject == f"ev.dossier.document-deposited.{envelope.office}"
    assert (message.headers or {})["Nats-Msg-Id"] == "dossier:1:7"
    assert (message.headers or {})["traceparent"] == envelope.traceparent


@pytest.mark.fault("F13")
async def test_a_stale_leader_is_refused_by_the_fence(server: Any, store: Any) -> None:
    store.write(5)
    async with connected(server.url, "stale") as connection:
        stale = Relay(connection, "dossier", store)
        assert await stale._align() == 0
        async with running(Relaying(server.url, "dossier", store)):
            await until_equal(server, store)
        store.write(1)
        late = store.refill(2, 1)[0].model_copy(update={"id": "dossier:1:late"})
        with pytest.raises(APIError) as refused:
            await stale._publish([late], 2)
        assert refused.value.err_code == 10071
    await until_equal_after_relaying(server, store)


async def until_equal_after_relaying(server: Any, store: Any) -> None:
    async with running(Relaying(server.url, "dossier", store)):
        await until_equal(server, store)


@pytest.mark.fault("F14")
async def test_five_relays_without_election_still_make_the_stream_equal_to_the_log(server: Any, store: Any) -> None:
    store.write(300)
    async with running(*(Relaying(server.url, "dossier", store) for _ in range(5))):
        for _ in range(10):
            store.write(30)
            await asyncio.sleep(0.05)
        await until_equal(server, store)


@pytest.mark.fault("F25")
async def test_a_deleted_stream_is_noticed_and_made_again(server: Any, store: Any) -> None:
    store.write(120)
    async with running(Relaying(server.url, "dossier", store)):
        await until_equal(server, store)
        async with connected(server.url, "vandal") as connection:
            await connection.jetstream().delete_stream("EV_DOSSIER")
        await until_equal(server, store)


async def test_a_stream_with_missing_messages_is_made_anew(server: Any, store: Any) -> None:
    store.write(20)
    async with connected(server.url, "vandal") as connection:
        jetstream = connection.jetstream()
        holed = configuration("dossier")
        holed.first_seq = 9
        await jetstream.add_stream(holed)
        await jetstream.publish("ev.dossier.document-deposited.none", store.refill(8, 1)[0].json_bytes())
    await until_equal_after_relaying(server, store)


@pytest.mark.fault("F24")
async def test_everything_comes_back_after_the_server_lost_its_folder(server: Any, store: Any) -> None:
    store.write(250)
    async with running(Relaying(server.url, "dossier", store)):
        await until_equal(server, store)
        server.kill()
        server.wipe()
        store.write(40)
        server.start()
        await until_equal(server, store)


@pytest.mark.fault("F28")
async def test_a_stream_frozen_by_the_loss_of_its_files_is_replaced(
    server: Any, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "FROZEN_SECONDS", 1.0)
    monkeypatch.setattr(relay_module, "PUBLISH_SECONDS", 0.5)
    store.write(50)
    async with running(Relaying(server.url, "dossier", store)):
        await until_equal(server, store)
        server.wipe()  # the server goes on writing into files that no longer have a name, until it needs a new one
        store.write(6_000)
        await eventually(lambda: list(server.data.rglob("EV_DOSSIER/msgs/*.blk")) != [])
        await until_equal(server, store)


@pytest.mark.fault("F12", "F22")
async def test_a_kill_of_the_server_in_the_middle_of_a_window_loses_and_repeats_nothing(
    server: Any, store: Any
) -> None:
    store.write(2_000)
    async with running(Relaying(server.url, "dossier", store)):
        for _ in range(3):
            await asyncio.sleep(0.1)
            server.kill()
            server.start()
        await until_equal(server, store)


@pytest.mark.fault("F38")
async def test_a_store_that_went_back_in_time_stops_the_relay_until_its_epoch_is_raised(
    server: Any, store: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relay_module, "ALARM_SECONDS", 0.2)
    store.write(30)
    await until_equal_after_relaying(server, store)
    del store.events[20:]
    store.write(5, mark="another past")
    async with running(Relaying(server.url, "dossier", store)):
        with caplog.at_level(logging.CRITICAL):
            await eventually(lambda: "relay-stopped" in caplog.messages)
        async with connected(server.url, "test") as connection:
            assert (await connection.jetstream().stream_info("EV_DOSSIER")).state.last_seq == 30
        store.current = 2
        store.write(6, mark="another past")
        await until_equal(server, store)


async def test_the_same_number_with_other_content_is_a_divergence(server: Any, store: Any) -> None:
    store.write(10)
    await until_equal_after_relaying(server, store)
    store.events.pop()
    store.write(1, mark="rewritten")
    async with connected(server.url, "test") as connection:
        with pytest.raises(Diverged):
            await Relay(connection, "dossier", store)._align()


async def test_a_stream_that_is_not_as_asked_is_refused(server: Any) -> None:
    async with connected(server.url, "test") as connection:
        jetstream = connection.jetstream()
        await jetstream.add_stream(name="EV_DOSSIER", subjects=["ev.dossier.>"], max_msgs=1_000)
        with pytest.raises(ConfigurationDiffers, match=r"max_msgs.*discard.*deny_delete"):
            await ensure_stream(jetstream, configuration("dossier"))


def test_an_echo_that_leaves_an_option_out_is_a_difference() -> None:
    wanted = configuration("dossier")
    assert differences(wanted, wanted.evolve(deny_purge=False)) == ["deny_purge is False, not True"]
    assert differences(wanted, wanted.evolve(metadata={"_nats.ver": "2.15.1"})) == []


@pytest.mark.fault("F25")
async def test_messages_can_neither_be_deleted_nor_purged(server: Any, store: Any) -> None:
    store.write(3)
    await until_equal_after_relaying(server, store)
    async with connected(server.url, "vandal") as connection:
        jetstream = connection.jetstream()
        with pytest.raises(APIError):
            await jetstream.purge_stream("EV_DOSSIER")
        with pytest.raises(APIError):
            await jetstream.delete_msg("EV_DOSSIER", 1)
        with pytest.raises(APIError):
            await jetstream.update_stream(api.StreamConfig(**vars(configuration("dossier").evolve(deny_purge=False))))
