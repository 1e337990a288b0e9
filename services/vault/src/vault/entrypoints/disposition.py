"""The Content-Disposition of a document (RFC 6266): always an attachment, its name harmless in any client."""

from urllib.parse import quote

ATTR_CHARS = "!#$&+-.^_`|~"  # what RFC 8187 allows bare, beside letters and digits


def attachment(name: str) -> str:
    """Return the header's value for a cleaned name: an ASCII one for old clients, the true one for all others."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%/;' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=ATTR_CHARS)}"
