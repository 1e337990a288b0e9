import base64
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof import mldsa
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, cosign, read_key
from proof.note import Key, Note, NoteInvalid, sign

ORIGIN = "journal.example/test"
TEXT = Checkpoint(ORIGIN, 20852163, b"r" * 32).text()
PRIVATE = MLDSA44PrivateKey.from_seed_bytes(b"s" * 32)


def test_the_signed_message_is_laid_out_as_the_specification_says() -> None:
    laid_out = b"".join(
        [
            b"subtree/v1\n\0",
            bytes([9]),
            b"a.example",
            struct.pack(">Q", 1679315147),
            bytes([len(ORIGIN)]),
            ORIGIN.encode(),
            struct.pack(">Q", 0),
            struct.pack(">Q", 20852163),
            b"r" * 32,
        ]
    )
    assert mldsa.message("a.example", 1679315147, TEXT) == laid_out


@pytest.mark.parametrize(("name", "text"), [("", TEXT), ("é" * 128, TEXT), ("a", TEXT + "more\n"), ("a", "hello\n")])
def test_what_has_no_message_is_refused(name: str, text: str) -> None:
    with pytest.raises(NoteInvalid):
        mldsa.message(name, 0, text)
    with pytest.raises(NoteInvalid):
        mldsa.message("a", 0, Checkpoint("o" * 256, 1, b"r" * 32).text())


def test_a_signature_verifies_under_its_key_and_no_other() -> None:
    public = PRIVATE.public_key().public_bytes_raw()
    signature = mldsa.sign(PRIVATE, b"data")
    assert (len(public), len(signature)) == (mldsa.KEY_SIZE, mldsa.SIGNATURE_SIZE)
    assert mldsa.verify(public, signature, b"data")
    assert not mldsa.verify(public, signature, b"Data")
    assert not mldsa.verify(public, signature[:-1], b"data")
    other = MLDSA44PrivateKey.from_seed_bytes(b"t" * 32).public_key().public_bytes_raw()
    assert not mldsa.verify(other, signature, b"data")


def test_a_log_signs_a_second_line_that_says_no_time() -> None:
    ed25519 = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    note = sign(TEXT, ORIGIN, ed25519)
    note = Note(TEXT, (*note.signatures, cosign(TEXT, ORIGIN, PRIVATE, None)))
    read = Note.parse(note.encode())
    assert read.signatures[1].value[:8] == bytes(8)
    key = Cosigner.of(ORIGIN, PRIVATE)
    assert key.verifies(read.signatures[1].value, TEXT.encode())
    assert not key.verifies(read.signatures[1].value, TEXT.replace("20852163", "20852164").encode())
    assert not Cosigner("other.example", key.type, key.public).verifies(read.signatures[1].value, TEXT.encode())
    assert read.signed_by([Key.of(ORIGIN, ed25519)]) == [Key.of(ORIGIN, ed25519)]


def test_a_logs_key_is_read_by_its_type() -> None:
    ed25519, post_quantum = Key(ORIGIN, b"p" * 32), Cosigner.of(ORIGIN, PRIVATE)
    assert read_key(ed25519.vkey) == ed25519
    assert read_key(post_quantum.vkey) == post_quantum
    witness = Cosigner.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"w" * 32))
    for vkey in (witness.vkey, "", "a+b+" + base64.b64encode(b"\x06").decode()):
        with pytest.raises(NoteInvalid):
            read_key(vkey)
