"""The parts' format against Tink, which defines it."""

import io
import os

import pytest
import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2
from vault.domain.streaming import (
    HEADER_BYTES,
    SEGMENT_BYTES,
    TAG_BYTES,
    NotAuthentic,
    plain_size,
    seal,
    sealed_size,
    unseal,
)

KEY = bytes(range(32))
FIRST = SEGMENT_BYTES - HEADER_BYTES - TAG_BYTES
NEXT = SEGMENT_BYTES - TAG_BYTES
BORDERS = [0, 1, 15, FIRST - 1, FIRST, FIRST + 1, FIRST + NEXT - 1, FIRST + NEXT, FIRST + NEXT + 1, 3 * SEGMENT_BYTES]
sizes = pytest.mark.parametrize("size", BORDERS)


def sealed(plain: bytes, associated_data: bytes = b"part 0", key: bytes = KEY) -> bytes:
    into = bytearray(sealed_size(len(plain)))
    seal(key, associated_data, memoryview(plain), memoryview(into))
    return bytes(into)


@pytest.fixture(scope="module")
def tinks() -> streaming_aead.StreamingAead:
    streaming_aead.register()
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(key_value=KEY)
    key.params.hkdf_hash_type = common_pb2.HashType.SHA256
    key.params.derived_key_size = 32
    key.params.ciphertext_segment_size = SEGMENT_BYTES
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(key_id=1, status=tink_pb2.ENABLED, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB.type_url
    entry.key_data.value = key.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@sizes
@pytest.mark.covers("C-14")
def test_tink_reads_what_the_vault_writes(size: int, tinks: streaming_aead.StreamingAead) -> None:
    plain = os.urandom(size)
    with tinks.new_decrypting_stream(io.BytesIO(sealed(plain)), b"part 0") as stream:
        assert stream.read() == plain


@sizes
@pytest.mark.covers("C-14")
def test_the_vault_reads_what_tink_writes(size: int, tinks: streaming_aead.StreamingAead) -> None:
    plain, written = os.urandom(size), io.BytesIO()
    written.close = lambda: None  # type: ignore[method-assign] - Tink closes it, the test still reads it
    with tinks.new_encrypting_stream(written, b"part 0") as stream:
        stream.write(plain)
    assert len(written.getvalue()) == sealed_size(size)
    assert unseal(KEY, b"part 0", written.getvalue()) == plain


@sizes
def test_sizes_of_plaintext_and_ciphertext_belong_together(size: int) -> None:
    assert plain_size(sealed_size(size)) == size


def test_a_ciphertext_cut_at_any_border_of_segments_is_refused() -> None:
    whole = sealed(os.urandom(3 * SEGMENT_BYTES))
    borders = [0, 1, HEADER_BYTES, HEADER_BYTES + TAG_BYTES, *range(SEGMENT_BYTES, len(whole), SEGMENT_BYTES)]
    for border in borders:
        for cut in (border - 1, border, border + 1):
            with pytest.raises(NotAuthentic):
                unseal(KEY, b"part 0", whole[: max(cut, 0)])


@pytest.mark.parametrize("position", [0, 1, 33, HEADER_BYTES, SEGMENT_BYTES - 1, SEGMENT_BYTES, -1])
def test_one_flipped_bit_anywhere_is_refused(position: int) -> None:
    whole = bytearray(sealed(bytes(2 * SEGMENT_BYTES)))
    whole[position] ^= 1
    with pytest.raises(NotAuthentic):
        unseal(KEY, b"part 0", bytes(whole))


def test_segments_that_change_places_are_refused() -> None:
    whole = sealed(os.urandom(4 * SEGMENT_BYTES))
    second, third = whole[SEGMENT_BYTES : 2 * SEGMENT_BYTES], whole[2 * SEGMENT_BYTES : 3 * SEGMENT_BYTES]
    with pytest.raises(NotAuthentic):
        unseal(KEY, b"part 0", whole[:SEGMENT_BYTES] + third + second + whole[3 * SEGMENT_BYTES :])


def test_another_key_or_other_associated_data_opens_nothing() -> None:
    whole = sealed(b"secret")
    for key, associated_data in ((bytes(32), b"part 0"), (KEY, b"part 1"), (KEY, b"")):
        with pytest.raises(NotAuthentic):
            unseal(key, associated_data, whole)


def test_salt_and_nonce_prefix_never_repeat() -> None:
    headers = {sealed(b"same")[1:HEADER_BYTES] for _ in range(2000)}
    assert len({header[:32] for header in headers}) == len({header[32:] for header in headers}) == 2000
