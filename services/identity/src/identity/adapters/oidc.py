"""An OIDC provider whose every address is configured: ID.not has no discovery, and its issuer is on another host."""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from joserfc.jws import CompactSignature

from identity.adapters.claims import Claims
from identity.application.errors import ProviderUnavailable
from identity.application.staff_sign_in import Assertion, AssertionRefused

_ALGORITHMS = ("RS256", "PS256", "ES256")
"""Asymmetric only: a public key must never be taken for a shared secret."""
_LEEWAY = 60
_KEYS_EVERY_SECONDS = 60.0
"""Unknown key ids make us read the keys again, but no more often than this."""
_MAX_ANSWER = 64 * 1024
_OK = 200
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Where the provider is, and who we are there."""

    issuer: str
    authorize_url: str
    token_url: str
    jwks_url: str
    userinfo_url: str
    client_id: str
    client_secret: str
    redirect_uri: str


class OidcProvider:
    """The port `Provider`."""

    def __init__(self, settings: OidcSettings, claims: Claims) -> None:
        self._settings, self._claims = settings, claims
        self._http = httpx.Client(timeout=5.0, follow_redirects=False, trust_env=False)
        self._keys: KeySet | None = None
        self._read_at = -_KEYS_EVERY_SECONDS
        self._lock = Lock()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def address(self, state: str, nonce: str, challenge: str) -> str:
        """Return where the browser goes to sign in."""
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._settings.authorize_url}?{urlencode(query)}"

    def assertion(self, code: str, verifier: str, nonce: str) -> Assertion:
        """Exchange a code and check everything. Raises AssertionRefused, ProviderUnavailable."""
        answer = self._tokens(code, verifier)
        claims = self._checked(str(answer.get("id_token", "")), nonce)
        facts = self._userinfo(str(answer.get("access_token", "")))
        if facts.get("sub") != claims["sub"]:
            raise AssertionRefused("userinfo")
        return self._claims.assertion(self._settings.issuer, claims["sub"], {**claims, **facts})

    def _tokens(self, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": verifier,
        }
        credentials = (quote(self._settings.client_id, safe=""), quote(self._settings.client_secret, safe=""))
        return self._ask("POST", self._settings.token_url, "code", data=form, auth=credentials)

    def _userinfo(self, access_token: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._ask("GET", self._settings.userinfo_url, "userinfo", headers=headers)

    def _checked(self, id_token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token (OpenID Connect Core, 3.1.3.7)."""
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True},
        )
        try:
            token = jwt.decode(id_token, self._key_of, algorithms=_ALGORITHMS)
            registry.validate(token.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise AssertionRefused("id-token") from error
        claims = token.claims
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
            raise AssertionRefused("id-token")  # a token that others may use as well
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise AssertionRefused("nonce")
        return claims

    def _key_of(self, token: Any) -> Key:
        """Return the key that the token names; keys and addresses inside the token are never looked at."""
        kid = token.headers().get("kid") if isinstance(token, CompactSignature) else None
        key = _named(self._keys, kid) or _named(self._fresh_keys(), kid)
        if key is None:
            raise AssertionRefused("key")
        return key

    def _fresh_keys(self) -> KeySet | None:
        with self._lock:
            if time.monotonic() - self._read_at >= _KEYS_EVERY_SECONDS:
                answer: Any = self._ask("GET", self._settings.jwks_url, "keys")
                self._keys = KeySet.import_key_set(answer)
                self._read_at = time.monotonic()
            return self._keys

    def _ask(self, method: str, url: str, cause: str, **options: Any) -> Mapping[str, Any]:
        try:
            response = self._http.request(method, url, **options)
        except httpx.TransportError as error:
            raise ProviderUnavailable from error
        if response.status_code >= _SERVER_ERROR:
            raise ProviderUnavailable
        if response.status_code != _OK or len(response.content) > _MAX_ANSWER:
            raise AssertionRefused(cause)
        try:
            answer = response.json()
        except ValueError as error:
            raise AssertionRefused(cause) from error
        if not isinstance(answer, dict):
            raise AssertionRefused(cause)
        return answer


def _named(keys: KeySet | None, kid: object) -> Key | None:
    return next((key for key in keys or () if isinstance(kid, str) and key.kid == kid), None)
