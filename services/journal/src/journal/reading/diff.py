"""What changed between two points, field by field, and by which event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.refusal import Refusal

from journal.log.leaf import Leaf
from journal.reading.access import Reader
from journal.reading.peers import ReadBy
from journal.reading.replay import Point
from journal.reading.states import VERSION, Finding, States, Told

MOST_EVENTS = 500  # of one comparison: each is a replay in its service

Field = str | int | float | bool | list[Any] | dict[str, Any] | None


Split = tuple[str, UUID, Sequence[Leaf], Sequence[Leaf]]
"""Service and id of an aggregate, its leaves before the first point, and those between the two."""


class PointsReversed(Refusal):
    """The first point comes after the second in some service; give the earlier one first."""

    code, status = "points-reversed", 422


class DiffTooLong(Refusal):
    """More than 500 events lie between the two points; choose closer ones."""

    code, status = "diff-too-long", 422


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after the event at place `index`; None where there was none."""

    field: str
    before: Field
    after: Field
    index: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One aggregate with events between the points; a reader may not be shown its fields."""

    svc: str
    id: UUID
    events: Sequence[Leaf]
    changes: Sequence[Change]
    withheld: bool
    findings: Sequence[Finding]
    read_by: ReadBy | None


def between(first: Point, second: Point, aggregates: Sequence[tuple[str, UUID, Sequence[Leaf]]]) -> list[Split]:
    """Split the leaves of aggregates up to `second` at `first`; those without an event between them are left out.

    Raises PointsReversed and DiffTooLong.
    """
    if any(number > second.numbers.get(svc, 0) for svc, number in first.numbers.items()):
        raise PointsReversed
    found: list[Split] = []
    for svc, aggregate, leaves in aggregates:
        reached = first.numbers.get(svc, 0)
        new = [leaf for leaf in leaves if leaf.entry.store_seq > reached]
        if new:
            found.append((svc, aggregate, leaves[: len(leaves) - len(new)], new))
    if sum(len(new) for *_, new in found) > MOST_EVENTS:
        raise DiffTooLong
    return found


def changed(states: States, reader: Reader, split: Sequence[Split]) -> list[Changed]:
    """Tell which event changed which field, from the state after each of them. Raises Unavailable."""
    told = states.each([(svc, aggregate, [*old[-1:], *new]) for svc, aggregate, old, new in split])
    return [_changed(reader, one, after) for one, after in zip(split, told, strict=True)]


def _changed(reader: Reader, split: Split, states: Sequence[Told | Finding]) -> Changed:
    svc, aggregate, old, new = split
    before: dict[str, Field] = {}
    changes: list[Change] = []
    findings: list[Finding] = []
    for leaf, told in zip([*old[-1:], *new], states, strict=True):
        if isinstance(told, Finding):
            findings.append(Finding(told.code, leaf.index))
            break  # what follows cannot be told either
        if leaf.event and told.version != leaf.event.agg_ver:
            findings.append(Finding(VERSION, leaf.index))
        after = dict(fields(told.state))
        if leaf in new:
            changes += _differences(before, after, leaf.index)
        before = after
    withheld = isinstance(told, Told) and not reader.may_open(told.state)
    read_by = told.read_by if isinstance(told, Told) else None
    return Changed(svc, aggregate, new, () if withheld else changes, withheld, findings, read_by)


def _differences(before: Mapping[str, Field], after: Mapping[str, Field], index: int) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name), index)


def fields(state: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Flatten a state: `versions.<id>.state` is a field of its own."""
    for name, value in state.items():
        if isinstance(value, Mapping) and value:
            yield from fields(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
