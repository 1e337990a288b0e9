"""Services as the journal sees them, and how a stranger reads its database."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from contracts import Envelope
from journal.log.database import Database, from_nodes, log_size
from journal.log.leaf import Leaf, read_leaf
from proof import tree
from proof.entry import Fields, assemble, encoded, fragments, instant, state_hash
from proof.record import Record
from proof.tree import leaf_hash

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST_OFFICE, AGGREGATE = (str(UUID(int=number, version=4)) for number in (1, 2))


class Service:
    """Makes the messages of one service: gap-free, chained, as its event store would."""

    def __init__(
        self, name: str = "dossier", event: str = "dossier-edited", office: str = FIRST_OFFICE, agg: str = AGGREGATE
    ) -> None:
        self.name, self.event, self.office, self.agg = name, event, office, agg
        self.number, self.last = 0, None

    def messages(self, amount: int, *, epoch: int = 1, **facts: Any) -> list[Envelope]:
        return [self.message(epoch=epoch, **facts) for _ in range(amount)]

    def message(self, *, epoch: int = 1, data: dict[str, Any] | None = None, **facts: Any) -> Envelope:
        self.number += 1
        fields = Fields(
            svc=self.name,
            agg=self.agg,
            agg_ver=self.number,
            type=f"{self.name}.{self.event}",
            schema=1,
            occurred_at=instant(NOW),
            payload_c=state_hash(b"payload"),
            state_h=state_hash(b"state"),
            actor_kind="system",
            office=self.office,
        )
        entry = assemble(fragments(replace(fields, **facts)), self.last, self.number, NOW, self.number)
        self.last = sha256(entry).digest()
        topic = facts.get("type", fields.type)
        return Envelope.of(topic=topic, version=0, epoch=epoch, data=data or {}, proof_entry=entry.decode())


@pytest.fixture(scope="session")
def new_service() -> type[Service]:
    """Return what makes the messages of a service without one."""
    return Service


def leaves(database: Database) -> list[Leaf]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT idx, entry FROM journal.entry ORDER BY idx").fetchall()
    return [read_leaf(row["idx"], bytes(row["entry"])) for row in rows]


def audited(database: Database) -> list[Leaf]:
    """Read the whole log as a stranger would: one history, every counter without a hole, every chain whole."""
    found = leaves(database)
    assert [leaf.index for leaf in found] == list(range(len(found)))
    grown, numbers, chains = tree.Frontier(), dict[str, int](), dict[tuple[str, str], tuple[int, str | None]]()
    for leaf in found:
        entry = leaf.entry
        grown.append(leaf_hash(leaf.data))
        assert entry.store_seq == numbers.get(entry.svc, 0) + 1
        numbers[entry.svc] = entry.store_seq
        if isinstance(entry, Record) and entry.kind == "head":
            said = {(head["svc"], entry.office): (head["seq"], head["hash"]) for head in entry.body["heads"]}
            assert said == {place: state for place, state in chains.items() if place[1] == entry.office}
        if entry.office is not None:
            number, digest = chains.get((entry.svc, entry.office), (0, None))
            assert (entry.office_seq, entry.office_prev) == (number + 1, digest)
            chains[entry.svc, entry.office] = (number + 1, encoded(sha256(leaf.data).digest()))
    with database.transaction() as connection:
        assert log_size(connection) == len(found)
        assert from_nodes(connection, partial(tree.root, len(found))) == grown.root()
    return found


class Audit:
    """Reads the log of a database, as it is or as a stranger who checks it all."""

    leaves = staticmethod(leaves)

    def __call__(self, database: Database) -> list[Leaf]:
        return audited(database)

    @staticmethod
    def of_kind(database: Database, kind: str) -> list[Record]:
        return [leaf.entry for leaf in leaves(database) if isinstance(leaf.entry, Record) and leaf.entry.kind == kind]


@pytest.fixture(scope="session")
def audit() -> Audit:
    return Audit()
