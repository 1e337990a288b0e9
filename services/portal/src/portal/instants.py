"""Moments that people type: of Paris, to the minute or the second; or a point of the journal."""

import re
from datetime import datetime

from portal.rendering import PARIS, moment

_POINT = re.compile(r"\d{1,16}|checkpoint:\d{1,16}")


def instant(local: str) -> str:
    """Return the instant of a date typed in Paris, an empty text for none or for what is no date."""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=PARIS).isoformat() if local else ""
    except ValueError:
        return ""


def point(typed: str) -> str:
    """Return a point of the journal: a place, `checkpoint:<size>`, or the instant of a date; empty for none."""
    given = typed.strip()
    return given if _POINT.fullmatch(given) else instant(given)


def spoken(typed: str) -> str:
    """Return a point as it is said: au 12 mars 2026 à 14 h 05, à l'écriture n° 408."""
    if not typed:
        return "aujourd'hui"
    if _POINT.fullmatch(typed):
        return (
            f"à l'écriture n° {typed}" if typed.isdecimal() else f"à l'état signé de taille {typed.partition(':')[2]}"
        )
    at = instant(typed)
    return f"au {moment(at)}" if at else "à un autre moment"
