"""Every way between two processes may be slow, lossy, cut or closed: it takes longer, and nothing else happens."""

from collections.abc import Iterator
from typing import Any

import pytest
from launcher.demo import check
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import World
from proof.report import State, Verdict
from testkit.fault_report import Tally
from testkit.insider import Insider
from testkit.linking import GATEWAY, LinkedPlatform
from testkit.openings import crowd
from testkit.oracle import one_history

SERVICES = ("identity", "dossier", "vault", "messaging", "lre-gateway", "journal")
SERVERS = ("postgres", "nats", "s3")
ENOUGH = 6  # dossiers that are opened before, during and after

BAD: dict[str, dict[str, Any]] = {
    "500 ms, give or take 200": {"latency": 0.5, "jitter": 0.2},
    "20 % lost": {"loss": 0.2},
    "in crumbs of 200 bytes": {"crumbs": 200},
    "64 KiB a second": {"rate": 64 * 1024},
    "2 % of the chunks cut it": {"reset": 0.02},
}
"""What is wrong with a link → how."""


@pytest.fixture
def world(network: LinkedPlatform) -> Iterator[World]:
    world = network.world()
    yield world
    world.close()


def services_of(whom: str) -> tuple[str, ...]:
    """Return whose ways end there."""
    return tuple(name for name in (*SERVICES, GATEWAY) if name != whom)


@pytest.mark.fault("F54")
@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("whom", [*SERVERS, "the other services", "the world outside"])
def test_people_work_on_while_the_ways_to_somebody_are_bad(
    linked: Insider, network: LinkedPlatform, tally: Tally, whom: str, kind: str
) -> None:
    """Each way that ends there is bad, for all services at once; what is acknowledged is there once, all the same."""
    if whom == "the other services":
        links = [link for name in SERVICES for link in network.links(whom=name)]
    elif whom == "the world outside":
        links = [link for link in network.links() if link not in inside(network)]
    else:
        links = network.links(whom=whom)
    assert links
    with crowd(linked, tally) as people:
        people.wait_for(ENOUGH)
        taken = sum(link.passed for link in links)
        with network.suffering(links, **BAD[kind]):
            for link in links:
                link.cut()
            people.wait_for(ENOUGH)
        people.wait_for(ENOUGH)
    assert sum(link.passed for link in links) > taken
    one_history(linked)


def inside(network: LinkedPlatform) -> set[Any]:
    return {link for name in (*SERVICES, *SERVERS) for link in network.links(whom=name)}


@pytest.mark.fault("F54")
@pytest.mark.parametrize("kind", BAD)
def test_the_whole_journey_is_walked_over_bad_links(
    linked: Insider, network: LinkedPlatform, world: World, samples: Any, kind: str
) -> None:
    """Every link of the platform suffers at once while people sign in, deposit, decide, write letters and export."""
    journey = Journey(world, Pile(samples, samples), print)
    with network.suffering(network.links(), **BAD[kind]):
        journey.walk()
    one_history(linked)
    assert network.parked() == {}
    report = check(journey.bundle, network.policy)
    assert (report.verdict, [one.name for one in report.checks if one.state is State.FAILED]) == (Verdict.INTACT, [])


@pytest.mark.fault("F53")
@pytest.mark.parametrize("alone", [*SERVICES, *SERVERS])
def test_somebody_is_cut_off_from_everybody_and_comes_back(
    linked: Insider, network: LinkedPlatform, tally: Tally, alone: str
) -> None:
    """Nothing passes to it or from it, and nobody is told; both sides go on as they can, and agree when it heals."""
    links = [*network.links(who=alone), *network.links(whom=alone)]
    others = [link for link in network.links() if link not in links]
    assert others
    with crowd(linked, tally) as people:
        people.wait_for(ENOUGH)
        with network.suffering(links, silent=True):
            if alone in {"messaging", "lre-gateway", "vault", "journal", "s3", "nats"}:
                people.wait_for(ENOUGH)  # none of them is needed to open a dossier
            else:
                people.wait_for_silence()
        people.wait_for(ENOUGH)
    one_history(linked)


@pytest.mark.fault("F53")
def test_each_is_cut_off_from_each(linked: Insider, network: LinkedPlatform, tally: Tally) -> None:
    with crowd(linked, tally) as people:
        people.wait_for(ENOUGH)
        with network.suffering(network.links(), down=True):
            people.wait_for_silence()
        people.wait_for(ENOUGH)
    one_history(linked)
