"""A real browser, the system's own: people at their screens, each page they see judged for accessibility."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP, PHONE = (1280, 900), (390, 844)
PATIENCE_MS = 60_000
ATTEMPTS = 3
LOST = "garbage collected"  # a busy browser does that to the promise of an evaluation
MISSING = "no browser: install Chromium (on Debian and Ubuntu: apt-get install chromium)"


def program() -> str | None:
    """Return the path of the system's browser, None if there is none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser for the block. Raises RuntimeError without one."""
    path = program()
    if path is None:
        raise RuntimeError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Someone:
    """A person with a browser of their own; whatever is wrong with a page they see fails the test at once."""

    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)
    shots: Path | None = None

    def sees(self, name: str) -> None:
        """Judge the page that is shown: accessibility, width, errors; keep a picture of it if a folder was given."""
        if self.shots:
            self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)
        self.page.wait_for_load_state("load")
        if not self.page.title().endswith("Scellé"):
            raise AssertionError(f"{name}: {self.page.content()[:500]}")
        found = self._judged()
        self.problems += [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            self.problems.append(f"the page is {wider} px wider than the screen")
        problems, self.problems = self.problems, []
        if problems:
            raise AssertionError(f"{name}: {problems}")

    def _judged(self) -> list[Any]:
        """Return what axe finds, asked again where the browser lost its answer."""
        for attempt in range(ATTEMPTS):
            try:
                return list(Axe().run(self.page, options={"runOnly": RULES, "preload": False}).response["violations"])
            except Error as error:
                if LOST not in error.message or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError  # the loop returns or raises


def someone(browser: Browser, size: tuple[int, int] = DESKTOP, *, shots: Path | None = None) -> Someone:
    """Give a person a browser without a past, in French, with a screen of this size."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
        has_touch=size == PHONE,
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    person = Someone(context, page, shots=shots)

    def heard(message: ConsoleMessage) -> None:
        passing = any(code in message.text for code in ("502", "503", "504"))  # it is asked again in a moment
        unknown = message.location["url"].endswith("/favicon.ico")  # simulators have none
        if message.type == "error" and not passing and not unknown:
            person.problems.append(f"console: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: person.problems.append(f"script: {error}"))
    page.on("dialog", lambda dialog: dialog.accept())
    return person
