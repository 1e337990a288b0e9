"""Who is signed in: tokens stay on this side, sealed, under the digest of an opaque cookie."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg_pool import AsyncConnectionPool

LIFETIME_SECONDS = 12 * 3600
"""A working day; then one signs in again, however busy one was."""
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person."""

    cookie: str
    access_token: str
    refresh_token: str
    expires_at: float
    """When the access token expires, Unix seconds."""
    csrf: str
    me: Mapping[str, Any] = field(default_factory=dict)
    """What identity says of the person and of the session: id, kind, role, names, office, session_id."""

    @property
    def staff(self) -> bool:
        """Whether it is a member of an office."""
        return self.me.get("kind") == "staff"

    def renewed(self, access_token: str, refresh_token: str, expires_at: float) -> "Session":
        """Return it with new tokens."""
        return replace(self, access_token=access_token, refresh_token=refresh_token, expires_at=expires_at)


def new_session(access_token: str, refresh_token: str, expires_at: float, me: Mapping[str, Any]) -> Session:
    """Return a session that no browser has yet."""
    return Session(
        cookie=secrets.token_urlsafe(32),
        access_token=access_token,
        refresh_token=refresh_token,
        expires_at=expires_at,
        csrf=secrets.token_urlsafe(32),
        me=me,
    )


class Sessions:
    """The sessions of every process of the portal, in PostgreSQL."""

    def __init__(self, pool: AsyncConnectionPool[Any], key_file: Path) -> None:
        self._pool = pool
        master = base64.b64decode(key_file.read_text().strip(), validate=True)
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"portal sessions").derive(master)
        self._cipher = AESGCM(derived)

    async def keep(self, session: Session) -> None:
        """Store a session, or its new tokens."""
        digest = _digest(session.cookie)
        plain = {name: value for name, value in asdict(session).items() if name != "cookie"}
        sealed = self.seal(session.cookie, json.dumps(plain).encode())
        async with self._pool.connection() as connection:
            await connection.execute(
                "INSERT INTO portal.session (digest, sealed, identity_digest, expires_at)"
                " VALUES (%s, %s, %s, now() + make_interval(secs => %s))"
                " ON CONFLICT (digest) DO UPDATE SET sealed = excluded.sealed",
                (digest, sealed, _digest(str(session.me.get("session_id"))), LIFETIME_SECONDS),
            )

    async def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie, None if there is none any more."""
        digest = _digest(cookie)
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT sealed FROM portal.session WHERE digest = %s AND expires_at > now()", (digest,)
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        return Session(cookie=cookie, **json.loads(self.unseal(cookie, bytes(row[0]))))

    def seal(self, cookie: str, plain: bytes) -> bytes:
        """Encrypt something for one session only."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _digest(cookie))

    def unseal(self, cookie: str, sealed: bytes) -> bytes:
        """Return what was sealed for this session; raise ValueError for anything else."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _digest(cookie))
        except InvalidTag as error:
            raise ValueError("it was not sealed for this session") from error

    async def forget(self, cookie: str) -> None:
        """End a session here, and remove those whose time is over."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM portal.session WHERE digest = %s OR expires_at <= now()", (_digest(cookie),)
            )

    async def end(self, identity_ids: Iterable[str]) -> None:
        """End, in whatever browser they are, sessions that identity has ended."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM portal.session WHERE identity_digest = ANY(%s)", ([_digest(one) for one in identity_ids],)
            )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
