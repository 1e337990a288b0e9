"""What the world has of the log: the largest checkpoint in the copy that nobody can change."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable

from chassis.logging import get_logger
from chassis.metrics import Reading, Watched
from chassis.process import rest
from proof.checkpoint import Checkpoint
from proof.note import Note, NoteInvalid

from journal.attest.layout import LATEST, NOTES, note_name, size_of
from journal.attest.s3 import Bucket, StorageAway
from journal.log.catchup import CaughtUp
from journal.log.checkpoints import PublishedUnknown
from journal.log.database import Database

AGAIN_SECONDS = 5.0  # before a server that did not answer is asked again
WAIT_SECONDS = 1.0

Task = Callable[[asyncio.Event], Awaitable[None]]


class Published:
    """Asks the copy for its largest checkpoint, and remembers the last one known; safe to share between threads.

    An object under Object Lock cannot go, but it can be hidden by a deletion or by a newer version: its first version
    is what counts.
    """

    def __init__(self, worm: Bucket, tiles: Bucket) -> None:
        self._worm, self._tiles = worm, tiles
        self._known: tuple[str, bytes] | None = None
        self._ignored: set[str] = set()
        self._asked = False
        self._again = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> bytes | None:
        """Return the note; None when nothing was ever published. Raises PublishedUnknown before the first answer."""
        with self._lock:
            if time.monotonic() >= self._again:
                try:
                    self._look()
                except StorageAway as error:
                    self._again = time.monotonic() + AGAIN_SECONDS
                    get_logger().warning("published-state-away", cause=str(error))
            if not self._asked:
                raise PublishedUnknown("the copy was not reached yet")
            return self._known[1] if self._known else None

    def size(self) -> int:
        """Return how many leaves the published checkpoint covers; raises as the call does, and NoteInvalid."""
        note = self()
        return size_in(note) if note else 0

    def _look(self) -> None:
        found = self._after(self._known[0] if self._known else self._hint())
        if found is None and not self._asked:
            found = self._after("")
        self._known, self._asked = found or self._known, True

    def _hint(self) -> str:
        """Return the name that the largest note cannot be far above; the listing to the end makes it safe."""
        latest = self._tiles.get(LATEST)
        size = _size(latest) if latest else None
        return note_name(size - 1) if size else ""

    def _after(self, name: str) -> tuple[str, bytes] | None:
        """Return the largest note above a name; whether the log signed it is for whoever asks to say."""
        for one in reversed(self._worm.histories(NOTES, name)):
            size = size_of(one.name)
            if size is None or one.name in self._ignored or not one.versions:
                continue
            note = self._worm.get(one.name, one.versions[0])
            if note is None:
                raise StorageAway(one.name)
            if _size(note) == size:
                return one.name, note
            self._ignored.add(one.name)
            get_logger().error("no-note-under-this-name")
        return None


def _size(note: bytes) -> int | None:
    try:
        return size_in(note)
    except NoteInvalid:
        return None


def size_in(note: bytes) -> int:
    """Return the size that a note says; raises NoteInvalid."""
    return Checkpoint.parse(Note.parse(note).text).size


def caught_up(database: Database, published: Published, task: Task) -> Task:
    """Return `task`, begun once the log here holds what was published.

    Whatever is added to a log that a restore has set back stands where the world knows other leaves, and then nothing
    can recover it.
    """
    return _OnceCaughtUp(CaughtUp(database, published.size), task)


class _OnceCaughtUp:
    """Waits, then does what the task does; tells meanwhile what the task tells."""

    def __init__(self, reached: CaughtUp, task: Task) -> None:
        self._reached = reached
        self._task = task

    async def __call__(self, stop: asyncio.Event) -> None:
        said = False
        while not stop.is_set():
            if await asyncio.to_thread(self._reached):
                await self._task(stop)
                return
            if not said:
                get_logger().warning("behind-the-published-log")
                said = True
            await rest(stop, WAIT_SECONDS)

    def readings(self) -> Iterable[Reading]:
        return self._task.readings() if isinstance(self._task, Watched) else ()
