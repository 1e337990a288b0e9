"""One platform and one walked journey for all tests here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import World
from launcher.samples import make_samples
from testkit.stack import Platform, nothing_left


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def platform(servers_folder: Path) -> Iterator[Platform]:
    """Return the whole platform, started once; it starts again what a test kills."""
    folder = servers_folder / "platform"
    folder.mkdir()
    folder.chmod(0o711)
    platform = Platform(folder / "data")
    platform.up()
    yield platform
    platform.down()
    assert nothing_left(folder) == []


@pytest.fixture
def world(platform: Platform) -> Iterator[World]:
    world = platform.world()
    yield world
    world.close()


@pytest.fixture
def journey(world: World, samples: list[Path]) -> Journey:
    """Return a journey of which no step has been taken."""
    return Journey(world, Pile(samples, samples), print)


@pytest.fixture(scope="session")
def walked(platform: Platform, samples: list[Path]) -> Iterator[Journey]:
    """Return a journey of which every step has been taken."""
    world = platform.world()
    journey = Journey(world, Pile(samples, samples), print)
    journey.walk()
    yield journey
    world.close()
