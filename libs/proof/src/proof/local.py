"""Checks of each leaf by itself: what the stores hold and what is disclosed, against what was sealed."""

from collections.abc import Mapping, Sequence

from proof.bundle import Bundle, Item
from proof.canonical import NotCanonical, canonical
from proof.entry import Entry, commitment, digest_commitment, state_hash
from proof.leaf import parse_leaf
from proof.record import Record
from proof.report import Check, Family
from proof.shapes import EntryInvalid

Leaf = Entry | Record
Leaves = Sequence[Leaf | None]  # in the order of the bundle's items; None for what cannot be read


def read_leaves(bundle: Bundle) -> tuple[Leaves, Check]:
    """Read every leaf, and check that each could be read."""
    leaves: list[Leaf | None] = []
    findings = []
    for item in bundle.items:
        try:
            leaves.append(Entry.parse(item.entry) if bundle.former else parse_leaf(item.entry))
        except (NotCanonical, EntryInvalid):
            leaves.append(None)
            findings.append(str(item.index))
    return leaves, Check("entry-canonical", Family.LOCAL_INTEGRITY, len(leaves), tuple(findings))


def local_checks(bundle: Bundle, leaves: Leaves, documents: Mapping[str, str]) -> list[Check]:
    """Check what each leaf says by itself; `documents` are files that the verifier holds, name to SHA-256."""
    pairs = [(item, leaf) for item, leaf in zip(bundle.items, leaves, strict=True) if leaf]
    events = [(item, leaf) for item, leaf in pairs if isinstance(leaf, Entry)]
    records = [item for item, leaf in pairs if isinstance(leaf, Record)]
    digest, digests = _digests(events)
    absent = tuple(name for name, sha256 in documents.items() if sha256 not in digests)
    return [
        Check("manifest", Family.LOCAL_INTEGRITY, 1, bundle.misstated),
        _scope(bundle, pairs),
        _states(events, records),
        _openings(events, records),
        digest,
        Check("document-file", Family.LOCAL_INTEGRITY, len(documents), absent),
        _objects(bundle, [entry for _, entry in events]),
    ]


def _scope(bundle: Bundle, pairs: Sequence[tuple[Item, Leaf]]) -> Check:
    """Refuse what is about something else; an event of no dossier belongs to the one that its aggregate names."""
    scope = bundle.scope
    own = {(leaf.svc, leaf.agg) for _, leaf in pairs if isinstance(leaf, Entry) and leaf.dossier == scope.id}

    def belongs(leaf: Leaf) -> bool:
        if scope.kind == "office":
            return leaf.office == scope.id
        if scope.kind == "aggregate":
            return isinstance(leaf, Entry) and leaf.agg == scope.id
        part = isinstance(leaf, Entry) and leaf.dossier is None and (leaf.svc, leaf.agg) in own
        return leaf.dossier == scope.id or part

    findings = tuple(str(item.index) for item, leaf in pairs if not belongs(leaf))
    return Check("entry-scope", Family.LOCAL_INTEGRITY, len(bundle.items), findings)


def _states(events: Sequence[tuple[Item, Entry]], records: Sequence[Item]) -> Check:
    """Compare the stores with the events; no store holds anything more of a record."""
    findings = [str(item.index) for item, entry in events if state_hash(item.state) != entry.state_h]
    findings += [str(item.index) for item in records if item.state]
    return Check("event-state", Family.LOCAL_INTEGRITY, len(events), tuple(findings))


def _openings(events: Sequence[tuple[Item, Entry]], records: Sequence[Item]) -> Check:
    """Compare what is disclosed with the commitments; a record has none."""
    examined, findings = 0, [str(item.index) for item in records if item.opening]
    for item, entry in events:
        if item.opening:
            examined += 1
            if commitment(item.opening.salt, canonical(item.opening.payload)) != entry.payload_c:
                findings.append(str(item.index))
    return Check("opening", Family.LOCAL_INTEGRITY, examined, tuple(findings))


def _digests(events: Sequence[tuple[Item, Entry]]) -> tuple[Check, set[str]]:
    """Open the digest of each document; returns also those that opened, in hexadecimal."""
    examined, findings, digests = 0, [], set()
    for item, entry in events:
        if not item.opening or not entry.docs:
            continue
        examined += 1
        sha256 = item.opening.data.get("sha256")
        try:
            opened = isinstance(sha256, str) and digest_commitment(item.opening.salt, sha256)
        except ValueError:
            opened = False
        if opened and all(document.digest_c == opened for document in entry.docs):
            digests.add(str(sha256))
        else:
            findings.append(str(item.index))
    return Check("document-digest", Family.LOCAL_INTEGRITY, examined, tuple(findings)), digests


def _objects(bundle: Bundle, entries: Sequence[Entry]) -> Check:
    """Compare the bucket with the entries; a destroyed document has nothing left to compare."""
    seen = {observation.ver: observation.ct_h for observation in bundle.observations}
    destroyed = {(entry.svc, entry.agg) for entry in entries if entry.type.endswith(".document-destroyed")}
    examined, findings, told = 0, [], set()
    for entry in entries:
        for document in entry.docs:
            told.add(document.ver)
            if (entry.svc, entry.agg) in destroyed:
                continue
            examined += 1
            if seen.get(document.ver) != document.ct_h:
                findings.append(document.ver)
    findings += sorted(seen.keys() - told)
    return Check("object-bytes", Family.LOCAL_INTEGRITY, examined, tuple(findings))
