"""Whether the log here holds all that was published: a database that was restored from a copy first is behind."""

from collections.abc import Callable

from journal.log.checkpoints import PublishedUnknown
from journal.log.database import Database, log_size


class CaughtUp:
    """Tells it; once it is so it stays so, until the log is shorter than it was: somebody put a copy in its place."""

    def __init__(self, database: Database, published: Callable[[], int]) -> None:
        """Compare with what `published` returns, a size; while it raises PublishedUnknown the log is not caught up."""
        self._database = database
        self._published = published
        self._reached = False
        self._seen = 0

    def __call__(self) -> bool:
        """Return whether what is appended now continues what the world knows."""
        with self._database.transaction() as connection:
            size = log_size(connection)
        set_back, self._seen = size < self._seen, size
        if set_back or not self._reached:
            try:
                self._reached = size >= self._published()
            except PublishedUnknown:
                self._reached = False
        return self._reached
