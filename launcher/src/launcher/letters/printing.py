"""What these verbs print: one line for each thing in French, or one JSON object; progress goes to stderr."""

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lre_gateway.domain.words import STATES

PARIS = ZoneInfo("Europe/Paris")
WIDTH = 30  # signs of the progress bar
Json = dict[str, Any]

OUTCOMES = {
    "released": "validée",
    "submitted": "envoyée",
    "pending": "part dans un instant",
    "refused": "code refusé",
    "unknown": "à vérifier",
    "not-waiting": "n'attend pas de code",
}


def show(options: argparse.Namespace, value: Json, lines: Iterable[str]) -> None:
    """Print `value` as one JSON object, or the lines."""
    if options.json:
        lines = [json.dumps(value, ensure_ascii=False)]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def letter(found: Json) -> str:
    """Return the line of a letter."""
    recipient = found.get("recipient") or "destinataire effacé"
    return f"{found['id']}  {moment(found['prepared_at'])}  {found['state_name']:<26}  {recipient}"


def word(state: str) -> str:
    """Return what people call a state; one that this version does not know keeps its name."""
    return {known.value: said for known, said in STATES.items()}.get(state, state)


def moment(text: str | None) -> str:
    """Return an instant as it was in Paris."""
    if text is None:
        return "-" * 10 + " " * 6
    return datetime.fromisoformat(text).astimezone(PARIS).strftime("%d/%m/%Y %H:%M")


class Progress:
    """A bar on a terminal; elsewhere a line whenever something has moved. It never goes back."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._done = -1
        self._live = sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        """Say that `done` of `total` are done."""
        if done <= self._done:
            return
        self._done = done
        if self._live:
            filled = WIDTH * done // max(total, 1)
            sys.stderr.write(f"\r{self._what} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}")
            sys.stderr.write("\n" if done >= total else "")
        else:
            sys.stderr.write(f"scelle: {self._what} {done}/{total}\n")
        sys.stderr.flush()
