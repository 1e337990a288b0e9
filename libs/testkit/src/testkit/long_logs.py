"""A log and a store as long as a measurement wants them, filled by PostgreSQL itself."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journal.log.database import Database, copy, prepare
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from proof.checkpoint import Checkpoint
from proof.signing import sign_checkpoint
from proof.tree import Frontier, leaf_hash

from testkit.parcels import Sample

CHUNK = 4096  # leaves
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


@contextmanager
def new_place() -> Iterator[Place]:
    """Run a PostgreSQL with both databases, empty."""
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
            yield place


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
        _sign(database, size)
    finally:
        database.close()


def _sign(database: Database, size: int) -> None:
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


def one_event(place: Place, number: int) -> tuple[bytes, bytes]:
    """Return what the store keeps of an event, and its entry."""
    with psycopg.connect(place.log) as connection:
        found = connection.execute(_MADE, (number, number)).fetchone()
    if found is None:
        raise LookupError(number)
    return bytes(found[1]), bytes(found[2])
