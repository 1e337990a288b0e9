"""The ciphers, against the vectors of the study and against an encryption written apart from our code."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.ar24 import crypto
from lre_gateway.adapters.ar24.envelope import result_of
from lre_gateway.application.provider import ContractBreach

KEY, DATE = "test-private-key-0001", "2026-01-15 10:00:00"
KEYS = st.text(min_size=1, max_size=80)
DATES = st.datetimes().map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S"))
RESULTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def answer() -> bytes:
    return b"9Gw4T0wbGFa03XIn9A9uR4+3Mvgel4moPaUTCidiuCj+SW+EPRRtD2hABdkh3J0f"


def test_case_01_the_vectors_of_the_study_pass_both_ways(answer: bytes, sealed: Callable[..., bytes]) -> None:
    text = '{"status":"SUCCESS","result":{"id":123}}'
    assert crypto.signature(KEY, DATE) == "2cAOyqdc020pWsoR+/jbduYJJYE7xOX/fFPpPA25PYs="
    assert crypto.decrypted(KEY, DATE, answer) == text.encode()
    assert sealed(KEY, DATE, text) == answer
    assert result_of(answer, KEY, DATE) == {"id": 123}


@given(key=KEYS, date=DATES, result=RESULTS)
def test_case_02_any_key_date_and_body_come_back_as_they_were(
    sealed: Callable[..., bytes], key: str, date: str, result: object
) -> None:
    for ascii_only in (True, False):
        text = json.dumps({"status": "SUCCESS", "result": result}, ensure_ascii=ascii_only)
        body = sealed(key, date, text.encode())
        assert crypto.decrypted(key, date, body) == text.encode()
    assert result_of(sealed(key, date, json.dumps({"status": "success", "result": result})), key, date) == result


@given(key=KEYS, date=DATES)
def test_case_02_a_signature_depends_on_the_key_and_the_date_alone(key: str, date: str) -> None:
    first = crypto.signature(key, date)
    assert first == crypto.signature(key, date)
    assert first != crypto.signature(key + "x", date)


@given(key=KEYS, date=DATES, result=RESULTS)
def test_case_03_a_wrong_vector_garbles_the_first_block_only_and_is_a_breach_not_cut(
    sealed: Callable[..., bytes], key: str, date: str, result: object
) -> None:
    text = json.dumps({"status": "SUCCESS", "result": result})
    body = sealed(key, date, text, iv="0123456789abcdef")
    assert crypto.decrypted(key, date, body)[16:] == text.encode()[16:]
    with pytest.raises(ContractBreach):
        result_of(body, key, date)


@given(body=st.binary(max_size=200))
def test_bytes_that_are_no_answer_are_a_breach_and_nothing_else(body: bytes) -> None:
    with pytest.raises(ContractBreach):
        result_of(b"x" + body, KEY, DATE)


@pytest.mark.parametrize("cut", [1, 15, 20, 63])
def test_a_truncated_answer_is_a_breach(answer: bytes, cut: int) -> None:
    with pytest.raises(ContractBreach):
        result_of(answer[:-cut], KEY, DATE)


def test_the_answer_to_another_date_is_a_breach(answer: bytes) -> None:
    with pytest.raises(ContractBreach):
        result_of(answer, KEY, "2026-01-15 10:00:01")


def test_case_04_clear_json_is_accepted() -> None:
    assert result_of(b' {"status":"Success","result":{"id":7}} ', KEY, DATE) == {"id": 7}


@pytest.mark.parametrize("body", [b"[]", b"null", b'"SUCCESS"', b"{}", b'{"status":"MAYBE"}', b"<html>", b""])
def test_clear_json_that_is_no_envelope_is_a_breach(body: bytes) -> None:
    with pytest.raises(ContractBreach):
        result_of(body, KEY, DATE)
