"""A platform of its own for whoever tampers: what they break would break other tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from testkit.forging import StolenKeys
from testkit.insider import Insider
from testkit.stack import Platform, nothing_left


@pytest.fixture(scope="session")
def insider(servers_folder: Path, samples: list[Path]) -> Iterator[Insider]:
    """Return an insider on a second platform, on which the journey was walked."""
    folder = servers_folder / "tampered"
    folder.mkdir()
    folder.chmod(0o711)
    platform = Platform(folder / "data")
    platform.up()
    world = platform.world()
    journey = Journey(world, Pile(samples, samples), print)
    journey.walk()
    yield Insider(platform, journey)
    world.close()
    platform.down()
    assert nothing_left(folder) == []


@pytest.fixture(scope="session")
def bundle(insider: Insider) -> bytes:
    """Return the bundle of the journey, of which nothing is wrong at the highest level: the twin of what is forged."""
    return insider.intact()


@pytest.fixture(scope="session")
def keys(insider: Insider) -> StolenKeys:
    return StolenKeys(insider.platform)
