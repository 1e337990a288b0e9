"""Writes down, at the end of a test run, which tests passed and what they cover."""

import json
from typing import Any

import pytest

from testkit.requirements import RESULTS

_results: dict[str, dict[str, Any]] = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep the worst outcome of a test's phases, with the requirements it names."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    covers = [str(argument) for mark in item.iter_markers("covers") for argument in mark.args]
    known = _results.setdefault(item.nodeid, {"outcome": "passed", "covers": covers})
    if not report.passed:
        known["outcome"] = report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the results; a run of some tests only replaces the results of those."""
    path = session.config.rootpath / RESULTS
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = before if session.config.args != session.config.getini("testpaths") else {}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept | _results, indent=1, sort_keys=True), encoding="utf-8")
