"""The provider's clock, which may be moved, and Paris time as AR24 writes it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.ar24.truth.store import Store

PARIS = ZoneInfo("Europe/Paris")
_FORMAT = "%Y-%m-%d %H:%M:%S"
_OFFSET = "clock-offset"


class Clock:
    """Real time plus an offset in seconds, kept in the store; while jobs run it may stand still at their instants."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = timedelta(seconds=float(store.setting(_OFFSET) or 0))
        self._still: datetime | None = None

    def real(self) -> datetime:
        """Return the time of the machine."""
        return datetime.now(UTC)

    def now(self) -> datetime:
        """Return the time at the provider."""
        return self._still or self.real() + self._offset

    def set(self, now: datetime) -> None:
        """Make the provider's time `now`; it goes on at the pace of the machine's."""
        self._offset = now - self.real()
        self._store.set(_OFFSET, str(self._offset.total_seconds()))

    def follow(self) -> None:
        """Show the time of the machine again."""
        self._offset = timedelta()

    def stand_still(self, at: datetime | None) -> None:
        """Show `at` until told otherwise, so that what was due earlier is dated when it was due."""
        self._still = at


def written(at: datetime | None) -> str | None:
    """Write an instant as the wall clock of Paris, to the second, without its zone."""
    return None if at is None else at.astimezone(PARIS).strftime(_FORMAT)


def instants(text: str) -> list[datetime]:
    """Return the instants that a wall-clock time of Paris may mean: two in the repeated hour of October.

    Raises:
        ValueError: it is not of the form YYYY-MM-DD HH:mm:ss.

    """
    naive = datetime.strptime(text, _FORMAT)  # noqa: DTZ007 - the zone is added below
    if naive.strftime(_FORMAT) != text:
        raise ValueError("two digits each")
    both = {naive.replace(tzinfo=PARIS, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(both)


def midnight_after(at: datetime, days: int) -> datetime:
    """Return the end, in Paris, of the `days`-th day that follows the day of `at`."""
    day = at.astimezone(PARIS).date() + timedelta(days=days + 1)
    return datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)
