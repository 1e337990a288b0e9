"""The provider's errors: HTTP statuses with codes, of which few are documented."""

import json
import re

from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    ProviderAway,
    ProviderError,
    ProviderRejected,
    Rejection,
)

MAX_CODE = 64
NOT_AUTHENTICATED = re.compile(r"OTP|AUTHENTIC", re.IGNORECASE)
"""How a code names that the sender has to authenticate: the words of the routes. Inferred."""

_FORBIDDEN, _NOT_FOUND, _TOO_MANY = 403, 404, 429

REJECTED = (
    ("EMAIL", Rejection.EMAIL_INVALID, "email"),
    ("ADDRESS", Rejection.POSTAL_ADDRESS_INVALID, "address"),
    ("COUNTRY", Rejection.POSTAL_ADDRESS_INVALID, "country"),
    ("COMPANY", Rejection.COMPANY_MISSING, "company"),
    ("FIRST_NAME", Rejection.NAME_MISSING, "first_name"),
    ("LAST_NAME", Rejection.NAME_MISSING, "last_name"),
    ("MESSAGE", Rejection.CONTENT_TOO_LONG, "text"),
    ("DOCUMENT", Rejection.NO_CONTENT, "documents"),
    ("CONSENT", Rejection.CONSENT_MISSING, "recipient"),
)
"""What a code is about, by the field it names. Inferred: the codes are not documented."""


def refusal(status: int, body: bytes) -> ProviderError:
    """Return the error that an answer other than a success stands for; its message is never read."""
    code = _code(body)
    if status == _TOO_MANY:
        return ProviderAway("too many calls")
    if code is None and status not in {_FORBIDDEN, _NOT_FOUND}:
        return ContractBreach("an error without a code")
    word = code or f"HTTP_{status}"
    if NOT_AUTHENTICATED.search(word):
        return AuthRefused(str(status))
    if status == _NOT_FOUND:
        return ProviderRejected(Rejection.LETTER_UNKNOWN, word)
    for named, rejection, field in REJECTED:
        if named in word.upper():
            return ProviderRejected(rejection, word, field)
    return ProviderRejected(Rejection.OTHER, word)


def _code(body: bytes) -> str | None:
    """Return the first code; the token route and some interfaces do not wrap theirs in a list."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    if isinstance(found, dict) and isinstance(found.get("errors"), list) and found["errors"]:
        found = found["errors"][0]
    if isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, dict) or not isinstance(found.get("code"), str | int):
        return None
    return str(found["code"])[:MAX_CODE]
