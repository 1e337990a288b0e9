"""Every row of the bad-input matrix is shown by a test, `@pytest.mark.bad_input("B7")`, or has a reason not to be."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = {f"B{number}" for number in range(1, 64)} | {"B4b"}
MARK = re.compile(r"mark\.bad_input\(([^)]*)\)")
NOT_SHOWN = {
    "B45": "dossiers have no shares and no one-time links yet",
    "B46": "nobody is a guest yet: dossiers have no shares",
    "B49": "no service calls an address that a user chooses",
}
"""Rows about what is not built; each goes when a test has its mark."""
WORDS = re.compile(r"shar|guest|one-time|webhook-registered|subscri")
"""What an event would be called that comes with one of them."""


def marked() -> set[str]:
    files = [
        path for folder in ("tests", "libs", "services", "launcher") for path in ROOT.glob(f"{folder}/**/test_*.py")
    ]
    return {row for path in files for args in MARK.findall(path.read_text()) for row in re.findall(r'"([^"]+)"', args)}


def test_every_row_is_shown_or_has_a_reason() -> None:
    assert marked() <= ROWS
    assert ROWS - marked() == set(NOT_SHOWN)


def test_nothing_that_has_a_reason_was_built_meanwhile() -> None:
    published = [path.name for path in (ROOT / "libs/contracts/src/contracts/schemas").glob("*.json")]
    assert published
    assert [name for name in published if WORDS.search(name)] == []
