"""What a text may carry besides words: the few tags that pages can show, without attributes."""

import re

ALLOWED = frozenset(["p", "div", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "h1", "h2", "h3"])
_TAG = re.compile(r"<\s*/?\s*([A-Za-z][A-Za-z0-9]*)([^<>]*)>|<!|<\?")


def forbidden(text: str) -> bool:
    """Tell whether a text holds a tag that is not allowed, or an allowed one with attributes."""
    return any(
        (tag[1] or "").lower() not in ALLOWED or (tag[2] or "").strip(" /\t\r\n") != "" for tag in _TAG.finditer(text)
    )
