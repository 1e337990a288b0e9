"""Keys of persons: one each, wrapped by the key service, destroyed when the person is erased (RGPD art. 17)."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventstore.errors import SubjectErased
from eventstore.key_service import storing

if TYPE_CHECKING:
    from uuid import UUID

    from eventsourcing.postgres import PostgresDatastore

    from eventstore.key_service import KeyService

KEY_BYTES = 32
NONCE_BYTES = 12
# A key destroyed by another process is forgotten here at the latest after this time.
CACHE_SECONDS = 30.0


class SubjectKeys:
    """The keys that one service holds for the persons its events speak of."""

    def __init__(self, service: str, datastore: PostgresDatastore, key_service: KeyService) -> None:
        self._service = service
        self._datastore = datastore
        self._key_service = key_service
        self._cache: dict[UUID, tuple[float, AESGCM | None]] = {}
        self._lock = threading.Lock()

    def seal(self, subject: UUID, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt under the person's key, made at first use. Raises SubjectErased once it is destroyed."""
        cipher = self._cipher(subject, create=True)
        if cipher is None:
            raise SubjectErased
        nonce = os.urandom(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plaintext, associated)

    def open(self, subject: UUID, box: bytes, associated: bytes) -> bytes | None:
        """Decrypt what `seal` made; None if the person was erased.

        Raises cryptography.exceptions.InvalidTag if the box was moved or altered.
        """
        cipher = self._cipher(subject, create=False)
        if cipher is None:
            return None
        return cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], associated)

    def destroy(self, subject: UUID) -> bool:
        """Destroy the person's key for ever; False if there never was one. A person without a key can then get none.

        To ask again answers the same, so that whoever was killed before saying what was destroyed can still say it.
        """
        with self._datastore.get_connection() as connection:
            found = connection.execute(
                "INSERT INTO ledger.subject_key AS known (subject, created_at, destroyed_at) VALUES (%s, now(), now())"
                " ON CONFLICT (subject) DO UPDATE SET wrapped = NULL,"
                " destroyed_at = coalesce(known.destroyed_at, clock_timestamp())"
                " RETURNING known.created_at < known.destroyed_at AS existed",
                (subject,),
            ).fetchone()
        with self._lock:
            self._cache.pop(subject, None)
        sys.audit("scelle.crashpoint", "eventstore.key-destroyed")
        return bool(found and found["existed"])

    def _cipher(self, subject: UUID, *, create: bool) -> AESGCM | None:
        with self._lock:
            known = self._cache.get(subject)
        if known and known[0] > time.monotonic():
            return known[1]
        row = self._read(subject)
        if row is None and create:
            row = self._create(subject)
        cipher = None
        if row is not None and row["wrapped"] is not None:
            cipher = AESGCM(self._key_service.unwrap(bytes(row["wrapped"]), subject_context(self._service, subject)))
        if row is not None:
            with self._lock:
                self._cache[subject] = (time.monotonic() + CACHE_SECONDS, cipher)
        return cipher

    def _read(self, subject: UUID) -> dict[str, bytes | None] | None:
        with self._datastore.get_connection() as connection:
            return connection.execute(
                "SELECT wrapped FROM ledger.subject_key WHERE subject = %s", (subject,)
            ).fetchone()

    def _create(self, subject: UUID) -> dict[str, bytes | None] | None:
        with self._datastore.get_connection() as connection, connection.transaction():
            storing(connection)
            key = AESGCM.generate_key(bit_length=8 * KEY_BYTES)
            wrapped = self._key_service.wrap(key, subject_context(self._service, subject))
            sys.audit("scelle.crashpoint", "eventstore.key-wrapped")
            made: dict[str, bytes | None] | None = connection.execute(
                "INSERT INTO ledger.subject_key (subject, wrapped) VALUES (%s, %s) ON CONFLICT DO NOTHING"
                " RETURNING wrapped",
                (subject, wrapped),
            ).fetchone()
        return made or self._read(subject)  # another process was first: its key is the one


def subject_context(service: str, subject: UUID) -> bytes:
    """Return what the wrapped key of a person is bound to."""
    return f"subject|{service}|{subject}".encode()
