"""The words of messages: each template is one file, from which both the text and the HTML are made.

The first line is the subject. Blocks are separated by empty lines: paragraphs, lists (`- `), a list with one entry for
each line of a value (`* $name`), quotations (`> `) and one
button (`=> label : $url`). The structure is read before the values are put in, and values are escaped: nobody's name
makes a link.
"""

import html
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from string import Template as Words

from messaging.application.reminding import PARIS
from messaging.domain.notification import Template

FOLDER = Path(__file__).parent / "templates"
STYLE = "font-family:system-ui,sans-serif;font-size:16px;line-height:1.5;color:#1b1b1f;max-width:36em;margin:2em auto"
BUTTON = (
    "display:inline-block;padding:.7em 1.2em;background:#1f3a5f;color:#ffffff;text-decoration:none;border-radius:4px"
)


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
CALLED = ("étude ", "office ")
AMOUNTS = {
    Template.DOCUMENTS_REQUESTED: ("document demandé", "documents demandés"),
    Template.DOCUMENT_DEPOSITED: ("document déposé", "documents déposés"),
    Template.DOCUMENT_VALIDATED: ("document validé", "documents validés"),
    Template.MESSAGE_RECEIVED: ("nouveau message", "nouveaux messages"),
    Template.DEADLINE_PASSED: ("échéance dépassée", "échéances dépassées"),
}


class FileTemplates:
    """The templates of application.ports, in French."""

    def render(self, template: Template, values: Mapping[str, str]) -> tuple[str, str, str]:
        """Return subject, text and HTML; raise KeyError if a value is missing."""
        values = {**values, **_as_part_of_a_sentence(values.get("office", ""))}
        subject, *blocks = (FOLDER / f"{template}.txt").read_text(encoding="utf-8").strip().split("\n\n")
        subject = Words(subject).substitute({name: " ".join(value.split()) for name, value in values.items()})
        text = "\n\n".join(_text(block, values) for block in blocks)
        body = "\n".join(_html(block, values) for block in blocks)
        page = f'<!doctype html>\n<html lang="fr"><body style="{STYLE}">\n{body}\n</body></html>\n'
        return subject, f"{text}\n", page

    def amount(self, template: Template, number: int) -> str:
        """Return how many there are: 0 and 1 are singular in French."""
        one, several = AMOUNTS[template]
        return f"{number} {several if number > 1 else one}"

    def day(self, day: str) -> str:
        """Return a day of the calendar: 20 mars 2026."""
        year, month, number = map(int, day.split("-"))
        return f"{'1er' if number == 1 else number} {MONTHS[month - 1]} {year}"

    def moment(self, instant: str) -> str:
        """Return an instant by the clocks of Paris: 20 mars 2026 à 14 h 05."""
        local = datetime.fromisoformat(instant).astimezone(PARIS)
        return f"{self.day(local.date().isoformat())} à {local.hour} h {local.minute:02}"


def _as_part_of_a_sentence(office: str) -> dict[str, str]:
    """Return the name of an office with its article: "l'étude" is said once, also where the name begins with it."""
    the_office = f"l'{office}" if office.lower().startswith(CALLED) else f"l'étude {office}"
    return {"the_office": the_office, "The_office": f"L{the_office[1:]}"}


def _text(block: str, values: Mapping[str, str]) -> str:
    if block.startswith("> "):
        quoted = Words(block.removeprefix("> ")).substitute(values)
        return "\n".join(f"> {line}" for line in quoted.splitlines())
    if block.startswith("* "):
        lines = Words(block.removeprefix("* ")).substitute(values).splitlines()
        return "\n".join(f"- {line}" for line in lines)
    return Words(block.removeprefix("=> ")).substitute(values)


def _html(block: str, values: Mapping[str, str]) -> str:
    if block.startswith("=> "):
        label, _, url = block.removeprefix("=> ").rpartition(" : ")
        return f'<p><a href="{_filled(url, values)}" style="{BUTTON}">{_filled(label, values)}</a></p>'
    if block.startswith("> "):
        return f"<blockquote>{_filled(block.removeprefix('> '), values)}</blockquote>"
    if block.startswith("* "):
        lines = _filled(block.removeprefix("* "), values).split("<br>")
        return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"
    if block.startswith("- "):
        items = "".join(f"<li>{_filled(line.removeprefix('- '), values)}</li>" for line in block.splitlines())
        return f"<ul>{items}</ul>"
    return f"<p>{_filled(' '.join(block.splitlines()), values)}</p>"


def _filled(words: str, values: Mapping[str, str]) -> str:
    escaped = {name: html.escape(value).replace("\n", "<br>") for name, value in values.items()}
    return Words(html.escape(words)).substitute(escaped)
