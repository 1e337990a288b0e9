"""Codes of an authenticator app: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 s, as every app knows them."""

import hmac

from pyotp import TOTP

STEP_SECONDS = 30
_AROUND = (-1, 0, 1)
"""Steps whose code is taken: a clock may be half a minute off, and typing takes its time (RFC 6238, 5.2)."""
_ISSUER = "Scellé"


def matching_step(secret: str, code: str, now: int) -> int | None:
    """Return the step around `now` that a code is of, None for a wrong code; every step is compared each time."""
    app = TOTP(secret, interval=STEP_SECONDS)
    found = None
    for step in (now + off for off in _AROUND):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def address(secret: str, name: str) -> str:
    """Return the otpauth: address that an app reads from a QR code or a link; `name` is how it lists the account."""
    return TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=name, issuer_name=_ISSUER)
