"""The golden journals, and the folder of these tests on the path, for what reads and writes them."""

import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from launcher.components.postgres import Postgres, create_database

sys.path.insert(0, str(Path(__file__).parent))

from eventstore import FileKeyService, Store
from frozen import FIRST, Frozen
from history import FACTS, new_stores
from proof.entry import Entry

GOLDEN = [FIRST]  # a second one is added beside the first, never in its place


@pytest.fixture(scope="module", params=GOLDEN, ids=lambda folder: folder.name)
def golden(request: pytest.FixtureRequest) -> Frozen:
    folder: Path = request.param
    return Frozen(folder)


@pytest.fixture(scope="module")
def stores(golden: Frozen, postgres: Postgres) -> Iterator[dict[str, Store]]:
    """Return event stores of this version that hold what was frozen."""
    made = uuid4().hex[:8]

    def url_of(svc: str) -> str:
        return postgres.database_url(f"golden_{svc}_{made}")

    for svc in FACTS:
        create_database(postgres.url, f"golden_{svc}_{made}")
    opened = new_stores(url_of, FileKeyService(golden.master_key))
    for svc in opened:
        fill(url_of(svc), svc, golden)
    yield opened
    for store in opened.values():
        store.close()


def fill(url: str, svc: str, golden: Frozen) -> None:
    """Put frozen rows where an event store keeps them; a column that comes later has its default."""
    rows = [
        (leaf.agg, leaf.agg_ver, leaf.type, state, leaf.store_seq, entry)
        for leaf, entry, state in zip(golden.leaves, golden.entries, golden.states, strict=True)
        if isinstance(leaf, Entry) and leaf.svc == svc
    ]
    keys = [
        (key["subject"], base64.b64decode(key["wrapped"]) if key["wrapped"] else None)
        for key in golden.person_keys
        if key["svc"] == svc
    ]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = "originator_id, originator_version, topic, state, notification_id, entry"
        with cursor.copy(f"COPY ledger.stored_events ({columns}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
        with cursor.copy("COPY ledger.subject_key (subject, wrapped) FROM STDIN") as stream:
            for key in keys:
                stream.write_row(key)
        cursor.execute("UPDATE ledger.counter SET store_seq = %s", (len(rows),))


@pytest.fixture(scope="session")
def held() -> Callable[[object, object], bool]:
    """Return what tells whether a value still says all that was frozen; it may have gained members of objects."""

    def says(now: object, frozen: object) -> bool:
        if isinstance(frozen, dict):
            return isinstance(now, dict) and all(name in now and says(now[name], frozen[name]) for name in frozen)
        if isinstance(frozen, list) and isinstance(now, list) and len(now) == len(frozen):
            return all(map(says, now, frozen))
        return now == frozen

    return says
