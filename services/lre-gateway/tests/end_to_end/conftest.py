"""What only whole stories need: a second gateway for the other provider, and workers that start anew."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from typing import Any

import pytest
from lre_gateway.wiring.parts import Parts


@pytest.fixture
def restarted(world: Any) -> Callable[[], AbstractContextManager[Parts]]:
    """Return what starts a process of workers anew: nothing of the one before is left but the database."""
    return lambda: closing(Parts(world.parts.settings, world.clock))


@pytest.fixture(scope="session")
def one_other_world(opening: Any) -> Iterator[Any]:
    with opening("letters_maileva", provider="maileva", hold_mode="provider_draft") as world:
        yield world


@pytest.fixture(scope="session")
def one_drafting_world(opening: Any) -> Iterator[Any]:
    with opening("letters_drafts", hold_mode="provider_draft") as world:
        yield world


@pytest.fixture
def other_world(one_other_world: Any, simulator: Any, fresh: Any) -> Iterator[Any]:
    """Return a gateway whose provider is the other one."""
    assert simulator
    yield from fresh(one_other_world)


@pytest.fixture
def drafting_world(one_drafting_world: Any, simulator: Any, fresh: Any) -> Iterator[Any]:
    """Return a gateway whose letters wait for their code at the provider."""
    assert simulator
    yield from fresh(one_drafting_world)
