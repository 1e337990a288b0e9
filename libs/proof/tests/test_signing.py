from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, cosign
from proof.note import Key, Note, NoteInvalid, sign
from proof.signing import sign_checkpoint, signers

ORIGIN = "journal.example/test"
CHECKPOINT = Checkpoint(ORIGIN, 7, b"r" * 32)
ED25519 = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
MLDSA = MLDSA44PrivateKey.from_seed_bytes(b"s" * 32)
KEYS = [Key.of(ORIGIN, ED25519), Cosigner.of(ORIGIN, MLDSA)]


def test_a_checkpoint_is_signed_with_one_key_or_with_both_in_order() -> None:
    alone = sign_checkpoint(CHECKPOINT, ED25519)
    assert alone == sign(CHECKPOINT.text(), ORIGIN, ED25519).encode()
    both = Note.parse(sign_checkpoint(CHECKPOINT, ED25519, MLDSA))
    assert [line.key_id for line in both.signatures] == [key.id for key in KEYS]
    assert both.signatures[1].value[:8] == bytes(8)
    assert len(both.signatures[1].value) == 8 + 2420
    assert signers(both, KEYS) == KEYS
    assert signers(both, KEYS[1:]) == KEYS[1:]
    assert signers(Note.parse(alone), KEYS) == KEYS[:1]
    assert signers(both, []) == []


def test_a_line_reads_as_it_stands_in_the_note() -> None:
    note = Note.parse(sign_checkpoint(CHECKPOINT, ED25519, MLDSA))
    assert note.encode() == note.text.encode() + b"\n" + b"".join(line.encode() for line in note.signatures)
    assert all(line.encode().startswith("\u2014 journal.example/test ".encode()) for line in note.signatures)


def test_a_wrong_a_doubled_or_a_timed_line_of_the_log_is_refused() -> None:
    note = Note.parse(sign_checkpoint(CHECKPOINT, ED25519, MLDSA))
    other = Note.parse(sign_checkpoint(Checkpoint(ORIGIN, 8, b"r" * 32), ED25519, MLDSA))
    first, second = note.signatures
    timed = cosign(note.text, ORIGIN, MLDSA, cosigned_at())
    for lines in (
        (first, other.signatures[1]),
        (other.signatures[0], second),
        (first, second, second),
        (first, first, second),
        (first, timed),
    ):
        with pytest.raises(NoteInvalid):
            signers(Note(note.text, lines), KEYS)


def cosigned_at() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)
