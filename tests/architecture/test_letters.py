"""What a provider of letters calls things stands in its folder alone: a change of its contract touches no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "services/lre-gateway/src/lre_gateway"
PROVIDERS = ("ar24", "maileva")
THEIR_OWN = re.compile(r"/?[a-z0-9]+(?:[_/][a-z0-9]+)+|/[a-z]+", re.IGNORECASE)
"""Routes, and words of several parts: what is one plain word in any language says nothing of whose it is."""

NEUTRAL = {"first_name", "last_name"}  # the port's own


def words(file: Path) -> Iterator[str]:
    """Yield the texts of a module that are no docstring."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def tables(provider: str) -> set[str]:
    """Return the routes, slugs and statuses of a provider: what its tables of them hold."""
    folder = SOURCE / "adapters" / provider
    files = [file for name in ("routes", "errors", "status_map") if (file := folder / f"{name}.py").exists()]
    assert files
    return {word for file in files for word in words(file) if THEIR_OWN.fullmatch(word)} - NEUTRAL


@pytest.mark.parametrize("provider", PROVIDERS)
def test_routes_slugs_and_statuses_of_a_provider_stand_in_its_folder_alone(provider: str) -> None:
    own = tables(provider)
    assert own
    elsewhere = [file for file in SOURCE.rglob("*.py") if provider not in file.parts]
    assert {
        f"{word} in {file.relative_to(SOURCE)}" for file in elsewhere for word in words(file) if word in own
    } == set()
