"""Which fault is survived by which test, and what became of everything that was sent: the table of docs/faults.md.

A test names what it breaks with ``@pytest.mark.fault("F12")`` and counts with the fixture ``tally``. With
``--fault-report FILE`` only such tests run, and the folder of the faults whole; the results of each run are kept in
build/, those of a test replace its former ones, and the table of all of them replaces what follows a line of the file.
A row of which there is no result keeps the line that it has in the file.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from testkit.fault_matrix import FAULTS, NOT_SHOWN

ROUNDS = int(os.environ.get("SCELLE_FAULT_ROUNDS", "1"))
"""How often a fault that falls at a random moment is played."""

RESULTS = Path("build") / "fault-results.json"
BEGINS = "<!-- What follows is written by `make faults`. -->\n"
FOLDER = Path("tests") / "faults"
COLUMNS = ("sent", "acknowledged", "found", "duplicated", "lost")
_FAULT, _TALLY = "fault", "tally"
_MARK = re.compile(r"""mark\.fault\(((?:\s*"F\d+",?)+)\s*\)""")
_results: dict[str, dict[str, Any]] = {}


@dataclass
class Tally:
    """What became of what a test sent, added up over its rounds."""

    sent: int = 0
    acknowledged: int = 0
    found: int = 0
    duplicated: int = 0
    lost: int = 0

    def compare(self, sent: int, acknowledged: Collection[Hashable], found: Iterable[Hashable]) -> None:
        """Count what was acknowledged and what is there; raise AssertionError if anything is lost or there twice.

        Each thing is named by all that must not change of it: its id, or its id with a digest.
        """
        there, wanted = Counter(found), set(acknowledged)
        lost, doubled = wanted - there.keys(), there.total() - len(there)
        self.sent += sent
        self.acknowledged += len(wanted)
        self.found += len(wanted & there.keys())
        self.duplicated += doubled
        self.lost += len(lost)
        if lost or doubled or len(wanted) > sent:
            raise AssertionError(
                f"{sent} sent, {len(wanted)} acknowledged, lost {sorted(map(str, lost))[:5]}, {doubled} twice"
            )


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Return what counts for the report."""
    made = Tally()
    request.node.user_properties.append((_TALLY, made))
    return made


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the report."""
    parser.addoption("--fault-report", metavar="FILE", help="run what breaks something, and write the table into FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Say what the mark is."""
    config.addinivalue_line("markers", "fault(*rows): the rows (F1 … F64) of the fault matrix that this test proves")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what breaks nothing, when the report is asked for."""
    if not config.getoption("fault_report"):
        return
    folder = config.rootpath / FOLDER
    chosen = [item for item in items if item.get_closest_marker(_FAULT) or folder in item.path.parents]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Name the rows and the counts in the report of each phase, in a form that other processes can be told."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    rows = {str(row) for mark in item.iter_markers(_FAULT) for row in mark.args}
    told = [(name, asdict(value) if isinstance(value, Tally) else value) for name, value in report.user_properties]
    report.user_properties = [*told, *((_FAULT, row) for row in rows)]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of a test's phases, its counts, and how long all of it took."""
    rows = sorted({str(value) for name, value in report.user_properties if name == _FAULT}, key=_number)
    if not rows:
        return
    known = _results.setdefault(report.nodeid, {"rows": rows, "outcome": "interrupted", "seconds": 0.0, "counts": None})
    known["seconds"] = round(known["seconds"] + report.duration, 1)
    if not report.passed or (report.when == "call" and known["outcome"] == "interrupted"):
        known["outcome"] = report.outcome
    for name, value in report.user_properties:
        if name == _TALLY and isinstance(value, dict) and value["sent"]:
            known["counts"] = value


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table, and the results it is made of."""
    file = session.config.getoption("fault_report")
    if not file or hasattr(session.config, "workerinput"):
        return
    kept, root = session.config.rootpath / RESULTS, session.config.rootpath
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    results = {node: one for node, one in (before | _results).items() if (root / node.partition("::")[0]).exists()}
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(results, indent=1, sort_keys=True), encoding="utf-8")
    write(root / file, results, marked(root))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    if file := config.getoption("fault_report"):
        terminalreporter.section("faults")
        terminalreporter.write_line((config.rootpath / file).read_text(encoding="utf-8").partition(BEGINS)[2])


def write(file: Path, results: Mapping[str, Mapping[str, Any]], marks: Mapping[str, list[str]]) -> None:
    """Put the table of these results below its line in a file; `marks` says where rows are that were not run."""
    head, _, former = file.read_text(encoding="utf-8").partition(BEGINS) if file.exists() else ("", "", "")
    file.write_text(f"{head}{BEGINS}\n{table(results, marks, former)}", encoding="utf-8")


def table(results: Mapping[str, Mapping[str, Any]], marks: Mapping[str, list[str]], former: str = "") -> str:
    """Return one line for each row of the matrix, as Markdown; that of a `former` table where there is no result."""
    kept = {row: line for row in FAULTS for line in former.splitlines() if line.startswith(f"| {row} |")}
    kept = {row: line for row, line in kept.items() if " passed" in line}
    lines = [f"| row | fault | tests | outcome | {' | '.join(COLUMNS)} | seconds |", "|---|---|---|---|" + "--:|" * 6]
    for row in FAULTS:
        tests = [(node, one) for node, one in results.items() if row in one["rows"]]
        lines.append(kept[row] if row in kept and not tests else _line(row, tests, marks.get(row, [])))
    shown = sum(row in kept or any(row in one["rows"] for one in results.values()) for row in FAULTS)
    return "\n".join(lines) + f"\n\n{shown} of {len(FAULTS)} rows were broken in the runs that this table comes from.\n"


def _line(row: str, tests: list[tuple[str, Mapping[str, Any]]], files: list[str]) -> str:
    counts = [one["counts"] for _, one in tests if one["counts"]]
    added = [str(sum(each[name] for each in counts)) if counts else "" for name in COLUMNS]
    seconds = f"{sum(one['seconds'] for _, one in tests):.0f}" if tests else ""
    if tests:
        names = "<br>".join(sorted({f"`{_short(node)}`" for node, _ in tests}))
        outcomes = Counter(one["outcome"] for _, one in tests)
        outcome = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    else:
        named = "<br>".join(f"`{Path(file).name}`" for file in files)
        names, outcome = NOT_SHOWN.get(row, named), "not shown" if row in NOT_SHOWN else "not run"
    return f"| {row} | {FAULTS[row]} | {names} | {outcome} | {' | '.join(added)} | {seconds} |"


def _short(node: str) -> str:
    file, _, name = node.partition("::")
    return f"{Path(file).name}::{name.partition('[')[0]}"


def _number(row: str) -> int:
    return int(row[1:])


def marked(root: Path) -> dict[str, list[str]]:
    """Return the rows that tests under `root` name, each with the files of those tests."""
    found: dict[str, dict[str, None]] = {}
    for folder in ("libs", "services", "sandbox", "launcher", "tests"):
        for file in sorted((root / folder).rglob("test_*.py")):
            for arguments in _MARK.findall(file.read_text(encoding="utf-8")):
                for row in re.findall(r"F\d+", arguments):
                    found.setdefault(row, {})[str(file.relative_to(root))] = None
    return {row: list(files) for row, files in found.items()}
