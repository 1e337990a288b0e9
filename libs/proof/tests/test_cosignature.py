import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosignature, Cosigner, Quorum, cosign, cosignatures, gone_back
from proof.note import Note, NoteInvalid, Signature, sign

ORIGIN = "journal.example/test"
TEXT = Checkpoint(ORIGIN, 7, b"r" * 32).text()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

# A witness of the public network; its key is quoted in the tests of github.com/transparency-dev/formats.
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

Private = Ed25519PrivateKey | MLDSA44PrivateKey
PRIVATES: list[Private] = [
    Ed25519PrivateKey.from_private_bytes(b"a" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"b" * 32),
    Ed25519PrivateKey.from_private_bytes(b"c" * 32),
]
NAMES = ["a.example", "b.example", "c.example"]
WITNESSES = [Cosigner.of(name, private) for name, private in zip(NAMES, PRIVATES, strict=True)]


def cosigned(*lines: Signature) -> Note:
    note = sign(TEXT, ORIGIN, Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    return Note.parse(Note(TEXT, (*note.signatures, *lines)).encode())


def line(number: int, at: datetime | None = NOW) -> Signature:
    return cosign(TEXT, NAMES[number], PRIVATES[number], at)


def at(number: int, seconds: int) -> Cosignature:
    return Cosignature(WITNESSES[number], NOW + timedelta(seconds=seconds))


def test_the_key_of_a_public_witness_reads_back_as_written() -> None:
    assert Cosigner.parse(REMORA).vkey == REMORA
    assert [Cosigner.parse(witness.vkey) for witness in WITNESSES] == WITNESSES


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a+b",
        REMORA.replace("da77", "da78"),
        REMORA.replace("remora", "mora"),
        REMORA.replace("remora", "re mora"),
        REMORA.replace("+BOv", "+AOv"),
        REMORA.replace("+BOv", "+BQv"),
        REMORA[:-4],
        WITNESSES[1].vkey[:-4],
    ],
)
def test_a_key_whose_parts_disagree_is_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        Cosigner.parse(vkey)


def test_an_ed25519_cosigner_signs_the_time_and_the_whole_text() -> None:
    made = line(0)
    assert struct.unpack(">Q", made.value[:8]) == (1772366400,)
    signed = f"cosignature/v1\ntime 1772366400\n{TEXT}".encode()
    PRIVATES[0].public_key().verify(made.value[8:], signed)  # raises when it does not


@pytest.mark.parametrize("number", [0, 1])
def test_a_cosignature_binds_its_time_its_text_and_its_key(number: int) -> None:
    value, key = line(number).value, WITNESSES[number]
    assert key.verifies(value, TEXT.encode())
    later = struct.pack(">Q", 1772366401) + value[8:]
    for changed in (later, value[:-1], value[:8], value[:7], b"", value[:-1] + bytes([value[-1] ^ 1])):
        assert not key.verifies(changed, TEXT.encode())
    assert not key.verifies(value, TEXT.replace("7\n", "8\n").encode())
    assert not WITNESSES[number ^ 1].verifies(value, TEXT.encode())


@pytest.mark.parametrize("number", [0, 1])
def test_a_time_that_no_calendar_has_is_refused(number: int) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert cosignatures(cosigned(line(number, last)), WITNESSES) == (Cosignature(WITNESSES[number], last),)
    assert not WITNESSES[number].verifies(b"\xff" * 8 + line(number).value[8:], TEXT.encode())


@pytest.mark.parametrize("private", PRIVATES)
def test_only_a_checkpoint_is_cosigned(private: Private) -> None:
    with pytest.raises(NoteInvalid):
        cosign("hello\n", "a.example", private, NOW)


def test_known_cosigners_are_found_and_strangers_count_for_nothing() -> None:
    stranger = Signature("stranger.example", b"1234", b"x" * 72)
    homonym = Signature(NAMES[0], b"1234", b"x" * 72)
    note = cosigned(line(1), stranger, homonym, line(0, NOW + timedelta(seconds=1.9)))
    assert cosignatures(note, WITNESSES) == (at(1, 0), at(0, 1))
    assert cosignatures(note, []) == ()


@pytest.mark.parametrize(
    "lines",
    [
        [Signature(NAMES[0], WITNESSES[0].id, b"x" * 72)],
        [Signature(NAMES[0], WITNESSES[0].id, b"x")],
        [line(0), line(0)],
        [line(0), line(0, NOW + timedelta(seconds=1))],
        [line(0, None)],
        [line(1, None)],
    ],
)
def test_a_known_cosigner_that_is_wrong_makes_the_note_invalid(lines: list[Signature]) -> None:
    with pytest.raises(NoteInvalid, match="cosignature of"):
        cosignatures(cosigned(*lines), WITNESSES)


def test_a_quorum_is_met_by_enough_of_its_members() -> None:
    two = Quorum(2, tuple(WITNESSES))
    assert not two.met_by(WITNESSES[:1])
    assert not two.met_by([WITNESSES[0], WITNESSES[0]])
    assert not two.met_by([WITNESSES[0], Cosigner.parse(REMORA)])
    assert two.met_by(WITNESSES[1:])
    assert two.met_by([*WITNESSES, Cosigner.parse(REMORA)])


def test_a_quorum_of_groups_asks_for_somebody_outside() -> None:
    inside, outside = Quorum(2, tuple(WITNESSES)), Cosigner.parse(REMORA)
    both = Quorum(2, (inside, outside))
    assert not both.met_by(WITNESSES)
    assert not both.met_by([WITNESSES[0], outside])
    assert both.met_by([*WITNESSES[:2], outside])
    assert both.cosigners() == [*WITNESSES, outside]


def test_a_quorum_is_reached_by_the_cosignature_that_completes_it() -> None:
    two = Quorum(2, tuple(WITNESSES))
    assert two.reached([at(2, 30), at(0, 10), at(1, 20)]) == NOW + timedelta(seconds=20)
    assert two.reached([at(2, 30), at(2, 10)]) is None
    assert two.reached([]) is None


@pytest.mark.parametrize("threshold", [-1, 0, 4])
def test_a_quorum_asks_for_somebody_and_for_nobody_absent(threshold: int) -> None:
    with pytest.raises(ValueError, match="quorum"):
        Quorum(threshold, tuple(WITNESSES))


def test_a_cosigner_counts_once_in_a_quorum_under_any_name() -> None:
    again = Cosigner("again.example", WITNESSES[0].type, WITNESSES[0].public)
    with pytest.raises(ValueError, match="once"):
        Quorum(1, (WITNESSES[0], Quorum(1, (again,))))


def test_cosigners_whose_clocks_only_advance_are_believed() -> None:
    history = [(8, [at(0, 10), at(1, 50)]), (5, [at(0, 5), at(1, 50)]), (5, [at(0, 3)]), (9, [at(2, 0)])]
    assert gone_back(history) == []


def test_a_cosigner_that_saw_the_larger_checkpoint_first_contradicts_itself() -> None:
    assert gone_back([(5, [at(0, 5), at(1, 5)]), (8, [at(0, 4), at(1, 6)])]) == [(8, NAMES[0])]
    again = [(5, [at(0, 5)]), (5, [at(0, 20)]), (8, [at(0, 10)])]
    assert gone_back(again) == [(8, NAMES[0])]
    assert gone_back([(9, [at(0, 9)]), (5, [at(0, 20)]), (7, [at(0, 8)])]) == [(7, NAMES[0]), (9, NAMES[0])]
