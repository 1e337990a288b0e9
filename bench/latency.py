"""From the commit of an event to its durable leaf, to a signed checkpoint above it, and to two witnesses of three.

Relay, JetStream, intake, signing and witnesses are the real ones, on real servers.
Usage: python bench/latency.py [--rate 50] [--events 1000]
"""

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from bus import Consuming, Relaying
from chassis.tokens import new_signing_key
from contracts import Envelope, envelope_of
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journal.attest.attestations import Attestations
from journal.attest.witnessing import Witnesses, witnessing
from journal.log.checkpoints import Checkpoints, LogSigner, sealing
from journal.log.database import Database, prepare
from journal.log.intake import Intake, Reached
from launcher.components.nats import Nats
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from launcher.witness.memory import Memory
from launcher.witness.serving import application
from launcher.witness.witness import Witness
from proof.cosignature import Cosigner, Quorum
from testkit.parcels import Sample, Someone, a_parcel
from testkit.serving import serving

SERVICE = "sample"
WARM_UP = 100  # events before those that are measured: the stream and the consumer are made when the first one comes
WITNESSES, QUORUM = 3, 2
LOOK_SECONDS = 0.01
REACHED = """SELECT (SELECT coalesce(max(size), 0) FROM journal.checkpoint WHERE note IS NOT NULL) AS signed,
    (SELECT coalesce(max(size), 0) FROM
        (SELECT size FROM journal.cosignature GROUP BY size HAVING count(*) >= %s) AS met) AS witnessed"""


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


@dataclass
class Seen:
    """When a state that holds so many leaves was first seen signed, and first seen with its quorum."""

    signed: dict[int, float] = field(default_factory=dict)
    witnessed: dict[int, float] = field(default_factory=dict)

    def watch(self, database: Database, events: int) -> None:
        """Look until everything is witnessed."""
        while not self.witnessed or max(self.witnessed) < events:
            time.sleep(LOOK_SECONDS)
            with database.transaction() as connection:
                row = connection.execute(REACHED, (QUORUM,)).fetchone()
            now = time.perf_counter()
            assert row
            self.signed.setdefault(row["signed"], now)
            self.witnessed.setdefault(row["witnessed"], now)


@contextmanager
def signing(folder: Path, database: Database) -> Iterator[tuple[Checkpoints, Witnesses]]:
    """Make the signer of the log, and witnesses that follow it."""
    (folder / "log.pem").write_bytes(new_signing_key())
    signer = LogSigner("journal.example/bench", folder / "log.pem")
    checkpoints = Checkpoints(database, signer)
    asked: list[tuple[str, Cosigner]] = []
    with ExitStack() as stack:
        for number in range(WITNESSES):
            private, file = Ed25519PrivateKey.generate(), folder / f"{number}.db"
            Memory.create(file)
            memory = Memory(file)
            stack.callback(memory.close)
            name = f"witness-{number}.example"
            witness = Witness(name, [private], {signer.origin: signer.keys}, memory)
            asked.append((stack.enter_context(serving(application(witness))), Cosigner.of(name, private)))
        cosigners = tuple(cosigner for _, cosigner in asked)
        said = Attestations(database, cosigners)
        witnesses = Witnesses(database, checkpoints, said, asked, Quorum(QUORUM, cosigners))
        stack.callback(witnesses.close)
        yield checkpoints, witnesses


def write(sample: Sample, rate: float, events: int, committed: dict[int, float]) -> None:
    """Save one event at a time at a steady rate, and note when each commit was answered."""
    store, office, person = sample.open(), uuid4(), uuid4()
    start = time.perf_counter()
    for number in range(1, events + 1):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        store.save(a_parcel(str(number), office, person=person), actor=Someone())
        committed[number] = time.perf_counter()
    store.close()


async def measure(
    sample: Sample, nats: str, database: Database, folder: Path, asked: argparse.Namespace
) -> dict[str, list[float]]:
    """Run relay, intake, signer and witnesses beside the writer; return the latencies in seconds."""
    events, stop, source = WARM_UP + asked.events, asyncio.Event(), sample.open()
    watched, seen, committed = Watched(Intake(database), events), Seen(), dict[int, float]()

    def refill(after: int, limit: int) -> list[Envelope]:
        return [envelope_of(recorded) for recorded in source.read(after, limit)]

    with signing(folder, database) as (checkpoints, witnesses):
        tasks = [
            asyncio.ensure_future(task(stop))
            for task in (
                Relaying(nats, SERVICE, source),
                Consuming(nats, "journal", SERVICE, watched, refill),
                sealing(checkpoints),
                witnessing(witnesses),
            )
        ]
        writer = threading.Thread(target=write, args=(sample, asked.rate, events, committed))
        writer.start()
        await asyncio.to_thread(seen.watch, database, events)
        stop.set()
        await asyncio.gather(*tasks)
    writer.join()
    source.close()
    numbers = [number for number in committed if number > WARM_UP]
    return {
        "leaf": [watched.leaf_at[number] - committed[number] for number in numbers],
        "checkpoint": [first_above(seen.signed, number) - committed[number] for number in numbers],
        "quorum": [first_above(seen.witnessed, number) - committed[number] for number in numbers],
    }


def first_above(times: Mapping[int, float], leaves: int) -> float:
    """Return when a state of at least so many leaves was first seen."""
    return min(at for size, at in times.items() if size >= leaves)


def main() -> None:
    """Print the medians and the 99th percentiles."""
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
            for made in (SERVICE, "journal"):
                create_database(server.url, made)
            prepare(server.database_url("journal"))
            database = Database(server.database_url("journal"))
            sample = Sample(server.database_url(SERVICE), folder)
            latencies = asyncio.run(measure(sample, bus.url, database, folder, asked))
            database.close()
    for name, found in latencies.items():
        p50, p99 = statistics.median(found), statistics.quantiles(found, n=100)[98]
        print(f"commit to {name:<10} at {asked.rate:.0f}/s: p50 {p50 * 1e3:>5,.0f} ms  p99 {p99 * 1e3:>5,.0f} ms")


if __name__ == "__main__":
    main()
