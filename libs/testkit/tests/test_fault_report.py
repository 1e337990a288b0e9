"""The report of the faults cannot rot: every row is on a test or says why not, and what is counted is what happened."""

from pathlib import Path

import pytest
from testkit.fault_matrix import FAULTS, NOT_SHOWN
from testkit.fault_report import BEGINS, Tally, marked, table, write

ROOT = Path(__file__).parents[3]


def test_every_row_is_on_a_test_or_says_why_not() -> None:
    rows = marked(ROOT)
    assert rows.keys() <= FAULTS.keys()
    assert sorted(FAULTS.keys() - rows.keys() - NOT_SHOWN.keys()) == []
    assert sorted(rows.keys() & NOT_SHOWN.keys()) == []
    assert list(FAULTS) == [f"F{number}" for number in range(1, 65)]


def test_the_published_table_is_that_of_the_same_rows() -> None:
    published = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").partition(BEGINS)[2]
    assert [line.split(" | ")[:2] for line in published.splitlines() if line.startswith("| F")] == [
        [f"| {row}", FAULTS[row]] for row in FAULTS
    ]


def test_what_is_lost_or_there_twice_fails_and_is_counted() -> None:
    tally = Tally()
    tally.compare(3, ["a", "b"], ["a", "b", "unacknowledged"])
    assert tally == Tally(sent=3, acknowledged=2, found=2)
    for found in (["a"], ["a", "b", "b"]):
        with pytest.raises(AssertionError):
            tally.compare(2, ["a", "b"], found)
    assert tally == Tally(sent=7, acknowledged=6, found=5, duplicated=1, lost=1)


def test_the_table_adds_up_what_the_tests_of_a_row_counted(tmp_path: Path) -> None:
    counts = {"sent": 5, "acknowledged": 4, "found": 4, "duplicated": 0, "lost": 0}
    one = {"rows": ["F2", "F3"], "outcome": "passed", "seconds": 1.2, "counts": counts}
    file = tmp_path / "faults.md"
    file.write_text(f"A head.\n\n{BEGINS}an older table")
    write(file, {"tests/test_a.py::test_x[1]": one, "tests/test_a.py::test_x[2]": one}, {"F4": ["tests/test_b.py"]})
    head, _, below = file.read_text().partition(BEGINS)
    assert head == "A head.\n\n"
    assert f"| F3 | {FAULTS['F3']} | `test_a.py::test_x` | 2 passed | 10 | 8 | 8 | 0 | 0 | 2 |" in below
    assert f"| F4 | {FAULTS['F4']} | `test_b.py` | not run |" in below
    assert "an older table" not in below
    write(file, {}, {"F3": ["tests/test_a.py"]})
    assert f"| F3 | {FAULTS['F3']} | `test_a.py::test_x` | 2 passed | 10 | 8 | 8 | 0 | 0 | 2 |" in file.read_text()
    assert f"| F4 | {FAULTS['F4']} |  | not run |" in file.read_text()
    assert table({}, {}).count("\n| F") == len(FAULTS)
