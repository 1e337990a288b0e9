"""Signed tokens between people, services and the vault: EdDSA JSON web tokens (RFC 7519, RFC 8037).

Three kinds, told apart by the `typ` header, so that one is never accepted as another:
access tokens (a person, from identity, 10 min), service tokens (a service to a service, 60 s), and tickets (one action
on one version of a document, from dossier or lre-gateway to the vault, 5 min at most).
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, get_args, get_origin
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.actor import Actor
from chassis.refusal import NotSignedIn, Refusal
from chassis.token_keys import (
    LOOK_AGAIN_SECONDS,
    SigningKey,
    TrustedKeys,
    Watched,
    parse_signing_keys,
    public_jwk,
    signing_at,
)

ACCESS_SECONDS = 600
SERVICE_SECONDS = 60
TICKET_SECONDS = 300
LEEWAY_SECONDS = 60
"""How far two machines' clocks may differ; a ticket gets none at its end, so that it never lives past 5 min."""
LONGEST_LIFE_SECONDS = ACCESS_SECONDS + LEEWAY_SECONDS
"""How long after its last signature a key is needed by whoever verifies."""

REMEMBERED_TOKENS = 4096
"""How many verified access tokens a process knows again."""

PEOPLE = "scelle"
"""The audience of access tokens: every service of the platform."""

Action = Literal["deposit", "view", "download", "destroy"]
Issuer = Literal["dossier", "lre-gateway"]
"""Who signs tickets: each speaks of the documents that it keeps, and of no other's."""


class TicketRefused(Refusal):
    """The ticket is missing, expired or not for this; ask for a new one."""

    code, status = "ticket-refused", 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the bearer may do: one action on one version of a document, for one actor."""

    action: Action
    version_id: UUID
    request_id: UUID
    """The document request, or the letter, that the version is filed under."""
    dossier_id: UUID | None
    """None for a letter that belongs to no dossier."""
    office_id: UUID
    actor_id: UUID | None
    """None when nobody in person deposits: a proof that a provider issued."""
    actor_kind: str
    owner_id: UUID
    """The person whom the document is about."""
    name: str
    size: int
    """Bytes declared by the client."""
    sha256: str
    """Hexadecimal digest declared by the client; empty where it cannot tell, then the vault finds it."""
    legal_hold: bool = False
    """Whether what is deposited stays when its owner is erased: what was sent, and the proofs of it."""
    issuer: Issuer = "dossier"
    """Who signed it: known from the key, never from what the ticket says."""


class Signer:
    """Signs in the name of one service; `key_file` is an Ed25519 private key (PKCS 8, PEM)."""

    def __init__(self, key_file: Path | str, issuer: str, *, clock: Callable[[], float] = time.time) -> None:
        """Read the file, and again when it changes; raises TypeError for a key of another kind, ValueError else."""
        self._file = Watched(key_file, parse_signing_keys)
        self._clock = clock
        self.issuer = issuer

    @property
    def kid(self) -> str:
        """The id of the key that signs now."""
        return self._kid(self._signing())

    def access_token(
        self, *, person_id: UUID, kind: str, session_id: UUID, office_id: UUID | None = None, role: str | None = None
    ) -> str:
        """Return the token a person carries for 10 minutes; only identity's are believed."""
        claims = {"sub": str(person_id), "kind": kind, "sid": str(session_id), "role": role}
        return self._sign("at+jwt", PEOPLE, ACCESS_SECONDS, {**claims, "office": office_id and str(office_id)})

    def service_token(self, audience: str) -> str:
        """Return the token that shows this service to the service `audience` for 60 seconds."""
        return self._sign("service+jwt", audience, SERVICE_SECONDS, {})

    def ticket(self, ticket: Ticket, *, audience: str = "vault", seconds: int = TICKET_SECONDS) -> str:
        """Return the signed ticket, good for `seconds`, at most 300."""
        if not 0 < seconds <= TICKET_SECONDS:
            raise ValueError(f"a ticket lives at most {TICKET_SECONDS} s")
        said = asdict(ticket).items()
        facts = {name: str(value) if isinstance(value, UUID) else value for name, value in said if name != "issuer"}
        return self._sign("ticket+jwt", audience, seconds, {"ticket": facts})

    def public_jwk(self) -> dict[str, str]:
        """Return this service's line of the trust file (RFC 7517): the key that signs now."""
        return public_jwk(self._signing().public, self.kid)

    def public_jwks(self) -> list[dict[str, str]]:
        """Return the keys that sign, will sign or signed what may still be carried."""
        return [public_jwk(key.public, self._kid(key)) for key in self._file.get(LOOK_AGAIN_SECONDS)]

    def _signing(self) -> SigningKey:
        return signing_at(self._file.get(LOOK_AGAIN_SECONDS), self._clock())

    def _kid(self, key: SigningKey) -> str:
        return f"{self.issuer}-{key.number}"

    def _sign(self, typ: str, audience: str, seconds: int, claims: dict[str, Any]) -> str:
        now = int(self._clock())
        standard = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + seconds, "jti": uuid4().hex}
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self._signing()
        headers = {"kid": self._kid(key), "typ": typ}
        return jwt.encode({**claims, **standard}, key.private, algorithm="EdDSA", headers=headers)


class Verifier:
    """Believes the services of `trust_file`, a JSON web key set; a key speaks only for the service its kid names."""

    def __init__(self, trust_file: Path | str) -> None:
        """Read the file, and again when it changes; raises what `parse_trusted_keys` raises."""
        self._keys = TrustedKeys(trust_file)
        self._believed = _Believed(self._keys)

    def access(self, token: str) -> Actor:
        """Return who carries `token`; raise NotSignedIn unless identity signed it and it is still good.

        A token that was verified is known again until it ends, or until the key that signed it is believed no more.
        """
        known = self._believed.get(token)
        if known is not None:
            return known
        verified = self._verified(token, "at+jwt", PEOPLE, issuer="identity", refusal=NotSignedIn)
        actor = _carrier(verified.claims)
        self._believed.add(token, actor, verified)
        return actor

    def service(self, token: str, audience: str) -> str:
        """Return the name of the service that calls `audience`; raise NotSignedIn unless it proves it."""
        verified = self._verified(token, "service+jwt", audience, issuer=None, refusal=NotSignedIn)
        return str(verified.claims["iss"])

    def ticket(self, token: str, audience: str = "vault") -> Ticket:
        """Return the ticket; raise TicketRefused unless an issuer of tickets signed it less than 5 minutes ago."""
        claims = self._verified(token, "ticket+jwt", audience, issuer=None, refusal=TicketRefused).claims
        if claims["iss"] not in get_args(Issuer):
            raise TicketRefused
        now = time.time()
        if int(claims["exp"]) <= now or int(claims["exp"]) - int(claims["iat"]) > TICKET_SECONDS:
            raise TicketRefused
        try:
            return replace(_ticket(claims["ticket"]), issuer=claims["iss"])
        except (KeyError, ValueError, TypeError, AttributeError):
            raise TicketRefused from None

    def _verified(
        self, token: str, typ: str, audience: str, *, issuer: str | None, refusal: type[Refusal]
    ) -> "_Verified":
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if not isinstance(kid, str) or header.get("typ") != typ:
                raise refusal
            owner, key = kid.rpartition("-")[0], self._keys.get(kid)
            if key is None or (issuer and owner != issuer):
                raise refusal
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=audience,
                issuer=owner,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "iat", "exp"]},
            )
        except jwt.InvalidTokenError:
            raise refusal from None
        return _Verified(claims, kid, key)


class _Verified(NamedTuple):
    """What a token says, and the key that signed it."""

    claims: dict[str, Any]
    kid: str
    key: Ed25519PublicKey


class _Believed:
    """The carriers of the access tokens that were verified last, by the digest of the token."""

    def __init__(self, keys: TrustedKeys) -> None:
        self._keys = keys
        self._known: dict[bytes, tuple[Actor, _Verified]] = {}
        self._lock = threading.Lock()

    def get(self, token: str) -> Actor | None:
        with self._lock:
            known = self._known.get(_digest(token))
        if known is None:
            return None
        actor, (claims, kid, key) = known
        # A trust file that was read again holds new objects: each token is then verified once more.
        return actor if time.time() < int(claims["exp"]) and self._keys.get(kid) is key else None

    def add(self, token: str, actor: Actor, verified: _Verified) -> None:
        with self._lock:
            while len(self._known) >= REMEMBERED_TOKENS:
                del self._known[next(iter(self._known))]
            self._known[_digest(token)] = actor, verified


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def _carrier(claims: dict[str, Any]) -> Actor:
    try:
        office = claims.get("office")
        return Actor(
            person_id=UUID(claims["sub"]),
            kind=claims["kind"],
            office_id=UUID(office) if office else None,
            role=claims.get("role"),
            session_id=UUID(claims["sid"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise NotSignedIn from None


def new_signing_key() -> bytes:
    """Return a fresh Ed25519 private key as the PEM of a signing key file."""
    return SigningKey.new().encode().encode()


def _ticket(facts: dict[str, Any]) -> Ticket:
    """Read what a ticket says; what has a default may be missing: a former version of the service signed it."""
    said = [field for field in fields(Ticket) if field.name in facts or field.default is MISSING]
    return Ticket(**{field.name: _typed(field.type, facts[field.name]) for field in said})


def _typed(kind: Any, value: Any) -> Any:
    if get_origin(kind) is UnionType:
        if value is None:
            return None
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    if kind is UUID:
        return UUID(value)
    if (type(value) is not kind) if isinstance(kind, type) else (value not in get_args(kind)):
        raise TypeError
    return value
