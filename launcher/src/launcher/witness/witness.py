"""The witness: what it asks of a checkpoint before it cosigns."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Self

from proof.cosignature import Cosigner, cosign
from proof.note import Key, Note
from proof.tree import EMPTY_ROOT, verify_consistency

from launcher.witness.config import Config
from launcher.witness.keys import Private, read
from launcher.witness.memory import Cosigned, Memory
from launcher.witness.submission import (
    ClockBehind,
    Forked,
    Inconsistent,
    OtherSize,
    Refused,
    Submission,
    UnknownLog,
    Untrusted,
)

LOG = logging.getLogger(__name__)


class Witness:
    """Cosigns for the logs that it follows, each of which only ever grows under its eyes."""

    def __init__(
        self,
        name: str,
        privates: Sequence[Private],
        logs: Mapping[str, Sequence[Key | Cosigner]],
        memory: Memory,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sign as `name` for `logs`, origins with their keys; `clock` gives POSIX seconds."""
        self.name = name
        self.logs = logs
        self._privates = privates
        self._memory = memory
        self._clock = clock

    @classmethod
    def of(cls, config: Config) -> Self:
        """Open the keys and the database of a configuration; raises StackError."""
        keys = {log.origin: log.keys() for log in config.logs}
        return cls(config.name, read(config), keys, Memory(config.database))

    def follow(self, config: Config) -> None:
        """Follow the logs of a configuration that was read again, with the keys that it names."""
        self.logs = {log.origin: log.keys() for log in config.logs}

    def close(self) -> None:
        """Close the database."""
        self._memory.close()

    def cosign(self, bodies: Iterable[bytes]) -> list[bytes | Refused]:
        """Answer the bodies of add-checkpoint requests, in this order, each with our lines or with why there are none.

        They are remembered together, when this returns. Raises sqlite3.Error when they cannot be.
        """
        asked = [self._read(body) for body in bodies]
        refused = [one for one in asked if isinstance(one, Refused)]
        if len(refused) == len(asked):
            return [*refused]
        with self._memory.transaction():
            return [one if isinstance(one, Refused) else self._answer(*one) for one in asked]

    def latest(self, origin: str) -> bytes | None:
        """Return the latest checkpoint of a log with our cosignatures, None if nothing was ever cosigned."""
        return self._memory.latest(origin).note or None

    def _read(self, body: bytes) -> tuple[Submission, Note] | Refused:
        try:
            asked = Submission.parse(body)
            keys = self.logs.get(asked.checkpoint.origin)
            if keys is None:
                raise UnknownLog("this log is not followed here")
            return asked, _signed(asked.note, keys)
        except Refused as refused:
            return refused

    def _answer(self, asked: Submission, own: Note) -> bytes | Refused:
        origin = asked.checkpoint.origin
        held = self._memory.latest(origin)
        try:
            new = self._next(asked, own, held)
        except Forked as fork:
            self._memory.keep_fork(origin, asked.checkpoint.root, own.encode(), held)
            LOG.warning("%s: the log %s signed two roots of size %d", self.name, origin, held.size)
            return fork
        except Refused as refused:
            return refused
        self._memory.put(origin, new)
        return new.note.removeprefix(own.encode())

    def _next(self, asked: Submission, own: Note, held: Cosigned) -> Cosigned:
        """Return what will have been cosigned after `held`; raises Refused."""
        new = asked.checkpoint
        if asked.old != held.size:
            raise OtherSize(held.size)
        if held.note and new.size == held.size and new.root != held.root:
            raise Forked("the root of this size is another one")
        if new.size == 0 and new.root != EMPTY_ROOT:
            raise Inconsistent("the root of the empty tree is another one")
        if not verify_consistency(held.size, new.size, held.root, new.root, asked.hashes):
            raise Inconsistent("the consistency proof does not verify")
        # Read inside the transaction: the times of our cosignatures grow with the sizes.
        now = int(self._clock())
        if now < held.at:
            raise ClockBehind("the clock of the witness is behind; try again later")
        at = datetime.fromtimestamp(now, UTC)
        lines = (cosign(asked.note.text, self.name, private, at) for private in self._privates)
        return Cosigned(new.size, new.root, now, Note(own.text, (*own.signatures, *lines)).encode())


def _signed(note: Note, keys: Sequence[Key | Cosigner]) -> Note:
    """Return the note with no other lines than those of the keys; raises Untrusted."""
    known = {(key.name, key.id): key for key in keys}
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) in known)
    if not lines:
        raise Untrusted("no trusted key of the log signed")
    if len({(line.name, line.key_id) for line in lines}) != len(lines):
        raise Untrusted("a key of the log signed twice")
    text = note.text.encode()
    if not all(known[line.name, line.key_id].verifies(line.value, text) for line in lines):
        raise Untrusted("a signature of the log does not verify")
    return Note(note.text, lines)
