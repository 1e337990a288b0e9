"""Small logs for verifiers to disagree about: leaves, checkpoints, witnesses, tokens, and bundles made of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.archive import pack
from proof.bundle import Bundle, Item, Observation, Opening, Scope, common_files, common_manifest, lines
from proof.canonical import canonical
from proof.checkpoint import Checkpoint, InclusionProof, stamped
from proof.cosignature import Cosigner, Quorum, cosign
from proof.entry import (
    Document,
    Fields,
    assemble,
    commitment,
    digest_commitment,
    encoded,
    fragments,
    instant,
    state_hash,
)
from proof.note import Key, Note
from proof.policy import LogKey, Policy
from proof.record import Record, scope_digest
from proof.signing import sign_checkpoint
from proof.timestamp import Authority, request
from proof.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import OTHER_POLICY, POLICY, Faults, answer

ORIGIN = "journal.example/cases"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP = timedelta(seconds=90)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A leaf of the log and what the stores hold of it."""

    entry: bytes
    state: bytes = b""
    opening: Opening | None = None
    docs: tuple[Document, ...] = ()


@lru_cache
def authority(name: str) -> Chain:
    """Make the certificates of an authority, once in a process: its RSA key takes a while."""
    return Chain.made(name, NOW - timedelta(days=30))


def token(chain: Chain, note: bytes, at: datetime, **faults: bool) -> bytes:
    """Have a note stamped at `at`."""
    shift = round((at - datetime.now(UTC)).total_seconds())
    return answer(chain, request(stamped(Note.parse(note))).data, Faults(clock_shift=shift, **faults))


@dataclass
class Log:
    """A log that is being written, by services and by the journal itself."""

    rng: Random
    leaves: list[Shown] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    chains: dict[tuple[str, str], bytes] = field(default_factory=dict)
    clock: datetime = NOW

    def uuid(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def event(self, svc: str, agg: str, event: str, data: Json, **facts: Any) -> Shown:
        """Write an event; `facts` are fields of the entry and `sha256` of a document that it is about."""
        salt, digest = self.rng.randbytes(32), facts.pop("sha256", None)
        payload = {"type": f"{svc}.{event}", "data": data | ({"sha256": digest} if digest else {})}
        state = canonical({"stored": payload})
        docs: tuple[Document, ...] = ()
        if digest:
            sealed = digest_commitment(salt, digest)
            docs = (Document(ref=agg, ver=self.uuid(), size=3, digest_c=sealed, ct_h=state_hash(sealed.encode())),)
        made = Fields(
            svc=svc,
            agg=agg,
            agg_ver=self._next(f"{svc} {agg}"),
            type=f"{svc}.{event}",
            schema=1,
            occurred_at=instant(self.clock),
            payload_c=commitment(salt, canonical(payload)),
            state_h=state_hash(state),
            actor_kind="staff",
            docs=docs,
        )
        made = replace(made, **facts)
        previous, number = self._place(svc, made.office)
        entry = assemble(fragments(made), previous, number, self.clock, self._next(svc))
        return self._add(Shown(entry, state, Opening(payload, salt), docs), svc, made.office)

    def record(self, kind: str, body: Json, office: str | None = None, dossier: str | None = None) -> Shown:
        """Write a record."""
        previous, number = self._place("journal", office)
        made = Record(
            kind=kind,
            store_seq=self._next("journal"),
            recorded_at=instant(self.clock),
            actor_kind="system",
            body=body,
            office=office,
            office_seq=number,
            office_prev=encoded(previous) if previous else None,
            dossier=dossier,
        )
        return self._add(Shown(made.encode()), "journal", office)

    def head(self, office: str, dossier: str | None = None, reason: str = "export") -> Shown:
        """Close what is there of an office, or of a dossier."""
        ends = {
            svc: (self.counters[f"{svc} {office}"], last) for (svc, of), last in self.chains.items() if of == office
        }
        heads = [{"hash": encoded(last), "seq": number, "svc": svc} for svc, (number, last) in sorted(ends.items())]
        shown = in_scope(self.leaves, Scope("dossier", dossier)) if dossier else []
        digest = scope_digest(leaf_hash(self.leaves[place].entry) for place in shown) if dossier else None
        body = {"reason": reason, "heads": heads, "entries": len(shown) if dossier else None, "digest": digest}
        return self.record("head", body, office, dossier)

    def _add(self, leaf: Shown, svc: str, office: str | None) -> Shown:
        self.leaves.append(leaf)
        if office is not None:
            self.chains[svc, office] = sha256(leaf.entry).digest()
        self.clock += STEP * self.rng.random()
        return leaf

    def _place(self, svc: str, office: str | None) -> tuple[bytes | None, int | None]:
        return (None, None) if office is None else (self.chains.get((svc, office)), self._next(f"{svc} {office}"))

    def _next(self, name: str) -> int:
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]


class Tree:
    """The tree over leaves, whatever they are."""

    def __init__(self, leaves: list[Shown]) -> None:
        self.size, self._nodes, frontier = len(leaves), dict[tuple[int, int], bytes](), Frontier()
        for leaf in leaves:
            for level, index, digest in frontier.append(leaf_hash(leaf.entry)):
                self._nodes[level, index] = digest

    def read(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def root(self, size: int) -> bytes:
        return Frontier.load(size, self.read).root()

    def path(self, index: int) -> tuple[bytes, ...]:
        return tuple(inclusion_proof(index, self.size, self.read))

    def growth(self, size: int) -> tuple[bytes, ...]:
        return tuple(consistency_proof(size, self.size, self.read))


class Keys:
    """The keys of a log and of its witnesses, the same for the same seed."""

    def __init__(self, rng: Random) -> None:
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        self.mldsa = MLDSA44PrivateKey.from_seed_bytes(rng.randbytes(32)) if rng.random() < 0.6 else None
        kinds: list[Callable[[bytes], Any]] = [Ed25519PrivateKey.from_private_bytes, MLDSA44PrivateKey.from_seed_bytes]
        chosen = [kinds[rng.random() < 0.3](rng.randbytes(32)) for _ in range(rng.randint(0, 4))]
        self.witnesses = {f"w{place}.example": key for place, key in enumerate(chosen)}

    def log_keys(self) -> list[Key | Cosigner]:
        return [Key.of(ORIGIN, self.ed25519), *([Cosigner.of(ORIGIN, self.mldsa)] if self.mldsa else [])]

    def note(self, size: int, root: bytes) -> bytes:
        return sign_checkpoint(Checkpoint(ORIGIN, size, root), self.ed25519, self.mldsa)

    def cosigned(self, note: bytes, names: list[str], at: datetime) -> bytes:
        """Add the cosignatures of these witnesses."""
        read = Note.parse(note)
        added = [cosign(read.text, name, self.witnesses[name], at) for name in names]
        return Note(read.text, (*read.signatures, *added)).encode()

    def quorum(self, rng: Random) -> Quorum | None:
        members: list[Any] = [Cosigner.of(name, key) for name, key in self.witnesses.items()]
        if len(members) > 2 and rng.random() < 0.4:
            members = [Quorum(rng.randint(1, len(members) - 1), tuple(members[1:])), members[0]]
        return Quorum(rng.randint(1, max(1, len(members) - 1)), tuple(members)) if members else None

    def policy(self, rng: Random) -> Policy:
        accepted = {
            "One": frozenset({POLICY}),
            "Two": frozenset({POLICY, OTHER_POLICY}),
        }
        named = [name for name in accepted if rng.random() < 0.7]
        authorities = tuple(Authority(authority(name).certificates, accepted[name]) for name in named)
        log_keys = tuple(LogKey(key) for key in self.log_keys())
        return Policy(ORIGIN, log_keys, self.quorum(rng), authorities)


def in_scope(leaves: list[Shown], scope: Scope) -> list[int]:
    """Return the places of the leaves that belong to a scope, as the specification says."""
    said = [json.loads(leaf.entry) for leaf in leaves]
    own = {(one["svc"], one["agg"]) for one in said if one["kind"] == "event" and one["dossier"] == scope.id}

    def belongs(one: Json) -> bool:
        event = one["kind"] == "event"
        if scope.kind == "office":
            return bool(one["office"] == scope.id)
        if scope.kind == "aggregate":
            return event and bool(one["agg"] == scope.id)
        return bool(one["dossier"] == scope.id) or (event and not one["dossier"] and (one["svc"], one["agg"]) in own)

    return [place for place, one in enumerate(said) if belongs(one)]


def live(log: Log) -> tuple[list[str], list[str], list[str]]:
    """Live some weeks of one or two offices; returns their ids, those of dossiers and those of aggregates."""
    rng = log.rng
    offices = [log.uuid() for _ in range(rng.randint(1, 2))]
    dossiers = {log.uuid(): rng.choice(offices) for _ in range(rng.randint(1, 3))}
    aggregates = list(dossiers)
    for dossier, office in dossiers.items():
        log.event("dossier", dossier, "dossier-opened", {"number": "2026-1"}, office=office, dossier=dossier)
    for _ in range(rng.randint(1, 14)):
        dossier, office = rng.choice(list(dossiers.items()))
        part, facts = log.uuid(), {"office": office, "dossier": dossier}
        kind = rng.randrange(6)
        if kind == 0:
            log.event(
                "vault", part, "document-stored", {"name": "café \u2028"}, sha256=rng.randbytes(32).hex(), **facts
            )
            if rng.random() < 0.3:
                log.event("vault", part, "document-destroyed", {}, **facts)
        elif kind == 1:
            log.event("identity", part, "signed-in", {}, office=None, dossier=None, corr="r\n\u2028\U0001f600")
        elif kind == 2:
            log.event("dossier", dossier, "reminded", {"n": 1}, office=office, dossier=None)
        elif kind == 3:
            _record(log, office, dossier)
        else:
            log.event("dossier", part, "document-requested", {"label": "pièce"}, **facts)
            log.event("dossier", part, "document-refused", {"reason": "illisible"}, **facts)
        aggregates.append(part)
    return offices, list(dossiers), aggregates


def _record(log: Log, office: str, dossier: str) -> None:
    rng, root = log.rng, encoded(log.rng.randbytes(32))
    look = {"purpose": "audit", "reference": "A/1", "query": {"types": ["a", "b"], "n": 3, "all": True, "x": None}}
    choices: list[tuple[str, Json, str | None, str | None]] = [
        ("seal", {"size": 1, "root": root, "tokens": [root], "cosignatures": [], "policy": None}, None, None),
        ("key", {"vkeys": ["a+b+c"], "retired": []}, None, None),
        ("erasure", {"person": log.uuid(), "basis": "request", "services": ["a", "b"], "keys": 2}, office, None),
        ("access", look, office, dossier),
        ("export", look | {"format": "csv", "entries": 3, "digest": root}, office, None),
    ]
    if rng.random() < 0.4:
        log.head(office, dossier if rng.random() < 0.5 else None, rng.choice(["daily", "closing"]))
    else:
        log.record(*rng.choice(choices))


def encode_former(bundle: Bundle) -> bytes:
    """Write a bundle of a dossier in the former format."""
    files = common_files(bundle) | {"index.jsonl": lines({"index": item.index} for item in bundle.items)}
    for item in bundle.items:
        files[f"proofs/{item.index}.tlog-proof"] = InclusionProof(item.index, item.hashes, bundle.final).encode()
    manifest = common_manifest(bundle, files) | {"format": "scelle-bundle/1", "dossier": bundle.scope.id}
    return pack(files | {"manifest.json": canonical(manifest)})


def bundle_of(leaves: list[Shown], tree: Tree, scope: Scope, notes: dict[int, bytes], rng: Random) -> Bundle:
    """Export a scope."""
    final, items = max(notes), []
    for place in in_scope(leaves, scope):
        leaf = leaves[place]
        items.append(
            Item(place, leaf.entry, leaf.state, tree.path(place), leaf.opening if rng.random() < 0.8 else None)
        )
    docs = [document for item in items for document in leaves[item.index].docs]
    seen = tuple(Observation(document.ver, document.ct_h) for document in docs)
    growth = {(size, final): tree.growth(size) for size in notes if 0 < size < final}
    return Bundle(scope, tuple(items), notes, seen, growth)
