"""Checks of the counters: nothing removed, doubled or moved among the leaves that are shown."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable

from proof.bundle import Bundle, Item
from proof.entry import Entry
from proof.local import Leaf, Leaves
from proof.report import Check, Family
from proof.shapes import encoded

_Numbers = Iterable[tuple[Hashable, str, int]]  # group, place in the log, number in the group


def chain_checks(bundle: Bundle, leaves: Leaves) -> list[Check]:
    """Check places, service numbers, aggregate versions and office numbers with their chain.

    An office's own bundle shows all its numbers and only some of an aggregate's; a dossier's is the other way round.
    """
    size, whole = max(bundle.checkpoints), bundle.scope.kind == "office"
    pairs = [(item, leaf) for item, leaf in zip(bundle.items, leaves, strict=True) if leaf]
    events = [(item, leaf) for item, leaf in pairs if isinstance(leaf, Entry)]
    places = [("", str(item.index), item.index) for item in bundle.items]
    offices = [pair for pair in pairs if pair[1].office is not None]
    beyond = [str(item.index) for item in bundle.items if item.index >= size]
    services = [(leaf.svc, str(item.index), leaf.store_seq) for item, leaf in pairs]
    versions = [((leaf.svc, leaf.agg), str(item.index), leaf.agg_ver) for item, leaf in events]
    numbers = [((leaf.svc, leaf.office), str(item.index), leaf.office_seq or 0) for item, leaf in offices]
    return [
        _check("leaf-order", len(places), [*_not_increasing(places), *beyond]),
        _check("service-counter", len(pairs), _not_increasing(services)),
        _check("aggregate-versions", len(events), (_not_increasing if whole else _holes)(versions)),
        _check("office-counter", len(offices), (_holes if whole else _not_increasing)(numbers)),
        _check("office-chain", len(offices), _broken(offices)),
    ]


def _check(name: str, examined: int, findings: Iterable[str]) -> Check:
    return Check(name, Family.CHAIN, examined, tuple(findings))


def _not_increasing(numbers: _Numbers) -> list[str]:
    """Return where a number of a group is not above the one before it, in the order of the log."""
    last: dict[Hashable, int] = {}
    findings = []
    for group, where, number in numbers:
        if number <= last.get(group, -1):
            findings.append(where)
        last[group] = max(number, last.get(group, -1))
    return findings


def _holes(numbers: _Numbers) -> list[str]:
    """Return where a number of a group is not the next one, from 1."""
    last: dict[Hashable, int] = defaultdict(int)
    findings = []
    for group, where, number in numbers:
        if number != last[group] + 1:
            findings.append(where)
        last[group] = number
    return findings


def _broken(pairs: Iterable[tuple[Item, Leaf]]) -> list[str]:
    """Return where the leaf that follows another of its office does not name it; others cannot be compared here."""
    before: dict[tuple[str, str | None], tuple[int, str]] = {}
    findings = []
    for item, leaf in pairs:
        group = (leaf.svc, leaf.office)
        number, digest = before.get(group, (0, None))
        if leaf.office_seq == number + 1 and leaf.office_prev != digest:
            findings.append(str(item.index))
        before[group] = (leaf.office_seq or 0, encoded(hashlib.sha256(item.entry).digest()))
    return findings
