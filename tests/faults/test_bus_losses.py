"""The bus forgets: everything, a stream, a consumer, its files, the messages of two days. The stores do not."""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import nats
import pytest
from bus import Consumer, connected
from bus.streams import configuration
from contracts import envelope_of
from eventstore import Store
from launcher.components.nats import Nats
from launcher.journey.world import until
from launcher.ports import free_ports
from launcher.processes import Running
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError
from testkit.databases import NewDatabase
from testkit.fault_report import ROUNDS, Tally
from testkit.stand import STREAM, Stand, standing
from testkit.stand_process import inbox

Act = Callable[[JetStreamContext], Awaitable[object]]


class Server:
    """A server of the bus that a test may kill, wipe and start again."""

    def __init__(self, folder: Path) -> None:
        self.part = Nats(folder / "nats", free_ports(1)[0], folder / "nats.log", tied=True)
        self.store = folder / "nats" / "store"
        self.process: Running
        self.start()

    def start(self) -> None:
        self.process = self.part.start()
        self.process.wait_until(self.part.ready, self.part.ready_seconds)

    def kill(self) -> None:
        self.process.popen.kill()
        self.process.popen.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def stand(new_database: NewDatabase, tmp_path: Path, server: Server) -> Iterator[Stand]:
    with standing(new_database(), new_database(), tmp_path / "stand", server.part.url) as made:
        yield made


def by_hand(stand: Stand, act: Act) -> object:
    """Do something to the bus as an operator with its password may."""

    async def done() -> object:
        connection = await nats.connect(stand.bus)
        try:
            return await act(connection.jetstream())
        finally:
            await connection.close()

    return asyncio.run(done())


def grows(stand: Stand, by: int = 30) -> None:
    reached = stand.position()
    until(lambda: stand.position() >= reached + by, "events to arrive")


def writes(stand: Stand) -> None:
    reached = stand.head()
    until(lambda: stand.head() > reached + 20, "the producer to go on without the bus")


@pytest.mark.fault("F24")
@pytest.mark.timeout(300 + 90 * ROUNDS)
def test_the_bus_is_wiped_under_load(stand: Stand, server: Server, tally: Tally) -> None:
    chance = random.Random(24)  # noqa: S311 - the same moments in every run
    stand.relay()
    stand.follow()
    for _ in range(ROUNDS):
        with stand.load():
            grows(stand, chance.randint(20, 80))
            server.kill()
            shutil.rmtree(server.store)
            writes(stand)
            server.start()
            grows(stand)
        stand.settled(tally)


@pytest.mark.fault("F25")
def test_a_stream_is_deleted_by_hand_and_cannot_be_purged(stand: Stand, tally: Tally) -> None:
    stand.relay()
    stand.follow()
    with stand.load():
        grows(stand)
        with pytest.raises(APIError):
            by_hand(stand, lambda jetstream: jetstream.purge_stream(STREAM))
        by_hand(stand, lambda jetstream: jetstream.delete_stream(STREAM))
        grows(stand)
    stand.settled(tally)
    by_hand(stand, lambda jetstream: jetstream.delete_stream(STREAM))
    stand.settled(tally)  # nothing is written any more: the relay looks by itself


async def deleted(jetstream: JetStreamContext) -> bool:
    try:
        return await jetstream.delete_consumer(STREAM, "follower")
    except NotFoundError:
        return False


@pytest.mark.fault("F26")
def test_a_consumer_is_deleted_by_hand(stand: Stand, tally: Tally) -> None:
    stand.relay()
    stand.follow()
    with stand.load():
        for _ in range(3):
            until(lambda: by_hand(stand, deleted), "the consumer to be there, and to be deleted")
            grows(stand)
    stand.settled(tally)


@pytest.mark.fault("F28")
def test_a_stream_that_takes_no_message_any_more_is_made_anew(stand: Stand, server: Server, tally: Tally) -> None:
    """Its folder cannot be written to: nothing is taken for published meanwhile, and the relay waits."""
    stand.relay()
    stand.follow()
    stand.write(40)
    stand.settled(tally)
    (messages,) = server.store.rglob(f"{STREAM}/msgs")
    shutil.rmtree(messages.parent)
    stand.write(3000)
    stand.settled(tally)


@pytest.mark.fault("F31")
def test_a_follower_comes_back_after_the_bus_has_forgotten_what_it_missed(stand: Stand, tally: Tally) -> None:
    """As after two days: the messages that it lacks are in no stream, and no relay brings them. The producer does."""
    relay, follower = stand.relay(), stand.follow()
    stand.write(50)
    stand.settled(tally)
    stand.kill(follower)
    stand.write(700)
    until(lambda: len(asyncio.run(stand.copied())) == 750, "the relay to publish")
    stand.kill(relay)
    by_hand(stand, lambda jetstream: forgotten(jetstream, stand.store))
    stand.follow()
    until(lambda: stand.position() == stand.head(), "the follower to ask for what it missed")
    stand.relay()
    stand.settled(tally)


async def forgotten(jetstream: JetStreamContext, store: Store) -> None:
    """Leave the last message alone in the stream, under its own number, as a limit of age would."""
    (last,) = store.read(749, 1)
    envelope = envelope_of(last)
    await jetstream.delete_stream(STREAM)
    aged = configuration("sample")
    aged.first_seq = 750
    await jetstream.add_stream(aged)
    await jetstream.publish(envelope.bus_subject, envelope.json_bytes())


@pytest.mark.fault("F30")
def test_every_event_is_delivered_a_thousand_times_in_disorder(stand: Stand, tally: Tally) -> None:
    relay = stand.relay()
    stand.write(20)
    until(lambda: len(asyncio.run(stand.copied())) == 20, "the relay to publish")
    stand.kill(relay)
    asyncio.run(shuffled(stand, 1000))
    stand.relay()
    stand.follow()
    stand.settled(tally)


async def shuffled(stand: Stand, times: int) -> None:
    """Hand every event to the follower's inbox so many times, in any order, as a broken bus would."""
    deliveries = [envelope_of(event) for event in stand.store.read(0, 20)] * times
    random.Random(30).shuffle(deliveries)  # noqa: S311 - the same disorder in every run
    async with connected(stand.bus, "test") as connection:
        consumer = Consumer(connection, "follower", "sample", inbox(stand.taken), stand.refill)
        for start in range(0, len(deliveries), 500):
            await consumer.take(deliveries[start : start + 500])
