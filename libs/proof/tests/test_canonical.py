import json
from collections.abc import Callable
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from proof.canonical import MAX_INTEGER, NotCanonical, canonical, parse

scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text()
keys = st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(values)
def test_the_fast_encoder_agrees_with_the_reference_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # generated inside its types


@given(values)
def test_what_is_encoded_reads_back_as_itself(value: object) -> None:
    assert parse(canonical(value)) == value


def test_the_public_vectors_agree_inside_the_profile_and_are_refused_outside(
    vectors: Callable[[str], list[Path]],
) -> None:
    agreed = set()
    for path in vectors("rfc8785/input"):
        value = json.loads(path.read_bytes())
        expected = (path.parents[1] / "output" / path.name).read_bytes()
        try:
            encoded = canonical(value)
        except NotCanonical:
            continue
        agreed.add(path.stem)
        assert encoded == expected
        assert parse(expected) == value
    assert agreed == {"arrays"}


@pytest.mark.parametrize("name", ["french", "unicode", "values", "weird"])
def test_the_strings_of_the_public_vectors_are_written_as_they_say(
    name: str, vectors: Callable[[str], list[Path]]
) -> None:
    """Their keys are outside the profile, so keys and texts are compared one by one."""
    (path,) = (path for path in vectors("rfc8785/input") if path.stem == name)
    expected = (path.parents[1] / "output" / path.name).read_bytes()
    for key, value in json.loads(path.read_bytes()).items():
        assert canonical(key) in expected
        assert canonical(value if isinstance(value, str) else key) in expected


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":9007199254740992}',
        b'{"A":1}',
        b'{"\\u0061":1}',
        b'{"a":"\\u00e9"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":1}\n',
        b"",
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
    ],
)
def test_a_second_spelling_or_a_foreign_value_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(data)


@pytest.mark.parametrize("value", [1.5, b"bytes", {1: "a"}, {"é": 1}, 2**53, "\ud800", {"a": {1, 2}}])
def test_a_value_outside_the_profile_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)
