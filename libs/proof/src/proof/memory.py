"""What a verifier remembers between verifications, and the evidence that a log showed two histories."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from proof.bundle import BundleMalformed
from proof.canonical import NotCanonical, canonical, parse
from proof.merkle import known_checkpoint, read_checkpoint
from proof.note import NoteInvalid
from proof.policy import Policy
from proof.reading import decode

FORMAT = "scelle-memory/1"
EVIDENCE = "scelle-fork-evidence/1"


class MemoryInvalid(ValueError):
    """The file is not a memory that was written here."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Signed checkpoints that were verified before, one for each origin and size."""

    notes: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a memory; raises MemoryInvalid."""
        try:
            value = parse(data)
            if not isinstance(value, dict) or value.keys() != {"format", "notes"} or value["format"] != FORMAT:
                raise MemoryInvalid("the file is not a memory of checkpoints")
            memory = cls(tuple(note.encode() for note in value["notes"]))
            places = {_place(note) for note in memory.notes}
        except (NotCanonical, NoteInvalid, AttributeError, TypeError) as error:
            raise MemoryInvalid(f"the file is not a memory of checkpoints: {error}") from error
        if len(places) < len(memory.notes):
            raise MemoryInvalid("a checkpoint is remembered twice")
        return memory

    def encode(self) -> bytes:
        """Write the memory."""
        return canonical({"format": FORMAT, "notes": [note.decode() for note in self.notes]})

    def of(self, origin: str) -> list[bytes]:
        """Return the notes of one log."""
        return [note for note in self.notes if read_checkpoint(note).origin == origin]

    def adding(self, note: bytes) -> Self:
        """Remember one more note, unless one of its origin and size is remembered."""
        if _place(note) in {_place(one) for one in self.notes}:
            return self
        return replace(self, notes=(*self.notes, note))


def evidence(data: bytes, known: Sequence[bytes], policy: Policy) -> bytes | None:
    """Return the proof that the log signed two histories: a known note and the bundle's, of one size and two roots.

    None when there is no such pair. Raises NoteInvalid for a known note that the log did not sign.
    """
    try:
        bundle = decode(data)
    except BundleMalformed:
        return None
    for first in known:
        held = known_checkpoint(first, policy)
        second = bundle.checkpoints.get(held.size)
        if second is not None and read_checkpoint(second) != held and _signed(second, policy):
            texts = {"first": first.decode(), "origin": held.origin, "second": second.decode()}
            return canonical(texts | {"format": EVIDENCE})
    return None


def _signed(note: bytes, policy: Policy) -> bool:
    try:
        known_checkpoint(note, policy)
    except NoteInvalid:
        return False
    return True


def _place(note: bytes) -> tuple[str, int]:
    checkpoint = read_checkpoint(note)
    return checkpoint.origin, checkpoint.size
