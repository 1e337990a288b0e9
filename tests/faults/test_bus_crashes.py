"""Relay and consumer are killed at each place between the store of one service and that of the next, and go on."""

import random
from collections.abc import Callable

import pytest
from launcher.journey.world import until
from testkit.fault_report import ROUNDS, Tally
from testkit.stand import Stand

EVENTS = 120
"""More than half of what a relay keeps in flight, more than a consumer takes at once."""


def anywhere(chance: random.Random) -> int:
    return chance.randint(2, EVENTS - 20)


def first(_chance: random.Random) -> int:
    return 1


CASES: dict[str, tuple[str, str, Callable[[random.Random], int]]] = {
    "relay-before-publishing": ("relay", "bus.after-read", first),
    "relay-before-the-receipt": ("relay", "bus.after-publish", first),
    "relay-in-its-window": ("relay", "bus.after-publish", anywhere),
    "consumer-before-the-effect": ("follow", "eventstore.before-effect", first),
    "consumer-before-the-acknowledgement": ("follow", "bus.before-ack", first),
    "consumer-in-its-batch": ("follow", "eventstore.before-effect", anywhere),
}
"""Case → the process, the place, and the pass of it at which it dies."""

MARKED = [
    pytest.param("relay-before-publishing", marks=pytest.mark.fault("F10")),
    pytest.param("relay-before-the-receipt", marks=pytest.mark.fault("F11")),
    pytest.param("relay-in-its-window", marks=pytest.mark.fault("F12")),
    pytest.param("consumer-before-the-effect", marks=pytest.mark.fault("F15")),
    pytest.param("consumer-before-the-acknowledgement", marks=pytest.mark.fault("F16")),
    pytest.param("consumer-in-its-batch", marks=pytest.mark.fault("F17")),
]


@pytest.mark.timeout(300 + 90 * ROUNDS)
@pytest.mark.parametrize("case", MARKED)
def test_a_process_dies_there_and_every_event_takes_effect_once(stand: Stand, tally: Tally, case: str) -> None:
    role, place, which = CASES[case]
    for round_ in range(ROUNDS):
        chance = random.Random(f"{case} {round_}")  # noqa: S311 - the same moments in every run
        armed = {"relay": stand.relay, "follow": stand.follow}
        other = armed.pop("follow" if role == "relay" else "relay")()
        stand.write(EVENTS)
        dying = armed[role](f"{place}:{which(chance)}")
        stand.died(dying)
        again = armed[role]()
        stand.write(5)
        stand.settled(tally)
        for process in (other, again):
            stand.kill(process)


@pytest.mark.fault("F10", "F11", "F12", "F15", "F16", "F17")
@pytest.mark.timeout(300 + 90 * ROUNDS)
def test_both_are_killed_at_any_moment_while_the_producer_writes(stand: Stand, tally: Tally) -> None:
    chance = random.Random(20261121)  # noqa: S311 - the same moments in every run
    relay, follower = stand.relay(), stand.follow()
    for _ in range(ROUNDS):
        with stand.load():
            for _ in range(3):
                aim = stand.position() + chance.randint(1, 60)
                until_reached(stand, aim)
                stand.kill(relay)
                relay = stand.relay()
                until_reached(stand, aim + chance.randint(1, 60))
                stand.kill(follower)
                follower = stand.follow()
        stand.settled(tally)


def until_reached(stand: Stand, number: int) -> None:
    until(lambda: stand.position() >= number, f"the follower to have event {number}")
