"""The check of completeness: a head leaf says how far an office or a dossier had come, and all of that is shown."""

import hashlib

from proof.bundle import Bundle, Item
from proof.local import Leaf, Leaves
from proof.record import Record, scope_digest
from proof.report import Check, Family
from proof.shapes import encoded
from proof.tree import leaf_hash

_BROKEN = -2  # no number follows it


def head_check(bundle: Bundle, leaves: Leaves) -> Check:
    """Compare the last head of the scope with the leaves that are shown; an aggregate has none."""
    shown = sorted(zip(bundle.items, leaves, strict=True), key=lambda pair: pair[0].index)
    scope, found = bundle.scope, None
    for item, leaf in shown:
        if isinstance(leaf, Record) and leaf.kind == "head":
            office = (scope.kind, leaf.office, leaf.dossier) == ("office", scope.id, None)
            if office or (scope.kind, leaf.dossier) == ("dossier", scope.id):
                found = item, leaf
    if found is None:
        return Check("head", Family.CHAIN, 0)
    item, head = found
    before = [pair for pair in shown if pair[0].index < item.index]
    if scope.kind == "dossier":
        hashes = [leaf_hash(one.entry) for one, _ in before]
        complete = (head.body["entries"], head.body["digest"]) == (len(hashes), scope_digest(hashes))
    else:
        complete = shown[-1][0].index == item.index and _ends(before) == _said(head)
    return Check("head", Family.CHAIN, 1, () if complete else (str(item.index),))


def _said(head: Record) -> dict[str, tuple[int, str]]:
    """Return what the head says: for each service the last number of its office, and the hash of that leaf."""
    return {end["svc"]: (end["seq"], end["hash"]) for end in head.body["heads"]}


def _ends(shown: list[tuple[Item, Leaf | None]]) -> dict[str, tuple[int, str]]:
    """Return the same of what is shown, with a number that no head says where one is missing."""
    ends: dict[str, tuple[int, str]] = {}
    for item, leaf in shown:
        if leaf:
            last, _ = ends.get(leaf.svc, (0, ""))
            following = leaf.office_seq == last + 1
            ends[leaf.svc] = (last + 1 if following else _BROKEN, encoded(hashlib.sha256(item.entry).digest()))
    return ends
