"""Checks of the counters: nothing removed, doubled or moved among the entries that are shown."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from proof.bundle import Bundle, Item
from proof.entry import Entry, encoded
from proof.report import Check, Family

_Pair = tuple[Item, Entry]


def chain_checks(bundle: Bundle, entries: Sequence[Entry | None]) -> list[Check]:
    """Check places, service numbers, aggregate versions and office numbers with their chain."""
    size = max(bundle.checkpoints)
    pairs = [(item, entry) for item, entry in zip(bundle.items, entries, strict=True) if entry]
    places = [(str(item.index), item.index) for item in bundle.items]
    offices = [pair for pair in pairs if pair[1].office is not None]
    beyond = [where for where, index in places if index >= size]
    return [
        _check("leaf-order", len(places), [*_not_increasing([("", *place) for place in places]), *beyond]),
        _check(
            "service-counter",
            len(pairs),
            _not_increasing((entry.svc, str(item.index), entry.store_seq) for item, entry in pairs),
        ),
        _check("aggregate-versions", len(pairs), _holes(pairs)),
        _check(
            "office-counter",
            len(offices),
            _not_increasing(
                ((entry.svc, entry.office), str(item.index), entry.office_seq or 0) for item, entry in offices
            ),
        ),
        _check("office-chain", len(offices), _broken(offices)),
    ]


def _check(name: str, examined: int, findings: Iterable[str]) -> Check:
    return Check(name, Family.CHAIN, examined, tuple(findings))


def _not_increasing(numbers: Iterable[tuple[Hashable, str, int]]) -> list[str]:
    """Return where a number of a group is not above the one before it, in the order of the log."""
    last: dict[Hashable, int] = {}
    findings = []
    for group, where, number in numbers:
        if number <= last.get(group, -1):
            findings.append(where)
        last[group] = max(number, last.get(group, -1))
    return findings


def _holes(pairs: Iterable[_Pair]) -> list[str]:
    """Return where an aggregate's version is not the next one, from 1."""
    versions: dict[tuple[str, str], int] = defaultdict(int)
    findings = []
    for item, entry in pairs:
        if entry.agg_ver != versions[entry.svc, entry.agg] + 1:
            findings.append(str(item.index))
        versions[entry.svc, entry.agg] = entry.agg_ver
    return findings


def _broken(pairs: Iterable[_Pair]) -> list[str]:
    """Return where the entry that follows another of its office does not name it; others cannot be compared here."""
    before: dict[tuple[str, str | None], tuple[int, str]] = {}
    findings = []
    for item, entry in pairs:
        group = (entry.svc, entry.office)
        number, digest = before.get(group, (0, None))
        if entry.office_seq == number + 1 and entry.office_prev != digest:
            findings.append(str(item.index))
        before[group] = (entry.office_seq or 0, encoded(hashlib.sha256(item.entry).digest()))
    return findings
