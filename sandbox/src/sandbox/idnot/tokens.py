"""ID tokens, right ones and, by fault switch, the wrong ones that a client has to refuse."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.idnot.clock import Clock

ID_TOKEN_SECONDS = 300


class Fault(StrEnum):
    """How the next ID tokens are wrong."""

    NONE = "none"
    WRONG_NONCE = "wrong-nonce"
    OTHER_ISSUER = "other-issuer"
    OTHER_AUDIENCE = "other-audience"
    EXPIRED = "expired"
    FROM_THE_FUTURE = "from-the-future"
    NO_SUBJECT = "no-subject"
    NOT_SIGNED = "not-signed"
    HMAC_WITH_PUBLIC_KEY = "hmac-with-public-key"
    KEY_IN_HEADER = "key-in-header"
    KID_IS_A_PATH = "kid-is-a-path"
    BROKEN_SIGNATURE = "broken-signature"


_CHANGES: dict[Fault, Callable[[dict[str, Any]], dict[str, Any]]] = {
    Fault.WRONG_NONCE: lambda _: {"nonce": "another"},
    Fault.OTHER_ISSUER: lambda _: {"iss": "https://evil.example"},
    Fault.OTHER_AUDIENCE: lambda _: {"aud": "another-client"},
    Fault.EXPIRED: lambda claims: {"exp": claims["iat"] - 3600, "iat": claims["iat"] - 7200},
    Fault.FROM_THE_FUTURE: lambda claims: {"exp": claims["iat"] + 7200, "iat": claims["iat"] + 3600},
    Fault.NO_SUBJECT: lambda _: {"sub": None},
}


class Minter:
    """Signs ID tokens with a key made at start; its `kid` changes with it, so clients read the keys again."""

    def __init__(self, issuer: str, client_id: str, algorithm: str, clock: Clock) -> None:
        self.fault = Fault.NONE
        self._issuer, self._client_id, self._clock = issuer, client_id, clock
        self._key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
            rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
        )
        self._algorithm = algorithm
        self._kid = secrets.token_hex(8)

    def jwks(self) -> dict[str, Any]:
        """Return the public key."""
        return {"keys": [self._public() | {"kid": self._kid, "use": "sig", "alg": self._algorithm}]}

    def mint(self, sub: str, nonce: str) -> str:
        """Return an ID token about a person, wrong in the way that the fault switch says."""
        now = int(self._clock.now())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": sub,
            "aud": self._client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "auth_time": now,
            "nonce": nonce,
        }
        changes = _CHANGES.get(self.fault)
        if changes:
            claims = {name: value for name, value in (claims | changes(claims)).items() if value is not None}
        return self._sign(claims)

    def _sign(self, claims: dict[str, Any]) -> str:
        if self.fault is Fault.NOT_SIGNED:
            return _compact({"alg": "none"}, claims, lambda _: b"")
        if self.fault is Fault.HMAC_WITH_PUBLIC_KEY:
            secret = self._key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            header = {"alg": "HS256", "kid": self._kid}
            return _compact(header, claims, lambda signed: hmac.digest(secret, signed, hashlib.sha256))
        if self.fault is Fault.KEY_IN_HEADER:
            own = ec.generate_private_key(ec.SECP256R1())
            jwk = jwt.algorithms.ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
            headers = {"jwk": jwk, "jku": "https://evil.example/jwk", "kid": self._kid}
            return jwt.encode(claims, own, "ES256", headers)
        kid = "../../../../dev/null" if self.fault is Fault.KID_IS_A_PATH else self._kid
        token = jwt.encode(claims, self._key, self._algorithm, {"kid": kid})
        if self.fault is Fault.BROKEN_SIGNATURE:
            head, body, signature = token.split(".")
            return f"{head}.{body}.{signature[::-1]}"
        return token

    def _public(self) -> dict[str, Any]:
        public = self._key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            return jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        return jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)


def _compact(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    parts = [_b64(json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts)
    return f"{signed}.{_b64(sign(signed.encode()))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
