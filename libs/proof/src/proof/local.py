"""Checks of each entry by itself: what the stores hold and what is disclosed, against what was sealed."""

from collections.abc import Mapping, Sequence

from proof.bundle import Bundle
from proof.canonical import canonical
from proof.entry import Entry, commitment, digest_commitment, state_hash
from proof.report import Check, Family

Entries = Sequence[Entry | None]


def local_checks(bundle: Bundle, entries: Entries, documents: Mapping[str, str]) -> list[Check]:
    """Check what each entry says by itself; `documents` are files that the verifier holds, name to SHA-256."""
    digest, digests = _digests(bundle, entries)
    absent = tuple(name for name, sha256 in documents.items() if sha256 not in digests)
    return [
        Check("manifest", Family.LOCAL_INTEGRITY, 1, tuple(bundle.misstated())),
        _scope(bundle, entries),
        _states(bundle, entries),
        _openings(bundle, entries),
        digest,
        Check("document-file", Family.LOCAL_INTEGRITY, len(documents), absent),
        _objects(bundle, entries),
    ]


def _scope(bundle: Bundle, entries: Entries) -> Check:
    """Refuse other dossiers' entries; one without a dossier belongs here as a part of an aggregate that names it."""
    own = {(entry.svc, entry.agg) for entry in entries if entry and entry.dossier == bundle.dossier}
    findings = [
        str(item.index)
        for item, entry in zip(bundle.items, entries, strict=True)
        if entry and entry.dossier != bundle.dossier and (entry.dossier or (entry.svc, entry.agg) not in own)
    ]
    return Check("entry-scope", Family.LOCAL_INTEGRITY, len(entries), tuple(findings))


def _states(bundle: Bundle, entries: Entries) -> Check:
    pairs = [(item, entry) for item, entry in zip(bundle.items, entries, strict=True) if entry]
    findings = [str(item.index) for item, entry in pairs if state_hash(item.state) != entry.state_h]
    return Check("event-state", Family.LOCAL_INTEGRITY, len(pairs), tuple(findings))


def _openings(bundle: Bundle, entries: Entries) -> Check:
    examined, findings = 0, []
    for item, entry in zip(bundle.items, entries, strict=True):
        if item.opening and entry:
            examined += 1
            if commitment(item.opening.salt, canonical(item.opening.payload)) != entry.payload_c:
                findings.append(str(item.index))
    return Check("opening", Family.LOCAL_INTEGRITY, examined, tuple(findings))


def _digests(bundle: Bundle, entries: Entries) -> tuple[Check, set[str]]:
    """Open the digest of each document; returns also those that opened, in hexadecimal."""
    examined, findings, digests = 0, [], set()
    for item, entry in zip(bundle.items, entries, strict=True):
        if not item.opening or not entry or not entry.docs:
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


def _objects(bundle: Bundle, entries: Entries) -> Check:
    """Compare the bucket with the entries; a destroyed document has nothing left to compare."""
    seen = {observation.ver: observation.ct_h for observation in bundle.observations}
    destroyed = {(entry.svc, entry.agg) for entry in entries if entry and entry.type.endswith(".document-destroyed")}
    examined, findings, told = 0, [], set()
    for entry in entries:
        for document in entry.docs if entry else ():
            told.add(document.ver)
            if entry and (entry.svc, entry.agg) in destroyed:
                continue
            examined += 1
            if seen.get(document.ver) != document.ct_h:
                findings.append(document.ver)
    findings += sorted(seen.keys() - told)
    return Check("object-bytes", Family.LOCAL_INTEGRITY, examined, tuple(findings))
