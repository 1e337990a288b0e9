from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import pytest
from eventstore import Changed, Inbox, Parked, Position, Store
from testkit.parcels import Someone, a_parcel


@dataclass(frozen=True)
class Said:
    storeseq: int
    type: str = "other.thing-said.v1"
    subject: str = "thing-1"
    producer: str = "other"
    epoch: int = 1

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        assert mode == "json"
        return asdict(self)


class Away(Exception):
    status = 503


def saving(store: Store, seen: list[int]) -> Any:
    def handle(message: Said, position: Position) -> None:
        seen.append(message.storeseq)
        store.save(a_parcel(f"{message.storeseq}-{uuid4()}"), actor=Someone(), position=position)

    return handle


@pytest.mark.fault("F16", "F30")
def test_a_message_received_again_does_nothing(store: Store) -> None:
    seen: list[int] = []
    inbox = Inbox(store, {"other.thing-said": saving(store, seen)})
    messages = [Said(1), Said(2), Said(3)]
    inbox.receive(messages)
    inbox.receive(messages)
    inbox.receive([Said(2)])
    assert seen == [1, 2, 3]
    assert inbox.position("other") == Position("other", 1, 3)
    causes = [record.entry for record in store.read(0, 10)]
    assert all(f'"cause":"other:1:{n}"'.encode() in causes[n - 1] for n in (1, 2, 3))


def test_a_message_that_nobody_handles_moves_the_position(store: Store) -> None:
    inbox = Inbox(store, {})
    inbox.receive([Said(1), Said(2)])
    assert inbox.position("other") == Position("other", 1, 2)


@pytest.mark.bad_input("B52")
def test_a_poisonous_message_is_parked_with_what_follows_on_its_subject_and_others_go_on(store: Store) -> None:
    seen: list[int] = []
    healthy = saving(store, seen)
    broken = True

    def handle(message: Said, position: Position) -> None:
        if broken and message.storeseq == 1:
            raise ValueError("no effect is possible")
        healthy(message, position)

    handlers = {"other.thing-said": handle}
    Inbox(store, handlers).receive([Said(1), Said(2, subject="thing-2"), Said(3)])
    assert seen == [2]
    assert (Inbox(store, handlers).parked("other"), Inbox(store, handlers).parked("nobody")) == (2, 0)
    parked = Parked(store, handlers, lambda message: Said(**message))
    assert [(row["id"], row["type"]) for row in parked.list()] == [
        ("other:1:1", "other.thing-said.v1"),
        ("other:1:3", "other.thing-said.v1"),
    ]
    assert parked.replay() == 0, "what follows a broken message waits behind it"
    broken = False
    assert parked.replay(["other:1:3"]) == 0
    assert parked.replay() == 2
    assert seen == [2, 1, 3]
    assert parked.list() == []
    assert parked.replay() == 0
    assert Inbox(store, handlers).parked("other") == 0


def test_what_waiting_may_mend_is_left_to_the_caller(store: Store) -> None:
    def handle(_message: Said, _position: Position) -> None:
        raise Away

    inbox = Inbox(store, {"other.thing-said": handle})
    with pytest.raises(Away):
        inbox.receive([Said(1)])
    assert inbox.position("other") is None
    assert Parked(store, {}, lambda message: Said(**message)).list() == []

    def conflict(_message: Said, _position: Position) -> None:
        raise Changed

    with pytest.raises(Changed):
        Inbox(store, {"other.thing-said": conflict}).receive([Said(1)])


def test_a_new_life_of_the_producer_counts_as_later(store: Store) -> None:
    seen: list[int] = []
    inbox = Inbox(store, {"other.thing-said": saving(store, seen)})
    inbox.receive([Said(1), Said(2)])
    inbox.receive([Said(1, epoch=2)])
    assert seen == [1, 2, 1]
    assert inbox.position("other") == Position("other", 2, 1)
