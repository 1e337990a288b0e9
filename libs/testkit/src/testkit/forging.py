"""What somebody who wants to deceive can make: other bundles, other histories, signatures with stolen keys."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from launcher.blueprint import LOG_ORIGIN
from proof.bundle import Bundle, Item
from proof.checkpoint import Checkpoint
from proof.cosignature import cosign
from proof.note import Note
from proof.reading import decode
from proof.signing import sign_checkpoint
from proof.timestamp import request, stamped
from proof.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash, root

from testkit.stack import Platform

HOST = ".scelle.localhost/dev"  # of the witnesses of the embedded stack


def repacked(bundle: bytes, **changes: Any) -> bytes:
    """Change fields of a bundle, and write everything around them as it should be then."""
    return replace(decode(bundle), **changes).encode()


def with_items(bundle: bytes, items: Iterable[Item]) -> bytes:
    """Put other items into a bundle."""
    return repacked(bundle, items=tuple(items))


def with_final(bundle: bytes, note: bytes) -> bytes:
    """Put another largest checkpoint of the same size into a bundle."""
    opened = decode(bundle)
    return repacked(bundle, checkpoints={**opened.checkpoints, max(opened.checkpoints): note})


class StolenKeys:
    """The private keys of the log and of its witnesses, as whoever broke into every machine has them."""

    def __init__(self, platform: Platform) -> None:
        self._witnesses = platform.folder / "witnesses"
        self.ed25519 = _ed25519(platform.key_file("log"))
        mldsa = load_pem_private_key(platform.mldsa_key_file("log").read_bytes(), None)
        if not isinstance(mldsa, MLDSA44PrivateKey):
            raise TypeError("the log's second key is no ML-DSA-44 key")
        self.mldsa = mldsa

    def sign(self, size: int, root_hash: bytes, origin: str = LOG_ORIGIN) -> bytes:
        """Sign a checkpoint as the log does."""
        return sign_checkpoint(Checkpoint(origin, size, root_hash), self.ed25519, self.mldsa)

    def cosign(self, note: bytes, names: Iterable[str], at: datetime) -> bytes:
        """Add the cosignatures of some witnesses."""
        read = Note.parse(note)
        lines = [cosign(read.text, name + HOST, _ed25519(self._witnesses / f"{name}.pem"), at) for name in names]
        return Note(read.text, (*read.signatures, *lines)).encode()


def _ed25519(file: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{file} is no Ed25519 key")
    return key


class History:
    """A log of one's own making: any leaves, and every proof about them."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        frontier, self._nodes = Frontier(), dict[tuple[int, int], bytes]()
        for leaf in self.leaves:
            self._nodes |= {(level, index): digest for level, index, digest in frontier.append(leaf_hash(leaf))}
        self.size = frontier.size

    def node(self, level: int, index: int) -> bytes:
        """Return a node of the tree."""
        return self._nodes[level, index]

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first leaves."""
        return root(self.size if size is None else size, self.node)

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the inclusion proof of a leaf."""
        return tuple(inclusion_proof(index, self.size, self.node))

    def growth(self, first: int) -> tuple[bytes, ...]:
        """Return the proof that the whole extends the first leaves."""
        return tuple(consistency_proof(first, self.size, self.node))

    def bundle(self, genuine: bytes, note: bytes, entries: Mapping[int, bytes] | None = None) -> bytes:
        """Return a bundle like a genuine one, about this history under one checkpoint, with some entries replaced."""
        opened, others = decode(genuine), entries or {}
        items = tuple(
            replace(item, entry=others.get(item.index, item.entry), hashes=self.path(item.index))
            for item in opened.items
        )
        made = Bundle(opened.scope, items, {self.size: note}, opened.observations)
        return made.encode()


def stamp(address: str, note: bytes) -> bytes:
    """Have a checkpoint stamped by whatever authority answers at this address."""
    query = request(stamped(Note.parse(note))).data
    headers = {"Content-Type": "application/timestamp-query"}
    return httpx.post(address, content=query, headers=headers, trust_env=False).raise_for_status().content
