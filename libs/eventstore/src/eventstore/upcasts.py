"""Versions of events: how the code of today reads what an earlier one stored, and a name for the rules it does so by.

Stored bytes never change. An event class says its `class_version`, and for each earlier version a function
`upcast_v1_v2` that lifts the fields of an event by one version. The relay has no keys: a rule that touches a personal
field must also do without it.
"""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from eventsourcing.domain import DomainEvent
from proof.canonical import canonical

from eventstore.errors import LaterRelease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[[dict[str, Any]], None]

UNKNOWN = "unknown"  # the version of a store that belongs to no installed service, as in tests


@dataclass(frozen=True, slots=True)
class Code:
    """The code that reads a store: the version of its service, and the hash of its rules (`rules_hash`)."""

    version: str
    upcasts: str


def code_of(service: str) -> Code:
    """Return the code of this process, as the one that reads the store of `service`."""
    return Code(_version(service), rules_hash())


def current_version(kind: type) -> int:
    """Return the version under which events of a class are stored now."""
    return int(getattr(kind, "class_version", 1))


def upcast(kind: type, fields: dict[str, Any], stored: int) -> None:
    """Lift the fields of an event, in place, from the version it was stored under to that of its class.

    Raises LaterRelease for a version that the code does not know: read by its rules, it would say something else.
    """
    if stored > current_version(kind):
        raise LaterRelease
    for _, rule in _rules(kind, stored):
        rule(fields)


def rules_hash() -> str:
    """Return SHA-256 (hexadecimal) over all rules of this process: RFC 8785 JSON of [topic, version, source text] each.

    The same rules give the same hash in every process and on every machine; a word changed in one gives another.
    """
    found = {(kind.TOPIC, version, _source(rule)) for kind in _kinds(DomainEvent) for version, rule in _rules(kind, 1)}
    return hashlib.sha256(canonical([list(rule) for rule in sorted(found)])).hexdigest()


@cache
def _source(rule: Rule) -> str:
    """Return the text of a rule; finding it reads a whole file, and every answer about the past names the rules."""
    return textwrap.dedent(inspect.getsource(rule))


def _rules(kind: type, stored: int) -> Iterator[tuple[int, Rule]]:
    for version in range(stored, current_version(kind)):
        yield version, getattr(kind, f"upcast_v{version}_v{version + 1}")


def _kinds(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)


@cache
def _version(service: str) -> str:
    try:
        return metadata.version(f"scelle-{service}")
    except metadata.PackageNotFoundError:
        return UNKNOWN
