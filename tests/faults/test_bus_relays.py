"""Several relays of one service at once: held still, woken, never elected. The fence of the stream decides."""

import os
import random
import signal

import pytest
from launcher.journey.world import until
from launcher.processes import Running
from testkit.fault_report import ROUNDS, Tally
from testkit.stand import Stand

RELAYS = 5


def held(process: Running) -> None:
    os.kill(process.mark.pid, signal.SIGSTOP)


def woken(process: Running) -> None:
    os.kill(process.mark.pid, signal.SIGCONT)


def passes(stand: Stand, number: int) -> None:
    until(lambda: stand.position() > number, f"a relay to bring event {number}")


@pytest.mark.fault("F13")
@pytest.mark.timeout(300 + 240 * ROUNDS)
def test_a_leader_that_was_held_still_is_followed_by_another_and_refused_when_it_wakes(
    stand: Stand, tally: Tally
) -> None:
    """The one held still has read events that the second publishes meanwhile; nobody but the clock ends its lead."""
    follower = stand.follow()
    for _ in range(ROUNDS):
        leading = stand.relay(elected=True)
        stand.write(20)
        stand.settled(tally)
        waiting = stand.relay(elected=True)
        with stand.load():
            held(leading)
            passes(stand, stand.head() + 50)
            woken(leading)
            passes(stand, stand.head() + 50)
        stand.settled(tally)
        stand.kill(waiting)
        with stand.load():
            passes(stand, stand.head() + 20)
        stand.settled(tally)
        stand.kill(leading)
    stand.kill(follower)


@pytest.mark.fault("F14")
@pytest.mark.timeout(300 + 90 * ROUNDS)
def test_five_relays_without_an_election_some_of_them_killed(stand: Stand, tally: Tally) -> None:
    chance = random.Random(20261121)  # noqa: S311 - the same moments in every run
    follower, relays = stand.follow(), [stand.relay() for _ in range(RELAYS)]
    for _ in range(ROUNDS):
        with stand.load():
            for _ in range(3):
                passes(stand, stand.position() + chance.randint(20, 80))
                victim = chance.randrange(RELAYS)
                stand.kill(relays[victim])
                relays[victim] = stand.relay()
        stand.settled(tally)
    for relay in (follower, *relays):
        stand.kill(relay)
