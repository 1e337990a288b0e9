"""Case 59: everything that AR24 might rename is in one folder, and each route in one file of it."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import lre_gateway
import pytest
from lre_gateway.adapters.ar24 import errors, routes, status_map
from lre_gateway.adapters.ar24.routes import CONFIRMED, SIMULATED

PACKAGE = Path(str(lre_gateway.__file__)).parent
FOLDER = PACKAGE / "adapters" / "ar24"
CONSTANTS = {name: value for name, value in vars(routes).items() if name.isupper() and isinstance(value, str)}
ROUTES = {
    *CONSTANTS.values(),
    *(value for value in map(SIMULATED.__getattribute__, SIMULATED.__slots__) if str(value)[0] == "/"),
}
SLUGS = {*errors.REJECTED, *errors.NOT_READY, *errors.NOT_EXECUTED, *errors.NEW_DATE_HELPS}
WORDS = {"to_valid", "not_valided", "negligence", "recipient_update"}
FIELDS = {name for name, _ in status_map.FACTS} | {name for name, _ in status_map.EVIDENCE.values()} - {"zip"}


def literals(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def strangers() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if FOLDER not in path.parents]


def test_case_59_no_route_slug_status_or_field_of_the_provider_is_named_outside_its_folder() -> None:
    own = {*ROUTES, *SLUGS, *WORDS, *FIELDS}
    found = {(path.name, text) for path in strangers() for text in literals(path) if text in own}
    assert {text for _, text in found} == set()
    assert len(strangers()) > 30


def test_case_59_each_route_is_written_once() -> None:
    for path in FOLDER.glob("*.py"):
        if path.name != "routes.py":
            assert not ROUTES & set(literals(path)), path.name


@pytest.mark.parametrize("field", [field.name for field in fields(CONFIRMED)])
def test_what_no_source_shows_is_off_unless_somebody_says_so(field: str) -> None:
    assert getattr(CONFIRMED, field) in {None, False}
    assert getattr(SIMULATED, field)
