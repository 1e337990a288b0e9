"""File names are text of one line."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from vault.domain.file_name import FALLBACK, clean_name
from vault.entrypoints.disposition import attachment


@given(st.text(max_size=400))
def test_any_name_becomes_one_visible_line_of_bounded_length_and_a_header_of_ascii(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= 255
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in cleaned)
    header = attachment(cleaned)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_the_ending_of_a_long_name_survives() -> None:
    assert clean_name("x" * 10_000 + ".pdf") == "x" * 251 + ".pdf"
    assert clean_name("x" * 300) == "x" * 255


def test_twins_that_look_alike_are_the_same_name() -> None:
    assert clean_name("e\u0301tat.pdf") == clean_name("\u00e9tat.pdf")


def test_a_name_of_which_nothing_is_visible_gets_one() -> None:
    assert clean_name("\0\u202e\r\n") == FALLBACK


def test_a_header_carries_the_true_name_beside_a_plain_one() -> None:
    assert attachment("reçu 1.pdf") == "attachment; filename=\"re_u 1.pdf\"; filename*=UTF-8''re%C3%A7u%201.pdf"
