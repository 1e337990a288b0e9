"""The journal's audit against PostgreSQL and SHA-256 alone, its memory, and how fast it serves proofs, for some sizes.

raw cursor: a server-side cursor over the entries that only counts their bytes. bare hashing: a loop that makes the very
hashes of the audit (leaves, nodes, states) of entries in memory. tree: the audit's rebuild of the whole tree from the
database. full: the tree, every leaf parsed, and every row of the service's event store compared with its leaf.
Each runs in a process of its own, whose largest resident set is its memory.
Usage: python bench/audit.py [--sizes 10000 100000 1000000] [--proofs 1000]
"""

import argparse
import hashlib
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import psycopg
from chassis.client import Unavailable
from chassis.tokens import Signer, new_signing_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journal.attest.auditing import PAGE, Audit
from journal.log.database import Database, copy, prepare
from launcher.components.postgres import Postgres, create_database
from launcher.parts import Module, running
from launcher.ports import free_ports
from proof.checkpoint import Checkpoint
from proof.signing import sign_checkpoint
from proof.tree import Frontier, leaf_hash
from testkit.parcels import Sample

MEBIBYTE_IN_KIB = 1024
CHUNK = 4096  # leaves
WARM_UP = 20  # proofs of each kind
ORIGIN = "journal.example/bench"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)

# Entries of a service as long as real ones. They are valid leaves, but for the chain of their office, which no audit
# of the whole log follows; what the service's store holds is their state.
_STATE = """convert_to('{"data":{"number":"' || n || '","person_id":"' || md5('p' || n)::uuid
    || '"},"personal":{"note":["' || md5('p' || n)::uuid || '","' || repeat(md5('box' || n), 2) || '"]},"salt":"'
    || repeat(md5('salt' || n), 4) || '"}', 'UTF8')"""
_ENTRY = """convert_to('{"actor":"' || md5('a' || n)::uuid || '","actor_kind":"staff","agg":"' || md5('g' || n)::uuid
    || '","agg_ver":1,"cause":null,"corr":"' || md5('c' || n) || '","docs":[],"dossier":"' || md5('d' || n / 100)::uuid
    || '","kind":"event","occurred_at":"2026-03-01T09:30:00.000000Z","office":"' || md5('o')::uuid
    || '","office_prev":"' || encode(sha256(n::text::bytea), 'base64') || '","office_seq":' || n + 1 || ',"payload_c":"'
    || encode(sha256(('p' || n)::bytea), 'base64') || '","recorded_at":"2026-03-01T09:30:00.000100Z","schema":1,'
    || '"state_h":"' || encode(sha256(state), 'base64') || '","store_seq":' || n
    || ',"svc":"sample","trace":null,"type":"sample.parcel-sent","v":1}', 'UTF8')"""
_NUMBERS = f"SELECT n, {_STATE} AS state FROM generate_series(%s::bigint, %s::bigint) AS n"  # noqa: S608 - constant, as all here
_MADE = f"SELECT n, state, {_ENTRY} AS entry FROM ({_NUMBERS}) AS numbers"  # noqa: S608
_TO_STORE = f"""INSERT INTO ledger.stored_events
    (originator_id, originator_version, topic, state, notification_id, entry)
    SELECT md5('g' || n)::uuid, 1, 'sample.parcel-sent', state, n, entry FROM ({_MADE}) AS made"""  # noqa: S608
_TO_LOG = f"""INSERT INTO journal.entry (idx, svc, store_seq, entry, kind, type, agg, agg_ver, actor_kind, recorded_at)
    SELECT n - 1, 'sample', n, entry, 'event', 'sample.parcel-sent', md5('g' || n)::uuid, 1, 'staff', now()
    FROM ({_MADE}) AS made"""  # noqa: S608


class Place(NamedTuple):
    """The two databases and a folder for keys."""

    log: str
    store: str
    folder: str


class Figure(NamedTuple):
    """What one process needed."""

    seconds: float
    mebibytes: float


def grow(place: Place, former: int, size: int) -> None:
    """Let log and store grow, and sign what the log then holds."""
    with psycopg.connect(place.store) as connection:
        connection.execute(_TO_STORE, (former + 1, size))
        connection.execute("UPDATE ledger.counter SET store_seq = %s", (size,))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE ledger.stored_events")
    with psycopg.connect(place.log, autocommit=True) as connection:
        connection.execute(_TO_LOG, (former + 1, size))
        connection.execute("VACUUM ANALYZE journal.entry")
    database = Database(place.log)
    try:
        sign(database, size)
    finally:
        database.close()


def sign(database: Database, size: int) -> None:
    """Store the nodes that the tree lacks, and a signed checkpoint of it."""
    frontier = Frontier()
    with database.transaction() as connection:
        known = connection.execute("SELECT count(*) AS leaves FROM journal.node WHERE level = 0").fetchone()
        former = known["leaves"] if known else 0
        with connection.cursor(name="entries") as entries:
            entries.itersize = CHUNK
            entries.execute("SELECT entry FROM journal.entry ORDER BY idx")
            rows = []
            while chunk := entries.fetchmany(CHUNK):
                rows += frontier.extend([leaf_hash(bytes(row["entry"])) for row in chunk])
        fresh = (
            (level, index, digest)
            for level, first, row in rows
            for index, digest in enumerate(row, start=first)
            if index >= former >> level
        )
        copy(connection, "COPY journal.node (level, idx, hash) FROM STDIN", fresh)
        root = frontier.root()
        note = sign_checkpoint(Checkpoint(ORIGIN, size, root), KEY)
        connection.execute("INSERT INTO journal.checkpoint (size, root, note) VALUES (%s, %s, %s)", (size, root, note))


def raw_cursor(place: Place) -> float:
    """Read every entry, do nothing with it."""
    began = time.perf_counter()
    with psycopg.connect(place.log) as connection, connection.cursor(name="raw") as entries:
        entries.itersize = CHUNK
        entries.execute("SELECT idx, entry FROM journal.entry ORDER BY idx", binary=True)
        length = sum(len(entry) for _, entry in entries)
    assert length
    return time.perf_counter() - began


def bare_hashing(place: Place, size: int) -> float:
    """Make all hashes of a full audit of entries of the same length."""
    with psycopg.connect(place.log) as connection:
        found = connection.execute(_MADE, (size, size)).fetchone()
    assert found
    state, entry, sha256 = bytes(found[1]), bytes(found[2]), hashlib.sha256
    left = right = sha256(b"\x00" + entry).digest()
    began = time.perf_counter()
    for _ in range(size):
        sha256(b"\x00" + entry).digest()
        sha256(b"\x01" + left + right).digest()
        sha256(state).digest()
    return time.perf_counter() - began


def tree(place: Place) -> float:
    """Rebuild the tree only: no service answers."""

    def away(_svc: str, _after: int, _limit: int) -> Sequence[Any]:
        raise Unavailable(peer="sample")

    return _audit(place, away)


def full(place: Place) -> float:
    """Compare everything, with the store's rows as its feed reads them."""
    store = Sample(place.store, Path(place.folder)).open()

    def rows(_svc: str, after: int, limit: int) -> list[dict[str, Any]]:
        return [
            {
                "storeseq": held.store_seq,
                "type": held.topic,
                "agg": str(held.originator_id),
                "agg_ver": held.originator_version,
                "entry": held.entry,
                "state": held.state,
            }
            for held in store.held(after, limit)
        ]

    try:
        return _audit(place, rows)
    finally:
        store.close()


def _audit(place: Place, rows: Callable[[str, int, int], Sequence[Any]]) -> float:
    database = Database(place.log)
    try:
        began = time.perf_counter()
        result = Audit(database, rows).run()
        assert not result.differences, result.listed
        assert result.checkpoints
        return time.perf_counter() - began
    finally:
        database.close()


def _measured(work: Callable[[], float]) -> Figure:
    seconds = work()
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    return Figure(seconds, int(peak) / MEBIBYTE_IN_KIB)


def alone(work: Callable[[], float]) -> Figure:
    """Run in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work,))


def audits(place: Place, size: int) -> None:
    """Print the figures of one size."""
    raw, hashing = alone(partial(raw_cursor, place)), alone(partial(bare_hashing, place, size))
    rebuilt, audited = alone(partial(tree, place)), alone(partial(full, place))
    print(f"{size:,} leaves")
    print(f"  raw cursor    {size / raw.seconds:>9,.0f}/s  {raw.mebibytes:.0f} MiB, most of it imports")
    print(f"  bare hashing  {size / hashing.seconds:>9,.0f}/s")
    print(
        f"  tree          {size / rebuilt.seconds:>9,.0f}/s  {raw.seconds / rebuilt.seconds:.2f} of the raw cursor"
        f"  {rebuilt.mebibytes:.0f} MiB"
    )
    print(
        f"  full audit    {size / audited.seconds:>9,.0f}/s  {hashing.seconds / audited.seconds:.2f} of bare hashing"
        f"  {audited.mebibytes:.0f} MiB, pages of {PAGE} rows"
    )


@contextmanager
def served(place: Place) -> Iterator[tuple[str, dict[str, str]]]:
    """Run the journal's own process, and give its address and an access token for it."""
    folder, (port,) = Path(place.folder), free_ports(1)
    for name in ("identity", "journal", "log"):
        (folder / f"{name}.pem").write_bytes(new_signing_key())
        (folder / f"{name}.pem").chmod(0o600)
    identity = Signer(folder / "identity.pem", "identity")
    (folder / "trust.json").write_text(json.dumps({"keys": [identity.public_jwk()]}))
    (folder / "master.key").chmod(0o600)
    settings = {
        "DATABASE_URL": place.log,
        "HTTP_PORT": str(port),
        "PUBLIC_URL": "http://127.0.0.1",
        "SIGNING_KEY_FILE": str(folder / "journal.pem"),
        "TRUST_FILE": str(folder / "trust.json"),
        "MASTER_KEY_FILE": str(folder / "master.key"),
        "LOG_KEY_FILE": str(folder / "log.pem"),
        "LOG_ORIGIN": ORIGIN,
    }
    environment = {f"JOURNAL_{name}": value for name, value in settings.items()}
    process = Module("journal", ("journal", "serve"), environment, port, "/readyz", folder / "journal.log", folder)
    token = identity.access_token(person_id=uuid4(), kind="staff", session_id=uuid4(), office_id=uuid4(), role="notary")
    with running(process):
        yield f"http://127.0.0.1:{port}/api/journal/v1/proofs", {"Authorization": f"Bearer {token}"}


def proofs(place: Place, size: int, amount: int) -> None:
    """Print how long one reader waits for a proof, asked one after the other."""
    random, times = Random(1), dict[str, list[float]]()  # noqa: S311 - chooses places, no key
    with served(place) as (url, headers), httpx.Client(headers=headers, trust_env=False) as client:
        for number in range(amount + WARM_UP):
            index, smaller = random.randrange(size), random.randrange(1, size)
            for address in (f"inclusion?index={index}&size={size}", f"consistency?from={smaller}&to={size}"):
                began = time.perf_counter()
                client.get(f"{url}/{address}").raise_for_status()
                if number >= WARM_UP:
                    times.setdefault(address.partition("?")[0], []).append(time.perf_counter() - began)
    for kind, found in times.items():
        p50, p99 = statistics.median(found), statistics.quantiles(found, n=100)[98]
        print(f"{kind} proof over HTTP at {size:,} leaves: p50 {p50 * 1e3:.1f} ms  p99 {p99 * 1e3:.1f} ms")


def main() -> None:
    """Print the figures of each size, then those of proofs at the largest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--proofs", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = Postgres(folder / "postgres", free_ports(1)[0], folder / "postgres.log", tied=True)
        with running(server):
            for database in ("journal", "sample"):
                create_database(server.url, database)
            place = Place(server.database_url("journal"), server.database_url("sample"), name)
            prepare(place.log)
            Sample(place.store, folder).open().close()
            former = 0
            for size in sorted(asked.sizes):
                grow(place, former, size)
                audits(place, size)
                former = size
            proofs(place, former, asked.proofs)


if __name__ == "__main__":
    main()
