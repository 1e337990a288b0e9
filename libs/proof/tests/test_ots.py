"""OpenTimestamps proofs: the paths that are read are the tree that is written, and nothing odd or endless is read."""

import random
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof.ots import (
    BITCOIN,
    MAX_DEPTH,
    MAX_OTS,
    MAX_STEPS,
    PENDING,
    SHA256,
    Attestation,
    OtsInvalid,
    Proof,
    appended,
    in_block,
    pending,
    prepended,
    read,
    write,
)

DIGEST = sha256(b"digest").digest()
ONE, TWO = in_block(1), in_block(900_000)


def proof(*paths: tuple[tuple[bytes, ...], bytes]) -> bytes:
    """Write a proof of these paths and what is attested at their ends."""
    return Proof(DIGEST, tuple(Attestation(path, None, written) for path, written in paths)).encode()


def test_a_path_gives_the_message_that_its_operations_make() -> None:
    (one,) = Proof.parse(proof(((appended(b"x"), SHA256, prepended(b"yz")), TWO))).attestations
    assert one.message == b"yz" + sha256(DIGEST + b"x").digest()
    assert (one.height, one.calendar) == (900_000, None)


def test_a_tree_is_written_once_and_read_back() -> None:
    shared = (appended(b"nonce"), SHA256)
    data = proof((shared, pending("https://a.example")), ((*shared, SHA256), TWO), ((*shared, prepended(b"p")), ONE))
    assert data.count(b"nonce") == 1
    found = Proof.parse(data)
    assert [one.height or one.calendar for one in found.attestations] == ["https://a.example", 900_000, 1]
    assert found.encode() == data


def test_what_a_calendar_answers_later_takes_the_place_of_its_promise() -> None:
    data = proof(((SHA256,), pending("https://a.example")), ((appended(b"x"),), pending("https://b.example")))
    first, second = Proof.parse(data).attestations
    more = read(write([Attestation((SHA256,), None, TWO)]), first.message or b"")
    whole = Proof.parse(Proof(DIGEST, (first, second)).continued(first, more).encode())
    assert [(one.path, one.height) for one in whole.attestations] == [(second.path, None), ((SHA256, SHA256), 900_000)]


@pytest.mark.parametrize("operation", [b"\x02", b"\x03", b"\x67", b"\xf2", b"\xf3"])
def test_below_an_operation_that_is_not_followed_nothing_is_known(operation: bytes) -> None:
    below = ((operation, appended(b"x" * 4096), SHA256), ONE)
    beside, one = Proof.parse(proof(((SHA256,), TWO), below)).attestations
    assert beside.message == sha256(DIGEST).digest()
    assert (one.message, one.height) == (None, 1)


def test_an_attestation_of_another_kind_is_read_over() -> None:
    litecoin = bytes.fromhex("06869a0d73d71b45") + b"\x01\x05"
    one, two = Proof.parse(proof(((SHA256,), litecoin), ((), ONE))).attestations
    assert (one.height, one.calendar, one.written) == (None, None, litecoin)
    assert (two.height, two.message) == (1, DIGEST)


HEADER = proof(((), ONE))[: -len(b"\0" + ONE)]


@pytest.mark.parametrize(
    "tree",
    [
        b"",
        b"\xff",
        b"\x00",
        b"\x00" + ONE + b"\x00",  # something follows
        b"\xff\xff\x00" + ONE + b"\x00" + ONE,
        b"\x04\x00" + ONE,  # no such operation
        b"\xf0\x00\x00" + ONE,  # nothing is appended
        b"\xf0\x81\x00x\x00" + ONE,  # a length in another spelling
        b"\xf0\xff\xff\xff\xff\xff\xff\xff\x7f\x00" + ONE,
        b"\xf0\x05abc",
        b"\xf0\x81\x20" + b"x" * 4097 + b"\x00" + ONE,
        b"\xf0\xe1\x1f" + b"x" * 4065 + b"\x00" + ONE,  # 4,097 with the digest
        b"\x00" + BITCOIN + b"\x02\x01\x01",  # more than a height
        b"\x00" + BITCOIN + b"\x00",
        b"\x00" + BITCOIN + b"\x03\x81\x80\x00",
        b"\x00" + BITCOIN + b"\x08" + b"\xff" * 7 + b"\x1f",
        b"\x00" + PENDING + b"\x03\x02a b"[:5],
        b"\x00" + PENDING + b"\x04\x02a:/",
        b"\x00" + PENDING + b"\x02\x01?",
        b"\x00" + PENDING + b"\xeb\x07\xe9\x07" + b"a" * 1001,
        b"\x00" + b"12345678" + b"\x81\x40" + b"x" * 8193,
    ],
)
def test_what_is_no_proof_is_refused(tree: bytes) -> None:
    with pytest.raises(OtsInvalid):
        Proof.parse(HEADER + tree)


def test_another_header_is_refused() -> None:
    data = proof(((), ONE))
    for place in range(len(HEADER) - 32):
        with pytest.raises(OtsInvalid):
            Proof.parse(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(OtsInvalid):
        Proof.parse(HEADER[:-1])


def test_limits_are_where_the_specification_says() -> None:
    deep = [SHA256] * MAX_DEPTH
    assert len(Proof.parse(HEADER + b"".join(deep) + b"\0" + ONE).attestations) == 1
    with pytest.raises(OtsInvalid):
        Proof.parse(HEADER + b"".join([*deep, SHA256]) + b"\0" + ONE)
    wide = b"\xff\x00" + ONE
    assert len(Proof.parse(HEADER + wide * (MAX_STEPS - 1) + b"\0" + ONE).attestations) == MAX_STEPS
    with pytest.raises(OtsInvalid):
        Proof.parse(HEADER + wide * MAX_STEPS + b"\0" + ONE)
    for refused in (lambda: Proof.parse(HEADER + b"\0" * MAX_OTS), lambda: read(b"\0" * (MAX_OTS + 1), DIGEST)):
        with pytest.raises(OtsInvalid):
            refused()
    (long,) = Proof.parse(HEADER + b"\xf0\xe0\x1f" + b"x" * 4064 + b"\x00" + ONE).attestations
    assert len(long.message or b"") == 4096
    with pytest.raises(ValueError, match="without an attestation"):
        Proof(DIGEST, ()).encode()


steps = st.sampled_from([SHA256, b"\x02", b"\xf3", appended(b"a"), prepended(b"bc")])
ends = st.sampled_from([ONE, TWO, pending("https://a.example"), b"12345678\x01x"])
paths = st.lists(st.tuples(st.lists(steps, max_size=5).map(tuple), ends), min_size=1, max_size=6)


@settings(deadline=None)
@given(paths, st.randoms(use_true_random=False))
def test_every_tree_reads_back_and_a_changed_one_is_read_or_refused(
    given_: list[tuple[tuple[bytes, ...], bytes]], chance: random.Random
) -> None:
    data = proof(*given_)
    found = Proof.parse(data)
    assert {(one.path, one.written) for one in found.attestations} == set(given_)
    assert Proof.parse(found.encode()) == found
    place = chance.randrange(len(data))
    changed = data[:place] + bytes([chance.randrange(256)]) + data[place + chance.randrange(2) :]
    try:
        again = Proof.parse(changed)
    except OtsInvalid:
        return
    rewritten = Proof.parse(again.encode())
    assert {replace(one, message=None) for one in rewritten.attestations} == {
        replace(one, message=None) for one in again.attestations
    }
