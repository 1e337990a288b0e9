"""The journal's audit against PostgreSQL and SHA-256 alone, and its memory, for some sizes.

raw cursor: a server-side cursor over the entries that only counts their bytes. bare hashing: a loop that makes the very
hashes of the audit (leaves, nodes, states) of bytes in memory. reading and hashing: the same hashes of what the audit
reads, read as it reads it; nothing is compared. tree: the audit's rebuild of the whole tree from the database. full:
the tree, and every row of the service's event store compared with its leaf, as `journal audit` does it: over HTTP, from
a process that serves the store. Each runs in a process of its own, whose largest resident set is its memory and whose
processor time is counted beside the seconds; what the database and the serving process need is in the seconds alone.
Usage: python bench/audit.py [--sizes 10000 100000 1000000]
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import psycopg
import structlog
import uvicorn
from chassis.client import ServiceClient, Unavailable
from chassis.feed import Stretch, feed_router, read_bulk
from chassis.http import create_app
from chassis.tokens import Signer, Verifier, new_signing_key
from journal.attest.auditing import LENGTH, Audit
from journal.log import stretches
from journal.log.database import Database
from journal.log.stretches import cut, leaf_hashes
from launcher.components.caddy import answers
from launcher.ports import free_ports
from launcher.processes import POLL
from proof.tree import Frontier
from testkit.long_logs import Place, grow, new_place, one_event
from testkit.parcels import Sample

MEBIBYTE_IN_KIB = 1024
CHUNK = 4096  # leaves


class Figure(NamedTuple):
    """What one process needed."""

    seconds: float
    processor: float  # seconds
    mebibytes: float


def raw_cursor(place: Place) -> None:
    """Read every entry, do nothing with it."""
    with psycopg.connect(place.log) as connection, connection.cursor(name="raw") as entries:
        entries.itersize = CHUNK
        entries.execute("SELECT idx, entry FROM journal.entry ORDER BY idx", binary=True)
        assert sum(len(entry) for _, entry in entries)


def bare_hashing(place: Place, size: int) -> None:
    """Make all hashes of a full audit of entries of the same length."""
    state, entry = one_event(place, size)
    left = right = sha256(b"\x00" + entry).digest()
    for _ in range(size):
        sha256(b"\x00" + entry).digest()
        sha256(b"\x01" + left + right).digest()
        sha256(state).digest()


def reading_and_hashing(place: Place, url: str, size: int) -> None:
    """Read what the audit reads and make its hashes; compare nothing."""
    frontier, database = Frontier(), Database(place.log)
    with closing(database), database.transaction() as connection, closing(client(place, url)) as service:
        for leaves in stretches.in_order(connection, size, LENGTH):
            frontier.extend(leaf_hashes(leaves))
        log = stretches.of_service(connection, "sample", size, LENGTH)
        for _, rows in zip(log, read_bulk(service, 0, size, LENGTH), strict=True):
            for state in cut(rows.state_sizes, rows.states):
                sha256(state).digest()
    assert frontier.size == size


def tree(place: Place) -> None:
    """Rebuild the tree only: no service answers."""

    def away(_svc: str, _after: int, _until: int, _length: int) -> Generator[Stretch]:
        raise Unavailable(peer="sample")

    _audit(place, away)


def full(place: Place, url: str) -> None:
    """Compare everything."""
    with closing(client(place, url)) as service:
        _audit(place, lambda _svc, after, until, length: read_bulk(service, after, until, length))


def _audit(place: Place, rows: Callable[[str, int, int, int], Generator[Stretch]]) -> None:
    with closing(Database(place.log)) as database:
        result = Audit(database, rows).run()
    assert not result.differences, result.listed
    assert result.checkpoints


def client(place: Place, url: str) -> ServiceClient:
    """Return what asks the store's service as the journal."""
    return ServiceClient(url, Signer(Path(place.folder, "journal.pem"), "journal"), "sample")


def serve(place: Place, port: int) -> None:
    """Be the service whose store is audited."""
    folder = Path(place.folder)
    store = Sample(place.store, folder).open()
    verifier = Verifier(folder / "trust.json")
    routes = [feed_router(store, lambda _recorded: {})]
    app = create_app(service="sample", prefix="/api", routers=[], internal=routes, verifier=verifier)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # what is printed is figures
    uvicorn.run(app, port=port, http="httptools", loop="uvloop", log_config=None, access_log=False)


@contextmanager
def served(place: Place) -> Iterator[str]:
    """Run the service in a process of its own; give its address."""
    folder, (port,) = Path(place.folder), free_ports(1)
    (folder / "journal.pem").write_bytes(new_signing_key())
    (folder / "journal.pem").chmod(0o600)
    jwk = Signer(folder / "journal.pem", "journal").public_jwk()
    (folder / "trust.json").write_text(json.dumps({"keys": [jwk]}))
    url = f"http://127.0.0.1:{port}"
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(place, port), daemon=True)
    process.start()
    try:
        while not answers(port, "/livez"):
            time.sleep(POLL)
        yield url
    finally:
        process.terminate()
        process.join()


def _measured(work: Callable[[], None]) -> Figure:
    former, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    seconds, spent = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    processor = spent.ru_utime + spent.ru_stime - former.ru_utime - former.ru_stime
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    return Figure(seconds, processor, int(peak) / MEBIBYTE_IN_KIB)


def alone(work: Callable[[], None]) -> Figure:
    """Run in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work,))


def audits(place: Place, size: int, url: str) -> None:
    """Print the figures of one size."""
    raw, bare = alone(partial(raw_cursor, place)), alone(partial(bare_hashing, place, size))
    least = alone(partial(reading_and_hashing, place, url, size))
    rebuilt, audited = alone(partial(tree, place)), alone(partial(full, place, url))
    print(f"{size:,} leaves")
    named = {"raw cursor": raw, "bare hashing": bare, "reading, hashing": least, "tree": rebuilt, "full audit": audited}
    for name, figure in named.items():
        rates = f"{size / figure.seconds:>9,.0f}/s {size / figure.processor:>11,.0f} per second of processor"
        print(f"  {name:<17} {rates}  {figure.mebibytes:.0f} MiB, most of it imports")
    print(f"  tree: {raw.seconds / rebuilt.seconds:.2f} of the raw cursor")
    print(
        f"  full audit: {bare.seconds / audited.seconds:.2f} of bare hashing ({bare.processor / audited.processor:.2f}"
        f" in processor time), {least.seconds / audited.seconds:.2f} of reading and hashing"
        f" ({least.processor / audited.processor:.2f})"
    )


def main() -> None:
    """Print the figures of each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    asked = parser.parse_args()
    with new_place() as place, served(place) as url:
        former = 0
        for size in sorted(asked.sizes):
            grow(place, former, size)
            audits(place, size, url)
            former = size


if __name__ == "__main__":
    main()
