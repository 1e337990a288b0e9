"""Time travel: what an aggregate was once a number of its store was recorded, told from its events alone."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import psycopg
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import PersistenceError
from eventsourcing.utils import get_topic
from proof.entry import Entry, EntryInvalid, state_hash

from eventstore.errors import Unreadable
from eventstore.mapper import plain_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from eventstore.facts import Held


@dataclass(frozen=True, slots=True)
class StateAt:
    """An aggregate as it was; what is personal is in clear, and None once the person is erased."""

    aggregate: str  # topic of its class
    id: UUID
    version: int  # of its last event then; lower than the journal's leaf says if events were lost from the end
    created_at: datetime  # by the service's clock, as is the next
    modified_at: datetime
    state: dict[str, Any]  # its public attributes and properties, JSON values


@dataclass(frozen=True, slots=True)
class Past:
    """What the store holds of an aggregate, as it is, and what the aggregate was at each number that was asked for.

    There are fewer states than numbers where an event that the next one needs is not what was recorded.
    """

    rows: Sequence[Held]
    states: Sequence[StateAt | None]


def intact_event(row: Mapping[str, Any], to_event: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Return the event of a row that is what its proof entry says.

    Raises Unreadable for any other, whatever its bytes are. Whether the entry itself is the one that was recorded, the
    journal knows.
    """
    with _readable(row):
        _check_entry(row)
        return to_event(row)


def states_at(
    rows: Sequence[Mapping[str, Any]], numbers: Iterable[int], to_event: Callable[[Mapping[str, Any]], Any]
) -> Iterator[StateAt | None]:
    """Yield what the rows of one aggregate, in their order, made of it at each of some rising numbers, replayed once.

    None where nothing of it existed then, and where the number is still to come. Raises Unreadable for the first row
    that is needed and not what was recorded, or that does not follow the one before it.
    """
    aggregate: Any = None
    done = 0
    for number in numbers:
        if not rows or number > rows[0]["reached"]:
            yield None
            continue
        while done < len(rows) and rows[done]["notification_id"] <= number:
            event = intact_event(rows[done], to_event)
            with _readable(rows[done]):
                aggregate = event.mutate(aggregate)
            done += 1
        yield _told(aggregate, rows[done - 1]) if done else None


def _told(aggregate: Any, row: Mapping[str, Any]) -> StateAt:
    """Return what an aggregate is after the event of a row."""
    with _readable(row):
        attributes = _public(aggregate)
    return StateAt(
        aggregate=get_topic(type(aggregate)),
        id=aggregate.id,
        version=aggregate.version,
        created_at=aggregate.created_on,
        modified_at=aggregate.modified_on,
        state={name: _json(value) for name, value in sorted(attributes.items())},
    )


@contextmanager
def _readable(row: Mapping[str, Any]) -> Iterator[None]:
    """Raise Unreadable for whatever altered bytes, or an event missing before them, lead to while they are read."""
    try:
        yield
    except (psycopg.Error, PersistenceError, OSError):  # of a server that is away, not of the bytes
        raise
    except Exception as error:
        raise Unreadable(row["notification_id"]) from error


def _check_entry(row: Mapping[str, Any]) -> None:
    entry = Entry.parse(bytes(row["entry"]))
    said = (entry.agg, entry.agg_ver, entry.type, entry.store_seq, entry.state_h)
    place = (str(row["originator_id"]), row["originator_version"], row["topic"], row["notification_id"])
    if said != (*place, state_hash(bytes(row["state"]))):
        raise EntryInvalid("the entry is about another event")


def _public(aggregate: Any) -> dict[str, Any]:
    """Return the attributes and properties that its own classes give an aggregate."""
    properties = {
        name for kind in type(aggregate).__mro__ for name, member in vars(kind).items() if isinstance(member, property)
    }
    names = {name for name in properties.union(vars(aggregate)) if not name.startswith("_")}
    return {name: getattr(aggregate, name) for name in names if not hasattr(Aggregate, name)}


def _json(value: Any) -> Any:
    """Return what an aggregate holds as JSON values. Raises TypeError for a kind that has no form here."""
    if isinstance(value, Enum):
        return _json(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(_json(key)): _json(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(map(_json, value), key=str)
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return plain_value(value)
