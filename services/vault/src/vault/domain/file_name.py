"""File names are what a person reads, never a path: cleaned once when they come in."""

import unicodedata

MAX_NAME = 255
FALLBACK = "document"
# Controls (NUL, line ends), marks that reverse or hide text (RLO, ZWSP, BOM), line separators, surrogates, private use.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def clean_name(name: str) -> str:
    """Return a name of one visible line, NFC, at most 255 characters; the ending survives the cut."""
    visible = "".join(char for char in unicodedata.normalize("NFC", name) if unicodedata.category(char) not in _HIDDEN)
    visible = visible.strip()
    if len(visible) > MAX_NAME:
        stem, dot, ending = visible.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""  # noqa: PLR2004 - longer is no file ending
        visible = visible[: MAX_NAME - len(ending)] + ending
    return visible or FALLBACK
