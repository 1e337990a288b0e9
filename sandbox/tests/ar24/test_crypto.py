import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from sandbox.ar24 import crypto

KEY, DATE = "test-private-key-0001", "2026-01-15 10:00:00"
TEXT = '{"status":"SUCCESS","result":{"id":123}}'


def decrypted(date: str, text: str) -> bytes:
    key = hashlib.sha256((date + KEY).encode()).hexdigest()[:32].encode()
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(crypto.initial(KEY))).decryptor()
    return decryptor.update(base64.b64decode(text)) + decryptor.finalize()


def test_the_published_vectors_are_ours() -> None:
    assert crypto.initial(KEY) == b"14542eeb65539798"
    assert crypto.signature(KEY, DATE) == "2cAOyqdc020pWsoR+/jbduYJJYE7xOX/fFPpPA25PYs="
    assert crypto.answer(KEY, DATE, TEXT) == "9Gw4T0wbGFa03XIn9A9uR4+3Mvgel4moPaUTCidiuCj+SW+EPRRtD2hABdkh3J0f"


@given(st.text(max_size=300))
def test_any_text_can_be_read_again(text: str) -> None:
    whole = decrypted(DATE, crypto.answer(KEY, DATE, text))
    assert whole[: -whole[-1]].decode() == text


@pytest.mark.parametrize("text", [TEXT, "é" * 40])
def test_a_wrong_vector_garbles_the_first_block_alone(text: str) -> None:
    whole = decrypted(DATE, crypto.answer(KEY, DATE, text, crypto.WRONG_IV))
    assert whole[:16] != text.encode()[:16]
    assert whole[16 : -whole[-1]] == text.encode()[16:]
