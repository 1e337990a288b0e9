"""What the provider promised to a client between the sign-in page and the userinfo endpoint."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sandbox.idnot.accounts import Account
from sandbox.idnot.clock import Clock

CODE_SECONDS = 60
ACCESS_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Authorization:
    """A checked authorization request."""

    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str


@dataclass(slots=True)
class Grant:
    """A code that was given for an account; `access_token` once it was redeemed."""

    authorization: Authorization
    account: Account
    expires: float
    access_token: str | None = None


class InvalidGrant(Exception):
    """The code, the redirect address or the verifier is wrong, late or used."""


class Grants:
    """Codes (60 s, single use) and access tokens (5 min)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_code: dict[str, Grant] = {}
        self._by_token: dict[str, tuple[Account, float]] = {}

    def give(self, authorization: Authorization, account: Account) -> str:
        """Return a new code."""
        code = secrets.token_urlsafe(32)
        self._by_code[code] = Grant(authorization, account, self._clock.now() + CODE_SECONDS)
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Exchange a code once; a second try also revokes the token of the first (RFC 6749 4.1.2).

        Raises:
            InvalidGrant: for whatever reason.

        """
        grant = self._by_code.get(code)
        if grant is None or grant.expires < self._clock.now():
            raise InvalidGrant
        if grant.access_token is not None:
            self._by_token.pop(grant.access_token, None)
            raise InvalidGrant
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        grant.access_token = secrets.token_urlsafe(32)
        if grant.authorization.redirect_uri != redirect_uri or not hmac.compare_digest(
            grant.authorization.code_challenge, challenge
        ):
            raise InvalidGrant
        self._by_token[grant.access_token] = (grant.account, self._clock.now() + ACCESS_SECONDS)
        return grant

    def owner(self, access_token: str) -> Account | None:
        """Return whose access token this is."""
        account, expires = self._by_token.get(access_token, (None, 0.0))
        return account if expires > self._clock.now() else None
