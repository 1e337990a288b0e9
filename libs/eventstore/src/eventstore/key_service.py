"""The key service: it wraps the keys of persons and offices under a master key that has versions.

Rotating the master key makes a new version, which wraps from then on; the versions before still unwrap. Rewrapping
(`eventstore.rewrapping`) puts what they wrapped under the newest, after which they can be destroyed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from psycopg import Connection

_WRAPPING = 0x3A9  # any number; held by whoever wraps a key and stores it, until it is stored


class Wrapped(NamedTuple):
    """A key as the key service gave it back, and what it is the key of."""

    blob: bytes
    context: bytes


class KeyService(Protocol):
    """Wraps data keys under a master key that never leaves it.

    Every method raises KeyServiceAway when it does not answer. What it has unwrapped may be kept in memory for five
    minutes at most, and nothing is ever stored unwrapped because it is away.
    """

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Encrypt a data key under the newest version; the same context is needed to unwrap it."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data key. Raises WrongMasterKey if the version is gone, or if key or context differ."""

    def rewrap(self, items: Sequence[Wrapped]) -> list[bytes]:
        """Put keys under the newest version, in the same order. Raises WrongMasterKey for one that does not open."""

    def version(self, wrapped: bytes) -> int:
        """Tell which version wrapped a key. Raises WrongMasterKey if another kind of key service did."""

    def versions(self) -> list[int]:
        """Return the versions that still unwrap, oldest first; the last one wraps."""


class KeySettings(Protocol):
    """What an operator says of the key service: a file, or an OpenBao server. Exactly one is set."""

    @property
    def master_key_file(self) -> Path | None:
        """A key ring (`eventstore.key_ring`)."""

    @property
    def transit_url(self) -> str | None:
        """Address of an OpenBao server, without path."""

    @property
    def transit_key(self) -> str | None:
        """Name of the key there; `scelle-<service>` if it is not said."""

    @property
    def transit_mount(self) -> str:
        """Path of the transit engine."""

    @property
    def transit_token_file(self) -> Path | None:
        """A token; else role and JWT file are set."""

    @property
    def transit_role(self) -> str | None:
        """Role to log in with."""

    @property
    def transit_jwt_file(self) -> Path | None:
        """What shows who logs in: the token of a Kubernetes service account."""

    @property
    def transit_login(self) -> str:
        """Path of the auth method of such tokens."""

    @property
    def transit_ca_file(self) -> Path | None:
        """Certificates (PEM) that the server is verified with, instead of the system's."""


def open_key_service(settings: KeySettings, service: str) -> KeyService:
    """Return the key service of `service` that the settings name. Raises UnsafeConfiguration."""
    if settings.master_key_file is not None:
        from eventstore.key_ring import FileKeyService  # noqa: PLC0415 - it imports this module

        return FileKeyService(settings.master_key_file)
    from eventstore.transit import open_transit  # noqa: PLC0415 - it imports this module, and httpx

    return open_transit(settings, service)


def storing(connection: Connection[Any]) -> None:
    """Say, inside a transaction and before a key is wrapped, that this transaction will store it.

    Whoever counts what a version still wraps waits for it (`settled`), so that no key is stored under a version just
    counted as unused.
    """
    connection.execute("SELECT set_config('lock_timeout', '10s', true), pg_advisory_xact_lock_shared(%s)", (_WRAPPING,))


def settled(connection: Connection[Any]) -> None:
    """Wait, inside a transaction, until every key that was wrapped before is stored."""
    connection.execute("SET LOCAL lock_timeout = 0")  # longer than a key service may take to answer
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRAPPING,))
