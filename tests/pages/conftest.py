"""People at their screens: a browser for the tests of a module, and pictures of the pages where they are asked for."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from testkit.browser import DESKTOP, MISSING, PATIENCE_MS, Someone, browsing, program, someone

PATIENCE = 600  # seconds that a test may take: a whole platform and a browser, on a machine that may be busy
SHOTS = os.environ.get("SCELLE_SCREENSHOTS")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test here the time that it may need, and leave it out where there is no browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(PATIENCE))
            item.add_marker(pytest.mark.skipif(program() is None, reason=MISSING))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser; what is awaited on its pages may take as long as the pages themselves."""
    expect.set_options(timeout=PATIENCE_MS)
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def sits_down(browser: Browser) -> Iterator[Callable[..., Someone]]:
    """Return what gives a person a screen of a size; all go at the end of the module."""
    shots = Path(SHOTS) if SHOTS else None
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    with ExitStack() as leaving:

        def sitting(size: tuple[int, int] = DESKTOP) -> Someone:
            person = someone(browser, size, shots=shots)
            leaving.callback(person.context.close)
            return person

        yield sitting
