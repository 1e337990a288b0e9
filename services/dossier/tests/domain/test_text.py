"""What people see of a text."""

import pytest
from dossier.domain.text import same_number, visible


@pytest.mark.parametrize("other", ["dup-1", "DUP-1\u200b", " Dup\u00a0- 1", "\ufeff\uff24\uff35\uff30-1"])
def test_numbers_that_look_alike_are_the_same(other: str) -> None:
    assert same_number(other) == same_number("DUP-1")


@pytest.mark.parametrize("other", ["DUP-2", "DUP-11", "DÜP-1", "DUP_1"])
def test_numbers_that_look_different_are_different(other: str) -> None:
    assert same_number(other) != same_number("DUP-1")


def test_blanks_controls_and_fillers_cannot_be_seen() -> None:
    assert visible(" \t\n\u00a0\u200b\u2060\u202e\ufeff\u3164\u2800") == ""
    assert visible("a é \U0001f600") == "aé\U0001f600"
