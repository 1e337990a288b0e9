"""From the commit of an event to its durable leaf in the journal: relay, JetStream and intake, on real servers.

Usage: python bench/latency.py [--rate 50] [--events 1000]
"""

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from bus import consuming, relaying
from contracts import Envelope, envelope_of
from journal.log.database import Database, prepare
from journal.log.intake import Intake, Reached
from launcher.components.nats import Nats
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from testkit.parcels import Sample, Someone, a_parcel

SERVICE = "sample"
WARM_UP = 100  # events before those that are measured: the stream and the consumer are made when the first one comes


class Watched:
    """The journal's intake, which also notes when the leaf of each event was committed."""

    def __init__(self, intake: Intake, events: int) -> None:
        self._intake = intake
        self._events = events
        self.complete = threading.Event()
        self.leaf_at: dict[int, float] = {}

    def position(self, producer: str) -> Reached | None:
        """Return what the intake returns."""
        return self._intake.position(producer)

    def receive(self, messages: Sequence[Envelope]) -> None:
        """Take in, then note the time."""
        self._intake.receive(messages)
        now = time.perf_counter()
        for message in messages:
            self.leaf_at.setdefault(message.storeseq, now)
        if len(self.leaf_at) == self._events:
            self.complete.set()


def write(sample: Sample, rate: float, events: int, committed: dict[int, float]) -> None:
    """Save one event at a time at a steady rate, and note when each commit was answered."""
    store, office, person = sample.open(), uuid4(), uuid4()
    start = time.perf_counter()
    for number in range(1, events + 1):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        store.save(a_parcel(str(number), office, person=person), actor=Someone())
        committed[number] = time.perf_counter()
    store.close()


async def measure(sample: Sample, nats: str, journal: str, asked: argparse.Namespace) -> list[float]:
    """Run relay and intake beside the writer; return the latencies in seconds."""
    watched, stop = Watched(Intake(Database(journal)), WARM_UP + asked.events), asyncio.Event()
    source = sample.open()

    def refill(after: int, limit: int) -> list[Envelope]:
        return [envelope_of(recorded) for recorded in source.read(after, limit)]

    tasks = [
        asyncio.ensure_future(relaying(nats, SERVICE, source)(stop)),
        asyncio.ensure_future(consuming(nats, "journal", SERVICE, watched, refill)(stop)),
    ]
    committed: dict[int, float] = {}
    writer = threading.Thread(target=write, args=(sample, asked.rate, WARM_UP + asked.events, committed))
    writer.start()
    await asyncio.to_thread(watched.complete.wait)
    stop.set()
    await asyncio.gather(*tasks)
    writer.join()
    return [watched.leaf_at[number] - committed[number] for number in committed if number > WARM_UP]


def main() -> None:
    """Print the median and the 99th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--events", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        ports = free_ports(2)
        server = Postgres(folder / "postgres", ports[0], folder / "postgres.log", tied=True)
        bus = Nats(folder / "nats", ports[1], folder / "nats.log", tied=True)
        with running(server), running(bus):
            for database in (SERVICE, "journal"):
                create_database(server.url, database)
            prepare(server.database_url("journal"))
            sample = Sample(server.database_url(SERVICE), folder)
            latencies = asyncio.run(measure(sample, bus.url, server.database_url("journal"), asked))
    p50, p99 = statistics.median(latencies), statistics.quantiles(latencies, n=100)[98]
    print(
        f"commit to leaf at {asked.rate:.0f}/s, {asked.events} events: p50 {p50 * 1e3:.0f} ms  p99 {p99 * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
