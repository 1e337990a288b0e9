"""The built-in check finds the EICAR signature however the bytes are cut."""

import pytest
from vault.application.scanning import BasicScanner
from vault.domain.scanning import EICAR, Finding, Watch


@pytest.mark.parametrize("size", [1, 2, 7, 33, 67, 68, 69, 150, 1000])
def test_the_signature_is_found_wherever_the_stream_is_cut(size: int) -> None:
    content = b"%PDF-1.7 " + bytes(123) + EICAR + bytes(77)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert BasicScanner().scan(pieces) == Finding("infected", "basic", "Eicar-Test-Signature")
    assert BasicScanner().scan(map(memoryview, pieces)).verdict == "infected"


@pytest.mark.parametrize("content", [b"", EICAR[:-1], EICAR[1:], EICAR[:30] + b" " + EICAR[30:]])
def test_what_only_resembles_it_is_clean(content: bytes) -> None:
    watch = Watch()
    watch.take(content)
    assert watch.finding() == Finding("clean", "basic")
