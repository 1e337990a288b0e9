from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proof.bundle import Bundle, Item, Observation, Opening
from proof.canonical import canonical
from proof.checkpoint import Checkpoint, InclusionProof
from proof.entry import Document, Fields, assemble, commitment, digest_commitment, fragments, instant, state_hash
from proof.note import Key, sign
from proof.policy import LogKey, Policy
from proof.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash
from proof.verify import Trust

ORIGIN = "journal.example/test"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OFFICE, DOSSIER, REQUEST, VERSION = (str(UUID(int=number, version=4)) for number in range(1, 5))
FILE_DIGEST = "ab" * 32


def salt_of(number: int) -> bytes:
    return bytes([number]) * 32


@dataclass
class Log:
    """A small log with its keys, to be exported as a bundle and attacked."""

    key: Ed25519PrivateKey
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    entries: list[tuple[bytes, bytes, Opening]] = field(default_factory=list)
    last: dict[str, bytes] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def add(self, svc: str, agg: str, event: str, data: dict[str, Any], **facts: Any) -> None:
        number, moment = len(self.entries), NOW + timedelta(seconds=len(self.entries))
        payload = {"type": f"{svc}.{event}", "data": data}
        state = canonical({"stored": payload})
        documents = facts.pop("docs", ())
        counter = self._next(svc)
        fields = Fields(
            svc=svc,
            agg=agg,
            agg_ver=self._next(svc + agg),
            type=f"{svc}.{event}",
            schema=1,
            occurred_at=instant(moment),
            payload_c=commitment(salt_of(number), canonical(payload)),
            state_h=state_hash(state),
            actor_kind="staff",
            office=OFFICE,
            dossier=DOSSIER,
            docs=documents,
        )
        fields = replace(fields, **facts)
        entry = assemble(fragments(fields), self.last.get(svc), self._next(svc + OFFICE), moment, counter)
        self.last[svc] = sha256(entry).digest()
        self.append(entry, state, Opening(payload, salt_of(number)))

    def append(self, entry: bytes, state: bytes, opening: Opening) -> None:
        self.entries.append((entry, state, opening))
        for level, index, digest in self.frontier.append(leaf_hash(entry)):
            self.nodes[level, index] = digest

    def _next(self, name: str) -> int:
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]

    def read(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def note(self, size: int) -> bytes:
        root = Frontier.load(size, self.read).root()
        return sign(Checkpoint(ORIGIN, size, root).text(), ORIGIN, self.key).encode()

    def bundle(self, *sizes: int) -> Bundle:
        final = len(self.entries)
        notes = {size: self.note(size) for size in (*sizes, final)}
        items = tuple(
            Item(index, entry, state, InclusionProof(index, tuple(self._path(index)), notes[final]), opening)
            for index, (entry, state, opening) in enumerate(self.entries)
        )
        growth = {(size, final): tuple(consistency_proof(size, final, self.read)) for size in sizes}
        return Bundle(DOSSIER, items, notes, (Observation(VERSION, state_hash(b"manifest")),), growth)

    def _path(self, index: int) -> list[bytes]:
        return inclusion_proof(index, len(self.entries), self.read)

    def policy(self) -> Policy:
        return Policy(ORIGIN, (LogKey(Key.of(ORIGIN, self.key)),))

    def trust(self, **more: Any) -> Trust:
        return Trust(at=NOW, policy=self.policy(), **more)


def a_document(number: int) -> Document:
    digest = digest_commitment(salt_of(number), FILE_DIGEST)
    return Document(ref=REQUEST, ver=VERSION, size=3, digest_c=digest, ct_h=state_hash(b"manifest"))


def live(made: Log) -> None:
    """Live a dossier over two services: opened, asked, stored, deposited, refused."""
    made.add("dossier", DOSSIER, "dossier-opened", {"number": "2026-1"})
    made.add("dossier", REQUEST, "document-requested", {"label": "Pièce d'identité"})
    made.add("vault", VERSION, "document-stored", {"sha256": FILE_DIGEST}, docs=(a_document(2),))
    made.add("dossier", REQUEST, "document-deposited", {"version_id": VERSION})
    made.add("dossier", REQUEST, "document-refused", {"reason": "illisible"})


@pytest.fixture
def log() -> Log:
    """Return a log with one dossier, the same at every run."""
    made = Log(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    live(made)
    return made


@pytest.fixture
def vectors() -> Callable[[str], list[Path]]:
    """Public vectors beside the repository; a test that asks for absent ones says that it skips."""

    def find(folder: str) -> list[Path]:
        found = sorted((Path(__file__).parents[4] / "shared" / "vectors" / folder).glob("*.json"))
        if not found:
            pytest.skip(f"the public vectors {folder} are not beside the repository")
        return found

    return find
