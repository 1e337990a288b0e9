from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.bundle import Bundle, Item, Observation, Opening, Scope
from proof.canonical import canonical, parse
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, Quorum, cosign
from proof.entry import Document, Fields, assemble, commitment, digest_commitment, encoded, fragments, instant
from proof.entry import state_hash as hash_of
from proof.leaf import parse_leaf
from proof.note import Key, Note, Signature
from proof.policy import LogKey, Policy
from proof.record import Record, scope_digest
from proof.signing import sign_checkpoint
from proof.timestamp import Authority, request, stamped
from proof.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash
from proof.verify import Trust
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import POLICY as TSA_POLICY
from sandbox.tsa.tokens import Faults, answer

ORIGIN = "journal.example/test"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OFFICE, DOSSIER, REQUEST, VERSION = (str(UUID(int=number, version=4)) for number in range(1, 5))
FILE_DIGEST = "ab" * 32

Private = Ed25519PrivateKey | MLDSA44PrivateKey
WITNESSES: list[tuple[str, Private]] = [
    ("w1.example", Ed25519PrivateKey.from_private_bytes(b"1" * 32)),
    ("w2.example", Ed25519PrivateKey.from_private_bytes(b"2" * 32)),
    ("w3.example", MLDSA44PrivateKey.from_seed_bytes(b"3" * 32)),
]


def salt_of(number: int) -> bytes:
    return bytes([number]) * 32


_made = cache(Chain.made)  # three keys each
DAY = datetime.now(UTC)


@dataclass
class Log:
    """A small log with its keys, to be exported as a bundle and attacked."""

    key: Ed25519PrivateKey
    second: MLDSA44PrivateKey | None = None
    start: datetime = NOW
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    entries: list[tuple[bytes, bytes, Opening | None]] = field(default_factory=list)
    last: dict[tuple[str, str], bytes] = field(default_factory=dict)
    counters: dict[tuple[str, ...], int] = field(default_factory=dict)
    notes: dict[int, bytes] = field(default_factory=dict)  # with ML-DSA lines, which differ each time
    tokens: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def add(self, svc: str, agg: str, event: str, data: dict[str, Any], **facts: Any) -> None:
        number, moment = len(self.entries), self.start + timedelta(seconds=len(self.entries))
        payload = {"type": f"{svc}.{event}", "data": data}
        state = canonical({"stored": payload})
        fields = Fields(
            svc=svc,
            agg=agg,
            agg_ver=self._next(svc, "agg", agg),
            type=f"{svc}.{event}",
            schema=1,
            occurred_at=instant(moment),
            payload_c=commitment(salt_of(number), canonical(payload)),
            state_h=hash_of(state),
            actor_kind="staff",
            office=OFFICE,
            dossier=DOSSIER,
            docs=facts.pop("docs", ()),
        )
        recorded_at = facts.pop("recorded_at", moment)
        fields = replace(fields, **facts)
        previous, office_seq = self._chain(svc, fields.office)
        entry = assemble(fragments(fields), previous, office_seq, recorded_at, self._next(svc))
        self.append(entry, state, Opening(payload, salt_of(number)))

    def record(self, kind: str, body: dict[str, Any], **facts: Any) -> None:
        """Add a leaf of the journal's own."""
        moment = self.start + timedelta(seconds=len(self.entries))
        made = Record(
            kind=kind, store_seq=self._next("journal"), recorded_at=instant(moment), actor_kind="service", body=body
        )
        made = replace(made, **facts)
        previous, office_seq = self._chain("journal", made.office)
        chain = encoded(previous) if previous else None
        self.append(replace(made, office_seq=office_seq, office_prev=chain).encode(), b"", None)

    def head(self, dossier: str | None = None, **changes: Any) -> None:
        """Say how far the office, or the whole of the one dossier, has come."""
        ends = [
            {"svc": svc, "seq": self.counters[svc, "office", office], "hash": encoded(digest)}
            for (svc, office), digest in sorted(self.last.items())
            if office == OFFICE
        ]
        body: dict[str, Any] = {"reason": "export", "heads": ends, "entries": None, "digest": None}
        if dossier:
            mine = [leaf_hash(entry) for entry, _, _ in self.entries if parse_leaf(entry).dossier == dossier]
            body |= {"entries": len(mine), "digest": scope_digest(mine)}
        self.record("head", body | changes, office=OFFICE, dossier=dossier)

    def append(self, entry: bytes, state: bytes, opening: Opening | None) -> None:
        leaf = parse_leaf(entry)
        if leaf.office:
            self.last[leaf.svc, leaf.office] = sha256(entry).digest()
        self.entries.append((entry, state, opening))
        for level, index, digest in self.frontier.append(leaf_hash(entry)):
            self.nodes[level, index] = digest

    def _chain(self, svc: str, office: str | None) -> tuple[bytes | None, int | None]:
        if office is None:
            return None, None
        return self.last.get((svc, office)), self._next(svc, "office", office)

    def _next(self, *name: str) -> int:
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]

    def read(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def note(self, size: int) -> bytes:
        if size not in self.notes:
            root = Frontier.load(size, self.read).root()
            self.notes[size] = sign_checkpoint(Checkpoint(ORIGIN, size, root), self.key, self.second)
        return self.notes[size]

    @staticmethod
    def authority(name: str) -> Chain:
        """Return the certificates and key of a time-stamping authority."""
        return _made(name, DAY)

    def cosigned(self, size: int, *lines: Signature) -> Note:
        """Return a checkpoint with these lines more."""
        note = Note.parse(self.note(size))
        return Note(note.text, (*note.signatures, *lines))

    def cosignature(self, size: int, number: int, at: datetime | None) -> Signature:
        """Let a witness sign a checkpoint, with or without a time."""
        return cosign(Note.parse(self.note(size)).text, *WITNESSES[number], at)

    def witness(self, size: int, at: datetime, *numbers: int) -> None:
        """Add the cosignatures of these witnesses, at that time, to a checkpoint."""
        lines = [self.cosignature(size, number, at) for number in numbers]
        self.notes[size] = self.cosigned(size, *lines).encode()

    def stamp(self, size: int, at: datetime | None = None, chain: Chain | None = None, **faults: Any) -> None:
        """Get a timestamp for a checkpoint, at that time."""
        shift = round(((at or datetime.now(UTC)) - datetime.now(UTC)).total_seconds())
        query = request(stamped(Note.parse(self.note(size)))).data
        number = sum(stamped_size == size for stamped_size, _ in self.tokens)
        token = answer(chain or self.authority("Sandbox"), query, Faults(clock_shift=shift, **faults))
        self.tokens[size, number] = token

    def forked(self) -> "Log":
        """Return another history of the same size under the same keys: its fifth leaf was always another."""
        other = replace(self, nodes={}, frontier=Frontier(), entries=[], notes={}, tokens={})
        for entry, state, opening in self.entries[:4]:
            other.append(entry, state, opening)
        entry, state, opening = self.entries[4]
        other.append(canonical(parse(entry) | {"actor_kind": "client"}), state, opening)
        return other

    def bundle(self, *sizes: int, scope: Scope | None = None, shown: Sequence[int] | None = None) -> Bundle:
        final = len(self.entries)
        notes = {size: self.note(size) for size in (*sizes, final)}
        items = tuple(
            Item(index, *self.entries[index][:2], tuple(self._path(index)), self.entries[index][2])
            for index in (range(final) if shown is None else shown)
        )
        growth = {(size, final): tuple(consistency_proof(size, final, self.read)) for size in sizes}
        seen = (Observation(VERSION, hash_of(b"manifest")),)
        tokens = {place: token for place, token in self.tokens.items() if place[0] in notes}
        return Bundle(scope or Scope("dossier", DOSSIER), items, notes, seen, growth, tokens)

    def _path(self, index: int) -> list[bytes]:
        return inclusion_proof(index, len(self.entries), self.read)

    def policy(self, *, quorum: int = 0, authorities: Sequence[str] = ()) -> Policy:
        keys = [LogKey(Key.of(ORIGIN, self.key))]
        if self.second:
            keys.append(LogKey(Cosigner.of(ORIGIN, self.second)))
        members = tuple(Cosigner.of(*witness) for witness in WITNESSES)
        trusted = tuple(Authority.parse(self.authority(name).pem(), [TSA_POLICY]) for name in authorities)
        return Policy(ORIGIN, tuple(keys), Quorum(quorum, members) if quorum else None, trusted)

    def trust(self, *, quorum: int = 0, authorities: Sequence[str] = (), **more: Any) -> Trust:
        return Trust(at=self.start, policy=self.policy(quorum=quorum, authorities=authorities), **more)


def a_document(number: int) -> Document:
    digest = digest_commitment(salt_of(number), FILE_DIGEST)
    return Document(ref=REQUEST, ver=VERSION, size=3, digest_c=digest, ct_h=hash_of(b"manifest"))


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
def full() -> Log:
    """Return a log that has everything: two keys, witnesses, timestamps, a head at its end; it lives now."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    made = Log(
        Ed25519PrivateKey.from_private_bytes(bytes(range(32))), MLDSA44PrivateKey.from_seed_bytes(b"s" * 32), start
    )
    live(made)
    made.witness(5, start + timedelta(minutes=1), 0, 1, 2)
    made.stamp(5, start + timedelta(minutes=2))
    made.head(DOSSIER)
    made.witness(6, start + timedelta(minutes=3), 0, 2)
    made.stamp(6, start + timedelta(minutes=4))
    made.stamp(6, start + timedelta(minutes=4), made.authority("Other"))
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
