"""The provider's calls to us: read without a failure, and never believed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.ar24.hints import hints
from lre_gateway.application.provider import Hint

LETTER = Hint(ref="123", kind="letter")


@pytest.mark.parametrize(
    "body",
    [
        b"id_mail=123&new_state=AR&proof_url=https%3A%2F%2Fapp.ar24.fr%2Fget%2Fproof%2Far-123%3Ftoken%3Dx&view_date=",
        b'{"id_mail": 123, "new_state": "AR"}',
        b'{"id_mail": "123"}',
    ],
)
def test_case_44_form_and_json_say_the_same(body: bytes) -> None:
    assert hints(body) == (LETTER,)


def test_case_46_a_forged_body_gives_a_number_at_most() -> None:
    forged = json.dumps({"id_mail": "123", "new_state": "refused", "refused_date": "2026-01-01 00:00:00"})
    assert hints(forged.encode()) == (LETTER,)
    for wrong in ("../etc", "1' OR 1=1", "9" * 40, "-1", "1.0", "١٢٣", ["1"], None):
        assert hints(json.dumps({"id_mail": wrong}).encode()) == (Hint(ref=None, kind="letter"),)


def test_case_47_repeated_and_reordered_calls_are_the_same_hint() -> None:
    bodies = [b"id_mail=123&new_state=AR", b"id_mail=123&new_state=sent", b"id_mail=123&new_state=AR"]
    assert {hints(body) for body in bodies} == {(LETTER,)}


def test_case_48_other_subjects_are_told_apart() -> None:
    assert hints(b"id_consent=9") == (Hint(ref=None, kind="consent"),)
    assert hints(b"id_user=9") == (Hint(ref=None, kind="sender"),)
    assert hints(b"hello") == hints(b"") == hints(b"[]") == (Hint(ref=None, kind="unknown"),)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_case_45_any_body_is_a_hint_and_no_failure(body: bytes) -> None:
    (hint,) = hints(body)
    assert hint.kind in {"letter", "consent", "sender", "unknown"}


def test_a_body_nested_without_end_is_a_hint_too() -> None:
    assert hints(b"[" * 100_000) == hints(b"&".join([b"a=1"] * 1_000)) == (Hint(ref=None, kind="unknown"),)
