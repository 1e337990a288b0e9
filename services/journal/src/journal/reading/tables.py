"""Leaves as files for other tools: a table (CSV) and lines of JSON, both made while they are sent.

The table is RFC 4180 in UTF-8 with a byte-order mark. A text that a spreadsheet would run as a formula is made harmless
with a leading apostrophe. The lines of JSON have the exact entries, from which anyone can compute the leaves.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from contracts import VERSIONS
from proof.entry import encoded
from proof.tree import leaf_hash

from journal.log.leaf import read_leaf
from journal.reading.access import Reader
from journal.reading.peers import Peers, ReadBy
from journal.reading.timeline import Event

BOM = "\ufeff"
COLUMNS = (
    "index",
    "kind",
    "service",
    "store_seq",
    "office_seq",
    "type",
    "meaning",
    "recorded_at",
    "occurred_at",
    "office_id",
    "dossier_id",
    "aggregate_id",
    "aggregate_version",
    "actor_kind",
    "actor_id",
    "actor_name",
    "documents",
    "sealed_size",
    "cosigned_size",
    "stamped_at",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINES_FORMAT = "scelle-leaves/1"

Rows = Sequence[Mapping[str, Any]]
"""Rows of `query.find`."""


def table(batches: Iterable[Sequence[Event]]) -> Iterator[bytes]:
    """Write a table, in the order of the log."""
    yield _line([BOM + COLUMNS[0], *COLUMNS[1:]])
    for events in batches:
        yield b"".join(_line(_cells(event)) for event in events)


def lines(batches: Iterable[Rows], peers: Peers, reader: Reader, asked: Mapping[str, Any]) -> Iterator[bytes]:
    """Write lines of JSON: what was asked for, then a line for each leaf, then how many there were and who read them.

    A leaf has its exact entry, and the payload and salt of an event that `reader` may see and whose person is not
    erased. The payload is as it was stored, under the version that `schema` of the entry says: it is what the entry
    commits to. Where the code of today makes another one of it, that stands in `upcast`. `read_by` of the last line
    says for each service which code this was: its version, and the hash of its rules for events of earlier versions.
    """
    amount = 0
    read_by: dict[str, set[ReadBy]] = defaultdict(set)
    yield _json({"format": LINES_FORMAT, "asked": dict(asked)} | software())
    for rows in batches:
        amount += len(rows)
        yield b"".join(map(_json, _opened(rows, peers, reader, read_by)))
    said = {svc: [asdict(code) for code in sorted(codes, key=astuple)] for svc, codes in sorted(read_by.items())}
    yield _json({"leaves": amount, "read_by": said})


def software() -> dict[str, str]:
    """Say which code wrote a file, and which versions of events it knows: SHA-256 over their names, one on a line."""
    known = "\n".join(sorted(f"{topic}.v{number}" for topic, number in VERSIONS.items()))
    return {"code": version("scelle-journal"), "schemas": sha256(known.encode()).hexdigest()}


def harmless(text: str) -> str:
    """Keep a text from being run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _opened(rows: Rows, peers: Peers, reader: Reader, read_by: Mapping[str, set[ReadBy]]) -> Iterator[dict[str, Any]]:
    leaves = [read_leaf(row["idx"], bytes(row["entry"])) for row in rows]
    events = [leaf for leaf in leaves if leaf.event]
    payloads = peers.payloads([(leaf.entry.svc, leaf.entry.store_seq) for leaf in events])
    shown = {
        leaf.index: payload
        for leaf, payload in zip(events, payloads, strict=True)
        if payload and reader.may_open(payload.opening.data)
    }
    for leaf in leaves:
        payload = shown.get(leaf.index)
        if payload and payload.read_by:
            read_by[leaf.entry.svc].add(payload.read_by)
        yield {
            "index": leaf.index,
            "leaf_hash": encoded(leaf_hash(leaf.data)),
            "entry": leaf.data.decode(),
            "payload": payload.opening.payload if payload else None,
            "salt": encoded(payload.opening.salt) if payload else None,
            **({"upcast": payload.upcast} if payload and payload.upcast else {}),
        }


def _cells(event: Event) -> list[str]:
    sealed = event.sealed
    values = [
        event.index,
        event.kind,
        event.service,
        event.store_seq,
        event.office_seq,
        event.type,
        event.meaning,
        event.recorded_at.isoformat(),
        event.occurred_at.isoformat(),
        event.office_id,
        event.dossier_id,
        event.aggregate_id,
        event.aggregate_version,
        event.actor.kind,
        event.actor.id,
        event.actor.name,
        " ".join(str(document.version_id) for document in event.documents),
        sealed.size if sealed else None,
        sealed.cosigned if sealed else None,
        sealed.stamped_at.isoformat() if sealed and sealed.stamped_at else None,
    ]
    return ["" if value is None else harmless(str(value)) for value in values]


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
