from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proof.checkpoint import Checkpoint, InclusionProof, parse_hashes
from proof.note import Key, Note, NoteInvalid, Signature, sign
from proof.policy import LogKey, Policy, PolicyInvalid

# The example of golang.org/x/mod/sumdb/note, the first implementation of the format.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KEY = Key.of("journal.example/test", PRIVATE)


def test_the_published_example_verifies_under_its_published_key() -> None:
    note = Note.parse(EXAMPLE)
    assert [key.name for key in note.signed_by([Key.parse(NEUMANN)])] == ["PeterNeumann"]
    assert note.encode() == EXAMPLE
    assert Key.parse(NEUMANN).vkey == NEUMANN


def test_a_changed_text_does_not_verify() -> None:
    with pytest.raises(NoteInvalid):
        Note.parse(EXAMPLE.replace(b"answer", b"Answer")).signed_by([Key.parse(NEUMANN)])


def test_an_unknown_signer_counts_for_nothing_and_a_known_one_must_verify() -> None:
    note = sign("hello\n", KEY.name, PRIVATE)
    stranger = Signature("stranger.example", b"1234", b"x" * 64)
    assert Note(note.text, (stranger, *note.signatures)).signed_by([KEY]) == [KEY]
    assert Note(note.text, (stranger,)).signed_by([KEY]) == []
    forged = Signature(KEY.name, KEY.id, b"x" * 64)
    with pytest.raises(NoteInvalid):
        Note(note.text, (*note.signatures, forged)).signed_by([KEY])


def test_more_than_sixteen_signatures_are_refused() -> None:
    note = sign("hello\n", KEY.name, PRIVATE)
    stranger = Signature("stranger.example", b"1234", b"x" * 64)
    assert Note.parse(Note(note.text, (stranger,) * 16).encode()).signatures
    with pytest.raises(NoteInvalid, match="16"):
        Note.parse(Note(note.text, (stranger,) * 17).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\r\n\n" + EXAMPLE.split(b"\n\n")[1],
        b"\xff\n\n" + EXAMPLE.split(b"\n\n")[1],
        EXAMPLE[:-1],
        EXAMPLE.replace(b"\xe2\x80\x94", b"-"),
        EXAMPLE.replace(b"AM=", b"AN="),
        EXAMPLE.replace(b"PeterNeumann x08", b"Peter Neumann x08"),
        b"t" * 70_000,
    ],
)
def test_what_is_not_a_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteInvalid):
        Note.parse(data)


@pytest.mark.parametrize(
    "vkey",
    ["", "a+b", NEUMANN.replace("c74", "c75"), NEUMANN.replace("Peter", "Pieter"), NEUMANN.replace("+AR", "+BR")],
)
def test_a_key_whose_parts_disagree_is_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        Key.parse(vkey)


def test_a_text_without_an_end_or_a_name_with_a_space_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="newline"):
        sign("hello", KEY.name, PRIVATE)
    with pytest.raises(ValueError, match="space"):
        sign("hello\n", "a name", PRIVATE)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "origin\n01\n" + "A" * 43 + "=\n",
        "origin\n1\nAAAA\n",
        "\n1\n" + "A" * 43 + "=\n",
        "origin\n1\n" + "A" * 43 + "=\nextension\n",
        "origin\n-1\n" + "A" * 43 + "=\n",
        "origin\n99999999999999999\n" + "A" * 43 + "=\n",
    ],
)
def test_a_checkpoint_has_three_lines_and_no_other_writing(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


def test_checkpoints_and_proofs_read_back_as_written() -> None:
    checkpoint = Checkpoint("journal.example/test", 7, b"r" * 32)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    for hashes in ((), (b"a" * 32, b"b" * 32)):
        proof = InclusionProof(5, hashes, b"origin\n1\n\nsignature\n")
        assert InclusionProof.parse(proof.encode()) == proof


@pytest.mark.parametrize(
    "data", [b"", b"c2sp.org/tlog-proof@v1\nindex 01\n\nnote", b"c2sp.org/tlog-proof@v1\n\xff\n\n"]
)
def test_what_is_not_a_proof_is_refused(data: bytes) -> None:
    with pytest.raises(NoteInvalid):
        InclusionProof.parse(data)


def test_a_huge_proof_is_refused() -> None:
    with pytest.raises(NoteInvalid, match="64"):
        parse_hashes(("A" * 43 + "=\n") * 65)
    with pytest.raises(NoteInvalid, match="end"):
        parse_hashes("A" * 43 + "=")


def test_a_policy_reads_back_as_written_and_bounds_its_keys_in_time() -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    policy = Policy("journal.example/test", (LogKey(KEY, start, end),))
    assert Policy.parse(policy.encode()) == policy
    assert policy.keys_at(datetime(2026, 6, 1, tzinfo=UTC)) == [KEY]
    assert policy.keys_at(datetime(2025, 6, 1, tzinfo=UTC)) == []
    assert policy.keys_at(datetime(2027, 6, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"format":"scelle-policy/1","origin":"o","log_keys":[]}',
        b'{"format":"scelle-policy/2","origin":"o","log_keys":[]}',
        b'{"format":"scelle-policy/1","origin":"o","log_keys":[],"witnesses":[]}',
        b'{"format":"scelle-policy/1","origin":"o","log_keys":null}',
        b'{"format":"scelle-policy/1","origin":"o","log_keys":[{"vkey":"x","not_before":null,"not_after":null}]}',
        b'{"format":"scelle-policy/1","format":"scelle-policy/1","origin":"o","log_keys":[]}',
        b'{"format":"scelle-policy/1","origin":"o","log_keys":[{"vkey":"'
        + NEUMANN.encode()
        + b'","not_before":"2026-01-01T00:00:00","not_after":null}]}',
    ],
)
def test_a_policy_that_is_not_understood_whole_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyInvalid):
        Policy.parse(data)
