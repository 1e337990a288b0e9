"""Text as a person sees it."""

import unicodedata

# Letters and symbols that fonts draw as nothing: Hangul fillers and the empty Braille cell.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def visible(text: str) -> str:
    """Return the characters that can be seen: no blanks, controls and marks of direction or joining."""
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "ZC" and sign not in _BLANK)


def same_number(number: str) -> str:
    """Return a dossier number as it is compared: two that look alike but for case and blanks are the same."""
    return visible(unicodedata.normalize("NFKC", number)).casefold()
