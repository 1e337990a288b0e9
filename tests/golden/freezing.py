"""Writing what there is of a golden journal into its folder, once."""

import base64
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from eventstore import Store
from frozen import ENTRY_LENGTH, STATE_LENGTH, Frozen, framed
from journal.attest.attestations import Attestations
from journal.log.database import Database
from proof.entry import Entry
from proof.leaf import parse_leaf
from proof.tiles import WIDTH, encode_entries, encode_tile, tiles
from proof.tree import Frontier, leaf_hash


def freeze(
    frozen: Frozen,
    stores: dict[str, Store],
    database: Database,
    attestations: Attestations,
    bundles: dict[str, bytes],
) -> None:
    """Write everything; all of the log is signed."""
    with database.transaction() as connection:
        rows = connection.execute("SELECT entry FROM journal.entry ORDER BY idx").fetchall()
        sizes = [row["size"] for row in connection.execute("SELECT size FROM journal.checkpoint ORDER BY size")]
    entries = [bytes(row["entry"]) for row in rows]
    held = {svc: [one.state for one in store.held(0, len(entries))] for svc, store in stores.items()}
    leaves = [parse_leaf(entry) for entry in entries]
    states = [held[leaf.svc][leaf.store_seq - 1] if isinstance(leaf, Entry) else b"" for leaf in leaves]
    frozen.write("entries.bin", framed(entries, ENTRY_LENGTH))
    frozen.write("states.bin", framed(states, STATE_LENGTH))
    frozen.write_lines("checkpoints.jsonl", map(partial(attested, attestations), sizes))
    frozen.write_lines("keys.jsonl", (key for svc, store in stores.items() for key in keys(svc, store)))
    frozen.write_lines("aggregates.jsonl", aggregates(stores, leaves))
    frozen.write("tiles.txt", "".join(f"{digest} {path}\n" for path, digest in tiled(entries)).encode())
    for name, bundle in bundles.items():
        frozen.write(f"{name}.lcp", bundle)


def attested(attestations: Attestations, size: int) -> dict[str, Any]:
    """Return a signed state with all that was said of it."""
    note = attestations.note(size) or b""
    tokens = [base64.b64encode(token.response).decode() for token in attestations.tokens(size)]
    return {"size": size, "note": note.decode(), "tokens": tokens}


def keys(svc: str, store: Store) -> Iterator[dict[str, Any]]:
    """Return the wrapped keys of persons."""
    with store.connection() as connection:
        rows = connection.execute("SELECT subject, wrapped FROM ledger.subject_key ORDER BY created_at").fetchall()
    for row in rows:
        wrapped = base64.b64encode(row["wrapped"]).decode() if row["wrapped"] else None
        yield {"svc": svc, "subject": str(row["subject"]), "wrapped": wrapped}


def aggregates(stores: dict[str, Store], leaves: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Tell what every aggregate is at the end, and what dossiers and requests were halfway."""
    for svc, store in stores.items():
        found = list(dict.fromkeys(leaf.agg for leaf in leaves if isinstance(leaf, Entry) and leaf.svc == svc))
        end = sum(isinstance(leaf, Entry) and leaf.svc == svc for leaf in leaves)
        for at in (end, end // 2) if svc == "dossier" else (end,):
            for agg in found:
                was = store.state_at(UUID(agg), at)
                if was:
                    known = {"aggregate": was.aggregate, "version": was.version, "state": was.state}
                    yield {"svc": svc, "at": at, "id": agg, **known}


def tiled(entries: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    """Return path and SHA-256 of every published file of the tree."""
    nodes = {(level, first + step): digest for level, first, row in Frontier().extend(list(map(leaf_hash, entries)))
             for step, digest in enumerate(row)}  # fmt: skip
    for tile in tiles(len(entries)):
        hashes = [nodes[8 * tile.level, index] for index in range(tile.first, tile.first + tile.width)]
        yield tile.path, sha256(encode_tile(hashes)).hexdigest()
        if tile.level == 0:
            below = entries[tile.index * WIDTH :][: tile.width]
            yield tile.entries_path, sha256(encode_entries(below)).hexdigest()
