"""What a password must be."""

from collections.abc import Collection

from identity.domain.refusals import PasswordRefused

FLOOR = 8  # L-51; an operator may ask for more, never for less
LONGEST = 128


def check_password(password: str, *, shortest: int, breached: Collection[str]) -> None:
    """Check a new password, normalised to NFC (L-51).

    Raises:
        PasswordRefused: with everything that is missing, so that the person corrects it once.

    """
    rules = {
        "length": max(shortest, FLOOR) <= len(password) <= LONGEST,
        "upper-case": any(sign.isupper() for sign in password),
        "lower-case": any(sign.islower() for sign in password),
        "digit": any(sign.isdecimal() for sign in password),
        "not-well-known": password.casefold() not in breached,
    }
    missing = [name for name, kept in rules.items() if not kept]
    if missing:
        raise PasswordRefused(missing=missing, shortest=max(shortest, FLOOR))
