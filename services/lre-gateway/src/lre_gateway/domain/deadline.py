"""How long a recipient has to answer (CPCE R53-3; decree 2020-834 for electronic notices).

Notified on day D in Paris: the first day is D+1, the last one D+15 (D+21 for a notice), until midnight in Paris.
Indicative: only the provider says that a letter was not claimed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lre_gateway.domain.vocabulary import Level

PARIS = ZoneInfo("Europe/Paris")
DAYS = {Level.QUALIFIED_LRE: 15, Level.SIMPLE_ERDS: 15, Level.COPRO_NOTICE: 21}
"""Days in the window; paper waits at a post office, which tells us nothing."""
NEAR_DAYS = 3
OVERDUE_DAYS = 2
"""How long after the end the provider's fact may take before a person should look."""


@dataclass(frozen=True, slots=True)
class Window:
    """The end of the window and the moments at which something is said about it; UTC."""

    closes: datetime
    near: datetime
    overdue: datetime


def window(notified: datetime, level: Level) -> Window | None:
    """Return the window of a letter notified at an instant; None where there is none."""
    if level not in DAYS:
        return None
    last = notified.astimezone(PARIS).date() + timedelta(days=DAYS[level])
    after = last + timedelta(days=1)
    return Window(
        closes=_midnight(after),
        near=_midnight(after - timedelta(days=NEAR_DAYS)),
        overdue=_midnight(after + timedelta(days=OVERDUE_DAYS)),
    )


def _midnight(day: date) -> datetime:
    """Return the first instant of a day in Paris: no day there begins at a change of clocks."""
    return datetime.combine(day, time.min, tzinfo=PARIS).astimezone(UTC)
