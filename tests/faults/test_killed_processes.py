"""Any process may be killed at any time: the journey goes on, nothing acknowledged is lost, the journal verifies."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from launcher.demo import check
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import World, until
from proof.report import State, Verdict
from testkit.stack import Platform

PROCESSES = ("gateway", "identity", "dossier", "vault", "messaging", "journal", "postgres", "nats", "lre-gateway", "s3")
TOGETHER = (
    ("gateway", "identity"),
    ("dossier", "vault"),
    ("messaging", "journal"),
    ("postgres", "witnesses"),
    ("nats", "s3"),
)


def walk(journey: Journey, before: dict[int, Callable[[], object]]) -> None:
    """Take every step, with a fault before some of them, by number."""
    for number, step in enumerate(journey.steps, 1):
        before.get(number, lambda: None)()
        step()


def nothing_is_lost(journey: Journey, platform: Platform) -> None:
    """Check the oracle: every acknowledged write once, every event with every consumer, the journal verifies."""
    path = f"{DOSSIERS}/dossiers/{journey.dossier}/requests"
    listed = journey.world.call("GET", path, token=journey.clerk.token).json()["items"]
    versions = sorted(version["id"] for request in listed for version in request["versions"])
    assert versions == sorted(deposited.version_id for deposited in journey.deposits)
    until(lambda: _journal_has_everything(journey, platform), "the journal to take every event in")
    assert platform.parked() == {}
    report = check(journey.bundle, platform.policy)
    assert (report.verdict, [one.name for one in report.checks if one.state is State.FAILED]) == (Verdict.INTACT, [])


def _journal_has_everything(journey: Journey, platform: Platform) -> bool:
    status = journey.world.call("GET", "/api/journal/v1/status", token=journey.clerk.token).json()
    assert status["alarms"] == 0
    taken = {source["service"]: source["store_seq"] for source in status["sources"]}
    return {service: head for service, head in platform.heads().items() if head} == taken


def test_one_process_after_another_is_killed_between_the_steps(journey: Journey, platform: Platform) -> None:
    faults = dict(enumerate(PROCESSES, 2))
    walk(journey, {number: lambda name=name: platform.kill(name) for number, name in faults.items()})
    nothing_is_lost(journey, platform)


@pytest.mark.fault("F1", "F3", "F22")
@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_processes_are_killed_while_the_clients_deposit_and_the_office_decides(
    journey: Journey, platform: Platform, names: tuple[str, ...]
) -> None:
    """The kills fall into the requests of steps 6 and 7, wherever they are at that moment."""
    killers = {number: threading.Timer(delay, kill_all, [platform, names]) for number, delay in ((6, 0.15), (7, 0.2))}
    try:
        walk(journey, {number: killer.start for number, killer in killers.items()})
    finally:
        for killer in killers.values():
            killer.cancel()
    nothing_is_lost(journey, platform)


def kill_all(platform: Platform, names: tuple[str, ...]) -> None:
    for name in names:
        platform.kill(name)


@pytest.mark.fault("F24")
def test_the_bus_loses_its_folder_while_it_runs(journey: Journey, platform: Platform) -> None:
    def lose() -> None:
        lost = platform.folder / "nats" / "lost"  # at once: what is written meanwhile must find nothing either
        (platform.folder / "nats" / "store").rename(lost)
        shutil.rmtree(lost)

    walk(journey, {7: lose})
    nothing_is_lost(journey, platform)


def test_the_launcher_is_killed_and_the_next_one_goes_on(platform: Platform, samples: list[Path]) -> None:
    world = platform.world()
    journey = Journey(world, Pile(samples, samples), print)

    def start_again() -> None:
        before = platform.summary
        platform.kill_launcher()
        platform.up()
        assert platform.summary["gateway"] == before["gateway"]
        assert platform.summary["processes"]["postgres"] != before["processes"]["postgres"]

    walk(journey, {7: start_again})
    nothing_is_lost(journey, platform)
    world.close()


def test_a_stop_at_any_moment_leaves_nothing_and_the_next_start_finds_everything(
    platform: Platform, world: World, samples: list[Path]
) -> None:
    journey = Journey(world, Pile(samples, samples), print)

    def stop_and_start() -> None:
        platform.down()
        platform.up()

    walk(journey, {9: stop_and_start})
    nothing_is_lost(journey, platform)
