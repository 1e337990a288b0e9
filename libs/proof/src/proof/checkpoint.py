"""Checkpoints (c2sp.org/tlog-checkpoint) and single proofs (c2sp.org/tlog-proof): what a log says of its tree."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from proof.note import Note, NoteInvalid, Signature, decode
from proof.tree import HASH_SIZE

MAX_PROOF = 64  # hashes; a path is never longer than the bits of a size

_HEADER = "c2sp.org/tlog-proof@v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first `size` entries of the log `origin` have this root."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text; raises NoteInvalid. Extension lines are refused: nobody could audit them."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines and the end of the last
            raise NoteInvalid("a checkpoint has exactly three lines")
        origin, size, root = lines[:3]
        return cls(origin, _number(size), _hash(root))

    def text(self) -> str:
        """Write the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def stamped(note: Note) -> bytes:
    """Return the bytes that are timestamped and anchored: the note with no other signature lines than the log's own.

    These are its text, the blank line and, in their order, the lines whose name is the first line of the text; so
    cosignatures may be added afterwards.
    """
    return Note(note.text, own_lines(note)).encode()


def own_lines(note: Note) -> tuple[Signature, ...]:
    """Return the signature lines under the name of the log."""
    origin = note.text.partition("\n")[0]
    return tuple(line for line in note.signatures if line.name == origin)


def imprint(note: Note) -> bytes:
    """Hash what is timestamped and anchored."""
    return hashlib.sha256(stamped(note)).digest()


def format_hashes(hashes: Sequence[bytes]) -> str:
    """Write hashes one per line, as proofs do."""
    return "".join(base64.b64encode(digest).decode() + "\n" for digest in hashes)


def parse_hashes(text: str) -> list[bytes]:
    """Read hashes one per line; raises NoteInvalid."""
    if text and not text.endswith("\n"):
        raise NoteInvalid("the last line does not end")
    lines = text.split("\n")[:-1]
    if len(lines) > MAX_PROOF:
        raise NoteInvalid(f"a proof has at most {MAX_PROOF} hashes")
    return [_hash(line) for line in lines]


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """One entry's place under one checkpoint, whose signed note it carries verbatim."""

    index: int
    hashes: tuple[bytes, ...]
    note: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a tlog-proof without extra data; raises NoteInvalid."""
        head, _, note = data.partition(b"\n\n")
        try:
            header, _, rest = (head.decode() + "\n").partition("\n")
        except UnicodeDecodeError as error:
            raise NoteInvalid("the proof is not UTF-8") from error
        index, _, hashes = rest.partition("\n")
        if header != _HEADER or not index.startswith("index "):
            raise NoteInvalid("the proof does not begin as a tlog-proof")
        return cls(_number(index.removeprefix("index ")), tuple(parse_hashes(hashes)), note)

    def encode(self) -> bytes:
        """Write the proof."""
        return f"{_HEADER}\nindex {self.index}\n{format_hashes(self.hashes)}\n".encode() + self.note


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise NoteInvalid("not a decimal number without leading zero")
    return int(text)


def _hash(text: str) -> bytes:
    raw = decode(text)
    if len(raw) != HASH_SIZE:
        raise NoteInvalid(f"a hash has {HASH_SIZE} bytes")
    return raw
