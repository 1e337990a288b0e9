"""Whether the log here holds all that was published: a database that was restored from a copy first is behind."""

from collections.abc import Callable

from journal.log.checkpoints import PublishedUnknown
from journal.log.database import Database, log_size


class CaughtUp:
    """Tells it; once it is so it stays so, as long as the process lives."""

    def __init__(self, database: Database, published: Callable[[], int]) -> None:
        """Compare with what `published` returns, a size; while it raises PublishedUnknown the log is not caught up."""
        self._database = database
        self._published = published
        self._reached = False

    def __call__(self) -> bool:
        """Return whether what is appended now continues what the world knows."""
        if not self._reached:
            try:
                size = self._published()
            except PublishedUnknown:
                return False
            with self._database.transaction() as connection:
                self._reached = log_size(connection) >= size
        return self._reached
