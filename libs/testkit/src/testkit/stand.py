"""A small platform for faults of the bus: one service that says things, one that follows, each thing in its process.

Stores, inbox, relay and consumer are those of every service, on a real PostgreSQL and real NATS servers; only what the
events are about is made up (`testkit.parcels`). A process is there in about a second, so that a fault may fall a
hundred times, each time at another moment.
"""

import asyncio
import hashlib
import os
import signal
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import nats
import nats.errors
import nats.js.errors
from bus import stream_name
from chassis.settings import CRASHPOINT
from contracts import Envelope, envelope_of
from eventstore import Recorded, Store
from launcher.journey.world import until
from launcher.processes import Running, bare_environment, start
from nats.js import JetStreamContext, api
from proof.entry import Entry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from testkit.fault_report import Tally
from testkit.parcels import Parcel, Sample, Someone
from testkit.serving import serving
from testkit.stand_process import PERSON

STREAM = stream_name("sample")
SETTLED_SECONDS = 150.0
DEATH_SECONDS = 60.0
PAGE = 500


class Stand:
    """What the producer was told and answered, and the processes that carry it to the follower."""

    def __init__(self, producer: Sample, follower: Sample, bus: str, *, replicas: int) -> None:
        """Nothing runs yet."""
        self._producer, self._follower = producer, follower
        self.bus, self._replicas, self.feed = bus, replicas, ""
        self.store, self.taken = producer.open(), follower.open()
        self.sent = 0
        self.acknowledged: set[tuple[UUID, str]] = set()
        self.running: list[Running] = []
        self._counted = 0, frozenset[tuple[UUID, str]]()
        self._office = uuid4()

    # What its users do

    def write(self, count: int) -> None:
        """Have the producer record events; each is acknowledged by that."""
        for _ in range(count):
            self.sent += 1
            parcel = Parcel(office_id=self._office, number=f"{self.sent}", person_id=PERSON, note=None)
            self.store.save(parcel, actor=Someone(person_id=None, kind="service"))
            self.acknowledged.add((parcel.id, parcel.number))

    @contextmanager
    def load(self) -> Iterator[None]:
        """Write without a pause for the block."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(0.01):
                self.write(1)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def refill(self, after: int, limit: int) -> list[Envelope]:
        """Answer who misses events."""
        return [envelope_of(event) for event in self.store.read(after, limit)]

    # The processes

    def relay(self, point: str = "", *, elected: bool = False) -> Running:
        """Start a relay, armed for a crash point if one is named."""
        return self._start("elected" if elected else "relay", self._producer, point)

    def follow(self, point: str = "") -> Running:
        """Start the following service."""
        return self._start("follow", self._follower, point)

    def _start(self, role: str, sample: Sample, point: str) -> Running:
        words = ["--database", sample.url, "--folder", str(sample.folder), "--bus", self.bus, "--feed", self.feed]
        command = [sys.executable, "-m", "testkit.stand_process", role, *words, "--replicas", str(self._replicas)]
        environment = bare_environment() | ({CRASHPOINT: point} if point else {})
        log = sample.folder / f"{role}.log"
        self.running.append(start(role, command, log, env=environment, cwd=sample.folder, tied=True))
        return self.running[-1]

    def kill(self, process: Running) -> None:
        """End a process with SIGKILL."""
        os.kill(process.mark.pid, signal.SIGKILL)
        process.popen.wait()
        self.running.remove(process)

    def died(self, process: Running) -> None:
        """Wait until a process has ended itself at its crash point."""
        code = process.popen.wait(DEATH_SECONDS)
        if code != -signal.SIGKILL:
            raise AssertionError(f"{process.mark.name} ended with {code}:\n{process.log.read_text()[-2000:]}")
        self.running.remove(process)

    def close(self) -> None:
        """End everything."""
        for process in list(self.running):
            process.popen.send_signal(signal.SIGCONT)
            self.kill(process)
        self.store.close()
        self.taken.close()

    # What must hold

    def settled(self, tally: Tally) -> None:
        """Wait until everything has arrived; count it, and check every place it is in."""
        until(self._arrived, "everything to reach the follower", SETTLED_SECONDS)
        said = list(_all(self.store))
        digests = {hashlib.sha256(event.entry).hexdigest(): event for event in said}
        found = [digests[number] for number in self._effects()]
        sent, before = self._counted
        new = self.acknowledged - before
        fresh = [pair for event in found if (pair := (event.originator_id, event.plain["number"])) not in before]
        tally.compare(self.sent - sent, new, fresh)
        if len(found) != len(said):
            raise AssertionError(f"{len(found)} effects of {len(said)} events")
        _chained(said)
        until(
            lambda: asyncio.run(self.copied()) == [event.entry.decode() for event in said], "the stream to be the store"
        )
        with self.taken.connection() as connection:
            parked = connection.execute("SELECT count(*) AS n FROM ledger.parked").fetchone()
        if parked != {"n": 0}:
            raise AssertionError(f"parked: {parked}")
        self._counted = self.sent, frozenset(self.acknowledged)

    async def copied(self) -> list[str]:
        """Return the proof entries of the stream, or nothing while it cannot be read."""
        try:
            connection = await nats.connect(self.bus.split(","), connect_timeout=2, allow_reconnect=False)
        except (OSError, nats.errors.Error):
            return []
        try:
            return await _read(connection.jetstream(timeout=2))
        except (TimeoutError, nats.errors.Error, nats.js.errors.Error):
            return []
        finally:
            await connection.close()

    def position(self) -> int:
        """Return how far the follower is."""
        with self.taken.connection() as connection:
            row = connection.execute("SELECT store_seq FROM ledger.inbox").fetchone()
        return int(row["store_seq"]) if row else 0

    def head(self) -> int:
        """Return the number of the producer's last event."""
        with self.store.connection() as connection:
            row = connection.execute("SELECT store_seq FROM ledger.counter").fetchone()
        return int(row["store_seq"]) if row else 0

    def _arrived(self) -> bool:
        for process in self.running:
            process.check()
        return self.position() == self.head()

    def _effects(self) -> list[str]:
        with self.taken.connection() as connection:
            return [row["number"] for row in connection.execute("SELECT number FROM read.parcel").fetchall()]


@contextmanager
def standing(producer_url: str, follower_url: str, folder: Path, bus: str, *, replicas: int = 1) -> Iterator[Stand]:
    """Have a producer and a follower on two databases and a bus, for the block; their processes are up to the test."""
    samples = []
    for name, url in (("producer", producer_url), ("follower", follower_url)):
        (folder / name).mkdir(parents=True)
        samples.append(Sample(url, folder / name))
    stand = Stand(samples[0], samples[1], bus, replicas=replicas)

    def events(request: Request) -> JSONResponse:
        after, limit = int(request.query_params["after"]), int(request.query_params["limit"])
        return JSONResponse([envelope.json_dict() for envelope in stand.refill(after, limit)])

    with serving(Starlette(routes=[Route("/events", events)])) as address:
        stand.feed = f"{address}/events"
        try:
            yield stand
        finally:
            stand.close()


async def _read(jetstream: JetStreamContext) -> list[str]:
    last = (await jetstream.stream_info(STREAM)).state.last_seq
    reader = api.ConsumerConfig(
        ack_policy=api.AckPolicy.NONE, inactive_threshold=30.0, mem_storage=True, num_replicas=1
    )
    made = await jetstream.add_consumer(STREAM, reader)
    subscription = await jetstream.pull_subscribe_bind(consumer=made.name, stream=STREAM)
    entries: list[str] = []
    while len(entries) < last:
        messages = await subscription.fetch(min(PAGE, last - len(entries)), timeout=5)
        entries += [Envelope.parse(message.data).proofentry for message in messages]
    await subscription.unsubscribe()
    return entries


def _all(store: Store) -> Iterator[Recorded]:
    after = 0
    while page := store.read(after, PAGE):
        yield from page
        after = page[-1].store_seq


def _chained(events: list[Recorded]) -> None:
    """Check that numbers have no gap and that each entry of the office holds the hash of the one before."""
    entries = [Entry.parse(event.entry) for event in events]
    hashes = [b64encode(hashlib.sha256(event.entry).digest()).decode() for event in events]
    numbers = list(range(1, len(events) + 1))
    if [entry.store_seq for entry in entries] != numbers or [entry.office_seq for entry in entries] != numbers:
        raise AssertionError("the store has a gap")
    if [entry.office_prev for entry in entries] != [None, *hashes[:-1]][: len(entries)]:
        raise AssertionError("the entries of the office are no chain")
