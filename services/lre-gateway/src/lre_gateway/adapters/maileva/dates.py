"""The provider's dates: ISO 8601 with a zone."""

from datetime import UTC, datetime


def instant_of(text: object) -> datetime | None:
    """Read a date; an empty one is none, one without a zone is UTC (inferred).

    Raises:
        ValueError: it is no date.

    """
    if text is None or not str(text).strip():
        return None
    instant = datetime.fromisoformat(str(text).strip())
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
