"""What a log sends to a witness, and the answers other than a cosignature (c2sp.org/tlog-witness, add-checkpoint)."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from proof.checkpoint import Checkpoint, parse_hashes
from proof.note import MAX_NOTE, Note, NoteInvalid

MAX_HASHES = 63
MAX_BODY = MAX_NOTE + 4096  # bytes; the lines before the checkpoint take 2,862 at most

_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


class Refused(Exception):
    """No cosignature; the text is for whoever reads the log's errors."""

    status: ClassVar[int] = 400


class Malformed(Refused):
    """The body is not a submission."""


class Untrusted(Refused):
    """No trusted key of the log signed, or a line under one of them does not verify."""

    status = 403


class UnknownLog(Refused):
    """The witness does not follow this log."""

    status = 404


class OtherSize(Refused):
    """The old size is not what was cosigned last; `held` is."""

    status = 409

    def __init__(self, held: int) -> None:
        super().__init__(f"the latest cosigned size is {held}")
        self.held = held


class Inconsistent(Refused):
    """The log signed a checkpoint that is not shown to extend what was cosigned last."""

    status = 422


class Forked(Inconsistent):
    """The log signed another root for the size that was cosigned last."""


class ClockBehind(Refused):
    """The clock shows an earlier time than a cosignature already says: no true statement can be made now."""

    status = 503


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the proof that it extends the log's first `old` entries; nothing is verified yet."""

    old: int
    hashes: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the body of a request; raises Malformed."""
        head, _, rest = body.partition(b"\n\n")
        try:
            first, _, lines = (head.decode("ascii") + "\n").partition("\n")
            old = _OLD.fullmatch(first)
            hashes = tuple(parse_hashes(lines))
            note = Note.parse(rest)
            checkpoint = Checkpoint.parse(note.text)
        except (NoteInvalid, UnicodeDecodeError) as error:
            raise Malformed(str(error)) from error
        if old is None or len(hashes) > MAX_HASHES:
            raise Malformed(f"the body begins with `old`, a size and at most {MAX_HASHES} hashes")
        if int(old[1]) > checkpoint.size:
            raise Malformed("the old size is larger than the checkpoint's")
        return cls(int(old[1]), hashes, note, checkpoint)
