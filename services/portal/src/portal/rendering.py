"""Templates, and how dates, sizes and states are written in French."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from portal import journal_words, letter_words, state_words, words
from portal.api import ApiRefused
from portal.security import PAGE_HEADERS
from portal.sessions import Session

PARIS = ZoneInfo("Europe/Paris")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
UNITS = ("octets", "Ko", "Mo", "Go", "To")
STEP = 1024
GROUP = 4


def environment() -> Environment:
    """Return the templates: everything is escaped, and a name that is not there is an error."""
    loaded = Environment(
        loader=PackageLoader("portal"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    loaded.filters |= {
        "day": day,
        "moment": moment,
        "civil": civil,
        "size": size,
        "iso": iso,
        "typed": typed,
        "state": words.state,
        "person": person,
        "plural": plural,
        "role": words.ROLES.get,
        "zip": zip,
        "scan": words.scan,
        "grouped": grouped,
    }
    loaded.filters |= journal_words.FILTERS
    loaded.filters |= state_words.FILTERS
    loaded.filters |= letter_words.FILTERS
    loaded.globals |= {"asset": asset, "menu": menu, "here": here, "new_key": lambda: str(uuid4())}
    return loaded


class Pages:
    """Answers made of templates."""

    def __init__(self) -> None:
        self._templates = environment()

    def page(  # noqa: PLR0913 - what a page is made of
        self,
        request: Request,
        name: str,
        /,
        *,
        session: Session | None = None,
        refused: ApiRefused | None = None,
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Render a template; a page on which a service `refused` what was sent says why, unless `error` does."""
        who = {"session": session, "me": session.me if session else None, "path": request.url.path}
        said = {"error": words.refusal(refused.code) if refused else None, "code": refused.code if refused else None}
        html = self._templates.get_template(name).render(who | said | values)
        return HTMLResponse(html, refused.status if refused else status, headers={**PAGE_HEADERS, **(headers or {})})

    def names(self) -> list[str]:
        """Return the name of every template."""
        return self._templates.list_templates(extensions=["html"])


def see_other(address: str) -> RedirectResponse:
    """Answer a command that was carried out: its outcome is shown there."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def day(value: str | datetime | None) -> str:
    """Return a date as it is said: 12 mars 2026."""
    if value is None:
        return ""
    local = _local(value)
    return f"{'1er' if local.day == 1 else local.day} {MONTHS[local.month - 1]} {local.year}"


def civil(value: str) -> str:
    """Return a day of the calendar, YYYY-MM-DD, as it is said; it has no time zone."""
    year, month, number = map(int, value.split("-"))
    return f"{'1er' if number == 1 else number} {MONTHS[month - 1]} {year}"


def moment(value: str | datetime | None) -> str:
    """Return a date with its time in Paris: 12 mars 2026 à 14 h 05."""
    if value is None:
        return ""
    local = _local(value)
    return f"{day(local)} à {local.hour} h {local.minute:02}"


def iso(value: str | datetime | None) -> str:
    """Return an instant for machines."""
    return "" if value is None else _local(value).astimezone(UTC).isoformat(timespec="seconds")


def typed(value: str | datetime) -> str:
    """Return an instant as a field of a form holds it: Paris, the minute that follows, so that it is past by then."""
    return (_local(value) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")


def size(octets: int) -> str:
    """Return a size for people, in units of 1,024."""
    amount, unit = float(octets), 0
    while amount >= STEP and unit < len(UNITS) - 1:
        amount, unit = amount / STEP, unit + 1
    if unit == 0:
        return f"{octets} octet{'s' if octets > 1 else ''}"
    return f"{amount:.1f} {UNITS[unit]}".replace(".", ",").replace(",0 ", " ")


def person(who: Mapping[str, Any] | None) -> str:
    """Return the name of a person; an erased one has none."""
    if who is None:
        return "Personne inconnue"
    names = [who.get("first_name"), who.get("last_name")]
    return " ".join(name for name in names if name) or "Personne effacée"


def grouped(text: str, between: str = " ") -> str:
    """Return signs in groups of four, as what is copied is printed."""
    return between.join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def plural(number: int, one: str, several: str) -> str:
    """Return a number with its word: 0 and 1 are singular in French."""
    return f"{number} {several if number > 1 else one}"


MENUS = {
    "client": (("/mes-dossiers", "Mes dossiers"), ("/mon-journal", "Mon journal")),
    "compliance": (("/conformite", "Journal"), ("/verification", "Vérifier une preuve")),
    "staff": (
        ("/dossiers", "Dossiers en cours"),
        ("/dossiers/archives", "Dossiers archivés"),
        ("/lettres", "Recommandés"),
        ("/equipe", "Espace office"),
    ),
}


def menu(me: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the main pages of a person, with what they are called (L-23)."""
    return MENUS["compliance" if me.get("role") == "compliance" else me["kind"]]


def here(path: str, address: str) -> bool:
    """Tell whether a page belongs to an entry of the menu."""
    if address == "/dossiers" and path.startswith("/dossiers/archives"):
        return False
    return path == address or path.startswith(f"{address}/")


@cache
def asset(name: str) -> str:
    """Return the address of a static file; it changes with the content, so it may be kept for ever."""
    content = (files("portal") / "static" / name).read_bytes()
    return f"/static/{name}?v={sha256(content).hexdigest()[:12]}"


def _local(value: str | datetime) -> datetime:
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(PARIS)
