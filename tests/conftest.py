"""One platform and one walked journey for all tests here."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import World
from launcher.samples import make_samples
from testkit.collector import Collector, collecting
from testkit.stack import Platform, nothing_left

TOKENS_SECONDS = 240  # an access token lives for 600
signed_in: dict[Journey, float] = {}


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Return what the platform exports."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def platform(servers_folder: Path, collector: Collector) -> Iterator[Platform]:
    """Return the whole platform, started once; it starts again what a test kills."""
    folder = servers_folder / "platform"
    folder.mkdir()
    folder.chmod(0o711)
    platform = Platform(folder / "data", {"SCELLE_OTLP_ENDPOINT": collector.url, "SCELLE_OTLP_SAMPLED": "1"})
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
    signed_in[journey] = time.monotonic()
    journey.walk()
    yield journey
    del signed_in[journey]
    world.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Renew old tokens before any fixture of the test uses one, however long the tests before it took."""
    for journey, since in signed_in.items():
        if time.monotonic() - since > TOKENS_SECONDS:
            journey.renew_tokens()
            signed_in[journey] = time.monotonic()
