"""A platform of its own for whoever tampers: what they break would break other tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from launcher.components.nats import Nats
from launcher.parts import running
from launcher.ports import free_ports
from testkit.databases import NewDatabase
from testkit.fault_proxy import HEALTHY
from testkit.forging import StolenKeys
from testkit.insider import Insider, walking
from testkit.linking import LinkedPlatform
from testkit.stand import Stand, standing

PATIENCE = 900  # seconds that a test may take: the machine may be busy, and no test is about it
SIGNED_IN = 5  # steps of the journey: a dossier, requests, and everybody with a token


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test here that says nothing of its own the time that a whole platform may need."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def insider(servers_folder: Path, samples: list[Path]) -> Iterator[Insider]:
    """Return an insider on a second platform, on which the journey was walked."""
    with walking(servers_folder / "tampered", samples) as found:
        yield found


@pytest.fixture(scope="session")
def bundle(insider: Insider) -> bytes:
    """Return the bundle of the journey, of which nothing is wrong at the highest level: the twin of what is forged."""
    return insider.intact()


@pytest.fixture(scope="session")
def keys(insider: Insider) -> StolenKeys:
    return StolenKeys(insider.platform)


@pytest.fixture(scope="session")
def platform_of_links(servers_folder: Path, samples: list[Path]) -> Iterator[Insider]:
    """Return an auditor of a platform whose every connection can be made to suffer; people have signed in."""
    with walking(servers_folder / "linked", samples, steps=SIGNED_IN, kind=LinkedPlatform) as found:
        yield found


@pytest.fixture
def linked(platform_of_links: Insider) -> Insider:
    """Return it with fresh tokens, and nothing wrong with any link."""
    platform = platform_of_links.platform
    assert isinstance(platform, LinkedPlatform)
    for link in platform.links():
        link.put(HEALTHY)
    platform_of_links.journey.renew_tokens()
    return platform_of_links


@pytest.fixture
def network(linked: Insider) -> LinkedPlatform:
    """Return the platform of links."""
    assert isinstance(linked.platform, LinkedPlatform)
    return linked.platform


@pytest.fixture(scope="module")
def bus_of_the_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a bus that the tests of one file have for themselves."""
    folder = tmp_path_factory.mktemp("bus")
    server = Nats(folder / "nats", free_ports(1)[0], folder / "nats.log", tied=True)
    with running(server):
        yield server.url


@pytest.fixture(scope="module")
def stand(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory, bus_of_the_module: str
) -> Iterator[Stand]:
    """Return a producer and a follower, with no process yet."""
    with standing(new_database(), new_database(), tmp_path_factory.mktemp("stand"), bus_of_the_module) as made:
        yield made
