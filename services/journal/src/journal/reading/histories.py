"""What the services hold of aggregates, and what these were at some numbers: a few questions, however many events."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from proof.entry import state_hash

from journal.log.leaf import Leaf
from journal.reading.peers import PARALLEL, Peers, ReadBy, is_row_of

MOST_STATES = 50  # of one question, of one aggregate or of several

Wanted = tuple[str, UUID, Sequence[int]]
"""Service and id of an aggregate, and the rising numbers at which its state is asked for."""


@dataclass(slots=True)
class History:
    """What a service holds of an aggregate, by number, and what it makes of that at each number asked for.

    A state is None where the service knows of nothing; from the first on that it cannot read, there is none.
    """

    rows: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    states: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    read_by: ReadBy | None = None

    def holds(self, leaf: Leaf) -> bool:
        """Tell whether the service still holds the entry of a leaf, and the bytes that it commits to."""
        row = self.rows.get(leaf.entry.store_seq)
        if row is None or leaf.event is None or not is_row_of(leaf, row):
            return False
        return state_hash(row["state"]) == leaf.event.state_h


class _Part(NamedTuple):
    """Some numbers of the aggregate at a place of what is wanted."""

    place: int
    svc: str
    aggregate: UUID
    numbers: Sequence[int]


def histories(peers: Peers, wanted: Sequence[Wanted]) -> list[History]:
    """Return the history of each aggregate, all services asked at once. Raises Unavailable."""
    found = [History() for _ in wanted]
    with ThreadPoolExecutor(PARALLEL) as pool:
        questions = list(_questions(wanted))
        for parts, answer in zip(questions, pool.map(lambda parts: _answered(peers, parts), questions), strict=True):
            for part, item in zip(parts, answer["items"], strict=True):
                history = found[part.place]
                history.rows |= {row["storeseq"]: row for row in item["rows"]}
                history.states |= dict(zip(part.numbers, item["states"], strict=False))
                history.read_by = ReadBy.parse(answer)
    return found


def _questions(wanted: Sequence[Wanted]) -> Iterator[list[_Part]]:
    """Yield what each question is about: one service, and no more states than one answer holds."""
    parts = [
        _Part(place, svc, aggregate, numbers)
        for place, (svc, aggregate, all_numbers) in enumerate(wanted)
        for numbers in (all_numbers[at : at + MOST_STATES] for at in range(0, len(all_numbers), MOST_STATES))
    ]
    for svc in sorted({part.svc for part in parts}):
        question: list[_Part] = []
        for part in parts:
            if part.svc != svc:
                continue
            if question and sum(len(one.numbers) for one in question) + len(part.numbers) > MOST_STATES:
                yield question
                question = []
            question.append(part)
        yield question


def _answered(peers: Peers, parts: Sequence[_Part]) -> dict[str, Any]:
    at = [f"{part.aggregate}:{','.join(map(str, part.numbers))}" for part in parts]
    return peers.aggregates(parts[0].svc, at)
