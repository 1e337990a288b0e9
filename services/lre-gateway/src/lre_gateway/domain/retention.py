"""How long the files of letters are kept: as the office chose, counted from the end of each letter."""

from datetime import datetime, timedelta


def kept_until(ended_at: datetime, years: int) -> datetime:
    """Return the instant from which a letter need not be kept; a year that has no 29 February ends a day later."""
    try:
        return ended_at.replace(year=ended_at.year + years)
    except ValueError:
        return ended_at.replace(year=ended_at.year + years, day=28) + timedelta(days=1)
