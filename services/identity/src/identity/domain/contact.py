"""How a person is reached: e-mail address and mobile number."""

from collections.abc import Collection

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from identity.domain.refusals import EmailRefused, MobileRefused

_MAX_TYPED = 40  # longer than any number, with its spaces and dots
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def mobile(typed: str, prefixes: Collection[str], region: str = "FR") -> str:
    """Return a mobile number in E.164; the SMS code goes there, so it must be right (L-36).

    `prefixes` are the countries served, such as +33: others are where fraud with premium SMS comes from.

    Raises:
        MobileRefused: it is not a mobile number, or of a country that is not served.

    """
    try:
        number = phonenumbers.parse(typed[:_MAX_TYPED], region)
    except NumberParseException:
        raise MobileRefused from None
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if (
        number.extension
        or not phonenumbers.is_valid_number(number)
        or phonenumbers.number_type(number) not in _MOBILE
        or not any(written.startswith(prefix) for prefix in prefixes)
    ):
        raise MobileRefused
    return written


def email(typed: str) -> str:
    """Return an e-mail address as it is written in an envelope; a domain in another script becomes its xn-- form.

    Raises:
        EmailRefused: no message could be sent there, or it could carry a second header.

    """
    try:
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise EmailRefused from None
    if found.ascii_email is None:
        raise EmailRefused
    return found.ascii_email


def same_email(address: str) -> str:
    """Return the form in which two addresses of one mailbox are equal: people type letter case as they like (L-48)."""
    return address.strip().casefold()


def masked(last_digits: str) -> str:
    """Return a number that shows only its last four digits: ** ** ** 04 64 (L-49)."""
    return f"** ** ** {last_digits[-4:-2]} {last_digits[-2:]}"
