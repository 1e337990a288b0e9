"""The OAuth2 tokens of Maileva: password, refresh and exchange grants; the others are "non implémenté" there too."""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.truth.model import Application
from sandbox.ar24.truth.world import World

PRODUCT, TOKEN = "auth/realms/services/protocol/openid-connect", "token"
_SECRET = "maileva-secret"  # noqa: S105 - the name under which it is kept
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def granted(world: World, form: dict[str, Any], authorization: str) -> dict[str, Any]:
    """Answer a request for a token.

    Raises:
        Problem: the application or the user is not known, or the grant is not served.

    """
    application = _client(world, form, authorization)
    kind = str(form.get("grant_type", ""))
    if kind == "password":
        if (form.get("username"), form.get("password")) != (world.username, world.password):
            raise Problem(401, "INVALID_GRANT", "identifiants invalides")
    elif kind in {"refresh_token", _EXCHANGE}:
        use, name = ("refresh", "refresh_token") if kind == "refresh_token" else ("access", "subject_token")
        if _read(world, str(form.get(name, "")), use) != application.uuid:
            raise Problem(401, "INVALID_GRANT", "jeton invalide")
    else:
        raise Problem(400, "UNSUPPORTED_GRANT_TYPE", "grant_type absent ou non implémenté")
    assumed = world.assumptions
    return {
        "access_token": _made(world, application, "access", assumed.token_s),
        "expires_in": int(assumed.token_s),
        "refresh_expires_in": int(assumed.refresh_s),
        "refresh_token": _made(world, application, "refresh", assumed.refresh_s),
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": "email profile",
    }


def _client(world: World, form: dict[str, Any], authorization: str) -> Application:
    name, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
    if authorization.lower().startswith("basic "):
        try:
            name, _, secret = base64.b64decode(authorization[6:], validate=True).decode().partition(":")
        except ValueError as wrong:
            raise Problem(401, "INVALID_CLIENT", "application inconnue") from wrong
    application = world.application(name)
    if application is None or not secrets.compare_digest(application.private_key.encode(), secret.encode()):
        raise Problem(401, "INVALID_CLIENT", "application inconnue")
    return application


def admitted(world: World, authorization: str) -> Application:
    """Return the application whose token a call carries.

    Raises:
        Problem: there is none, or it has expired.

    """
    scheme, _, token = authorization.partition(" ")
    name = _read(world, token.strip(), "access") if scheme.lower() == "bearer" else None
    application = world.application(name) if name else None
    if application is None:
        raise Problem(401, "UNAUTHORIZED", "jeton absent, invalide ou expiré")
    return application


def _made(world: World, application: Application, use: str, seconds: float) -> str:
    now = _now(world)
    claims = {
        "iss": f"{world.public_url}/maileva/auth/realms/services",
        "azp": application.uuid,
        "use": use,
        "preferred_username": world.username,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=seconds)).timestamp()),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, _key(world), algorithm="HS256")


def _read(world: World, token: str, use: str) -> str | None:
    try:
        claims = jwt.decode(
            token, _key(world), algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.InvalidTokenError:
        return None
    alive = claims["exp"] > _now(world).timestamp()
    return str(claims["azp"]) if alive and claims["use"] == use else None


def _key(world: World) -> str:
    key = world.store.setting(_SECRET)
    if key is None:
        key = secrets.token_hex(32)
        world.store.set(_SECRET, key)
    return key


def _now(world: World) -> datetime:
    clock = world.clock
    return clock.now() if world.assumptions.call_date_clock == "virtual" else clock.real().astimezone(UTC)
