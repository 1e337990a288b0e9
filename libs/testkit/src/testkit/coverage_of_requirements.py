"""Writes down, at the end of a test run, which tests passed and what they cover."""

import json
from typing import Any

import pytest

from testkit.requirements import RESULTS

_COVERS = "covers"
_results: dict[str, dict[str, Any]] = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Name the requirements in the report of each phase, which also reaches whoever shares the tests out."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    report.user_properties += [(_COVERS, str(name)) for mark in item.iter_markers(_COVERS) for name in mark.args]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of a test's phases, with the requirements it names."""
    covers = [value for name, value in report.user_properties if name == _COVERS]
    known = _results.setdefault(report.nodeid, {"outcome": "passed", "covers": list(dict.fromkeys(covers))})
    if not report.passed:
        known["outcome"] = report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the results; a run of some tests only replaces the results of those."""
    if hasattr(session.config, "workerinput"):  # a worker of a shared run: the one that shares out writes
        return
    path = session.config.rootpath / RESULTS
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = before if session.config.args != session.config.getini("testpaths") else {}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept | _results, indent=1, sort_keys=True), encoding="utf-8")
