"""The provider's calls to us: form or JSON, unsigned, and so only a reason to read the letter again."""

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from lre_gateway.application.provider import Hint

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_ABOUT_OTHERS: tuple[tuple[str, Hint], ...] = (
    ("id_consent", Hint(ref=None, kind="consent")),
    ("id_user", Hint(ref=None, kind="sender")),
)


def hints(body: bytes) -> tuple[Hint, ...]:
    """Return what the call is about; a body that says nothing readable is a hint about anything."""
    fields = _fields(body)
    if "id_mail" in fields:
        number = str(fields["id_mail"])
        return (Hint(ref=number if _NUMBER.fullmatch(number) else None, kind="letter"),)
    for name, hint in _ABOUT_OTHERS:
        if name in fields:
            return (hint,)
    return (Hint(ref=None, kind="unknown"),)


def _fields(body: bytes) -> Mapping[str, object]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            return dict(parse_qsl(text, max_num_fields=100))
        except ValueError:
            return {}
    return found if isinstance(found, dict) else {}
