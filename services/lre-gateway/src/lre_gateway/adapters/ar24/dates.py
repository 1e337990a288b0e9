"""The provider's dates: the wall clock of Paris, without a zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FORMAT = "%Y-%m-%d %H:%M:%S"
_NONE = "0000-00-00"
"""How a database of the provider's kind writes that there is no date."""


def paris(instant: datetime) -> str:
    """Write an instant as the provider does."""
    return instant.astimezone(PARIS).strftime(FORMAT)


def instant_of(text: object, *, after: datetime | None = None) -> datetime | None:
    """Read a date of the provider; an empty one is none.

    Between two and three on the last Sunday of October a date names two instants: it is the earlier one, unless that
    lies before `after`, which is known to have come first.

    Raises:
        ValueError: it is no date.

    """
    if text is None or not str(text).strip() or str(text).startswith(_NONE):
        return None
    wall = datetime.strptime(str(text).strip(), FORMAT).replace(tzinfo=PARIS)
    earlier = wall.astimezone(UTC)
    later = wall.replace(fold=1).astimezone(UTC)
    return later if after is not None and earlier < after <= later else earlier
