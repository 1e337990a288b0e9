"""Public anchors for verifiers to disagree about: promises of a calendar, proofs that lead to blocks, damaged ones."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

from damage import bytes_changed
from proof.block import Block
from proof.bundle import Bundle
from proof.checkpoint import imprint
from proof.note import Note
from proof.ots import BITCOIN, PENDING, SHA256, Attestation, Proof, appended, in_block, prepended, read
from sandbox.calendar.ledger import Ledger
from worlds import NOW

CALENDAR = Ledger()


def promised(note: bytes, nonce: bytes) -> Proof:
    """Submit a checkpoint to the calendar, as the digest of its imprint and a nonce."""
    digest = imprint(Note.parse(note))
    hidden = sha256(digest + nonce).digest()
    answer = read(CALENDAR.submit(hidden, "https://calendar.example", int(NOW.timestamp())), hidden)
    start = Attestation((appended(nonce), SHA256), hidden, b"")
    return Proof(digest, (start,)).continued(start, answer)


def anchored(proof: Proof, at: datetime) -> tuple[Proof, Block]:
    """Mine a block for a promise, and return the proof that leads to it beside the promise."""
    mined = CALENDAR.mine(int(at.timestamp()))
    (promise,) = proof.attestations
    way = read(CALENDAR.timestamp(promise.message or b"") or b"", promise.message or b"")
    whole = proof.continued(promise, way)
    return Proof(proof.digest, (promise, *whole.attestations)), Block(mined.height, mined.header)


def damaged(rng: Random, proof: Proof) -> bytes:
    """Write another proof: with steps that lead elsewhere, that are not followed, or too many of them."""
    choice, (*others, last) = rng.randrange(9), proof.attestations
    if choice == 0:
        last = replace(last, written=BITCOIN + bytes([1, rng.choice([0, 5, 127, 128])]))
    elif choice == 1:
        last = replace(
            last, path=(*last.path, rng.choice([b"\x02", b"\x03", b"\x67", b"\xf2", b"\xf3", b"\x04", SHA256]))
        )
    elif choice == 2:
        last = replace(last, path=(*last.path, *[SHA256] * rng.choice([200, 225, 260])))
    elif choice == 3:
        last = replace(last, path=(*last.path, prepended(rng.randbytes(rng.choice([1, 4064, 4065, 4096])))))
    elif choice == 4:
        last = replace(
            last, written=rng.choice([PENDING + b"\x03\x02a b"[:5], PENDING + b"\x03\x02a:", b"12345678\x01x"])
        )
    elif choice == 5:
        others = [replace(last, written=in_block(rng.choice([0, 900_000, 2**40]))), *others]
    elif choice == 6:
        others = [replace(last, path=(appended(bytes([one])), *last.path)) for one in range(rng.choice([3, 120]))]
    elif choice == 7:
        last = replace(
            last, written=BITCOIN + rng.choice([b"\x03\x80\x80\x00", b"\x08" + b"\xff" * 7 + b"\x7f", b"\x00"])
        )
    else:
        others, last = [], others[0] if others else last
    return Proof(proof.digest, (*others, last)).encode()


def with_anchors(rng: Random, bundle: Bundle) -> tuple[Bundle, list[Block], bool]:
    """Anchor some checkpoints, or let them wait, or damage what anchors them.

    Returns also the blocks to pin, and whether something was damaged.
    """
    anchors, blocks, odd = {}, [], False
    for size, note in bundle.checkpoints.items() if rng.random() < 0.6 else ():
        promise = promised(note, rng.randbytes(16))
        whole, block = anchored(promise, NOW + timedelta(hours=rng.randint(1, 9)))
        blocks += [block] if rng.random() < 0.8 else []
        anchors[size] = promise.encode() if rng.random() < 0.1 else whole.encode()
        if rng.random() < 0.3:
            other = promised(bundle.final, rng.randbytes(16)).encode()
            changed = [other, bytes_changed(rng, whole.encode()), rng.randbytes(rng.choice([0, 5, 33_000]))]
            anchors[size] = rng.choice([*changed, *(damaged(rng, whole) for _ in range(5))])
            odd = True
    if anchors and rng.random() < 0.03:
        anchors |= dict.fromkeys(range(1, rng.choice([3, 30])), next(iter(anchors.values())))
        odd = True
    return replace(bundle, anchors=anchors), blocks, odd
