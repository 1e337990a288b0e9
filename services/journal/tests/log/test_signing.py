"""What the log signs, with which keys, and what it must extend: also what the world has seen of it."""

from typing import TYPE_CHECKING

import pytest
from journal.log.alarms import Alarms
from journal.log.checkpoints import Checkpoints, ForkRefused, LogSigner, PublishedUnknown
from journal.log.database import Database
from journal.log.records import Records
from proof import tree
from proof.checkpoint import Checkpoint
from proof.note import Note
from proof.signing import signers

if TYPE_CHECKING:
    from conftest import Keys

KEY = {"vkeys": [], "retired": []}


def grow(database: Database, amount: int) -> None:
    for _ in range(amount):
        Records(database).append("key", KEY)


def causes(database: Database) -> list[str]:
    return [alarm["cause"] for alarm in Alarms(database).list()]


def test_a_checkpoint_is_signed_with_both_keys_and_kept_as_it_was_signed(database: Database, keys: "Keys") -> None:
    signer = LogSigner("journal.example/test", keys.file("log"), keys.file("mldsa"))
    checkpoints = Checkpoints(database, signer)
    grow(database, 3)
    sealed = checkpoints.seal()
    assert sealed
    note = Note.parse(sealed.note)
    assert signers(note, signer.keys) == list(signer.keys)
    assert [line.name for line in note.signatures] == [signer.origin] * 2
    # An ML-DSA signature differs each time: another note of the same size would be another that somebody has seen.
    assert checkpoints.seal() == checkpoints.at(3) == sealed


def test_a_key_of_another_type_is_refused_at_the_start(keys: "Keys") -> None:
    with pytest.raises(TypeError, match="not an Ed25519"):
        LogSigner("journal.example/test", keys.file("mldsa"))
    with pytest.raises(TypeError, match="not an ML-DSA-44"):
        LogSigner("journal.example/test", keys.file("log"), keys.file("log"))


def test_nothing_is_signed_while_nobody_knows_what_was_published(database: Database, signer: LogSigner) -> None:
    def away() -> bytes | None:
        raise PublishedUnknown("the copy does not answer")

    grow(database, 1)
    with pytest.raises(PublishedUnknown):
        Checkpoints(database, signer, away).seal()
    assert Checkpoints(database, signer).last() is None
    assert Checkpoints(database, signer, lambda: None).seal()


def test_a_log_that_is_behind_what_was_published_signs_nothing(database: Database, signer: LogSigner) -> None:
    published = signer.sign(2, tree.leaf_hash(b"of a log that was longer"))
    grow(database, 1)
    with pytest.raises(ForkRefused):
        Checkpoints(database, signer, lambda: published).seal()
    assert causes(database) == ["log-forked"]


def test_a_log_that_grew_another_way_than_was_published_signs_nothing(database: Database, signer: LogSigner) -> None:
    published = signer.sign(2, tree.leaf_hash(b"of another log"))
    grow(database, 5)
    for _ in range(2):
        with pytest.raises(ForkRefused):
            Checkpoints(database, signer, lambda: published).seal()
    assert causes(database) == ["log-forked"]
    assert Checkpoints(database, signer).last() is None


def test_what_others_published_in_our_name_is_no_state_to_extend(
    database: Database, signer: LogSigner, keys: "Keys"
) -> None:
    grow(database, 2)
    other = LogSigner(signer.origin, keys.file("vault"))
    sealed = Checkpoints(database, signer).seal()
    assert sealed
    grow(database, 1)
    for foreign in (
        other.sign(2, sealed.root),
        b"nonsense",
        LogSigner("elsewhere", keys.file("log")).sign(2, sealed.root),
    ):
        with pytest.raises(ForkRefused):
            Checkpoints(database, signer, lambda foreign=foreign: foreign).seal()  # type: ignore[misc]


def test_a_log_that_extends_what_was_published_goes_on(database: Database, signer: LogSigner) -> None:
    grow(database, 2)
    sealed = Checkpoints(database, signer).seal()
    assert sealed
    grow(database, 2)
    again = Checkpoints(database, signer, lambda: sealed.note).seal()
    assert again
    assert Checkpoint.parse(Note.parse(again.note).text).size == 4
