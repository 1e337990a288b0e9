"""A bucket of any S3 server, plain or under Object Lock, through the minio SDK."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from minio.retention import Retention
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

CONNECTIONS = 4
LIMIT = 32 * 1024 * 1024  # bytes; a bundle of 256 entries has at most half
_ABSENT = {"NoSuchKey", "NoSuchObject", "NoSuchVersion"}
_RETRIED = (500, 502, 503, 504)


class StorageAway(RuntimeError):
    """The S3 server does not answer, or refuses; nothing is lost, the same is tried again later."""


class NotLocked(RuntimeError):
    """The bucket exists without Object Lock: what is put into it could be changed. Name another one."""


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where an S3 server is and with which keys; `endpoint` is host:port."""

    endpoint: str
    access_key: str
    secret_key: str
    secure: bool = False
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the server, in seconds, and how often to ask again."""

    connect: float = 5.0
    read: float = 30.0
    retries: int = 3


BRIEF = Patience(connect=1.0, read=3.0, retries=0)
"""For whoever holds a lock meanwhile."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How an object is locked; `mode` is None for one that is not."""

    mode: str | None
    until: datetime | None
    stored_at: datetime


@dataclass(slots=True)
class History:
    """What became of an object: its versions, the oldest first, and whether a deletion ever hid them."""

    name: str
    versions: list[str]
    deleted: bool = False


class Bucket:
    """One bucket. With `locked_days` every object is locked for so long, in COMPLIANCE mode."""

    def __init__(
        self, address: S3Address, name: str, locked_days: int | None = None, patience: Patience | None = None
    ) -> None:
        waits = patience or Patience()
        self.name, self.locked_days = name, locked_days
        self._pool = PoolManager(
            maxsize=CONNECTIONS,
            timeout=Timeout(connect=waits.connect, read=waits.read),
            # a repeated PUT carries the same bytes to the same name
            retries=Retry(
                total=waits.retries, backoff_factor=0.2, status_forcelist=_RETRIED, allowed_methods=None, redirect=0
            ),
        )
        self._client = Minio(
            address.endpoint,
            access_key=address.access_key,
            secret_key=address.secret_key,
            secure=address.secure,
            region=address.region,
            http_client=self._pool,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def prepare(self) -> None:
        """Make the bucket if it does not exist; raises NotLocked for one that should be locked and is not."""
        locked = self.locked_days is not None
        with _answers():
            if not self._client.bucket_exists(bucket_name=self.name):
                self._client.make_bucket(bucket_name=self.name, object_lock=locked)
            if locked and not self._locked():
                raise NotLocked(self.name)

    def put(self, name: str, data: bytes) -> None:
        """Store an object."""
        kept = None
        if self.locked_days is not None:
            kept = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=self.locked_days))
        with _answers():
            self._client.put_object(
                bucket_name=self.name, object_name=name, data=io.BytesIO(data), length=len(data), retention=kept
            )

    def get(self, name: str, version: str | None = None) -> bytes | None:
        """Read an object, or one version of it; None if there is none."""
        with _answers():
            try:
                response = self._client.get_object(bucket_name=self.name, object_name=name, version_id=version)
            except S3Error as error:
                if error.code in _ABSENT:
                    return None
                raise
            try:
                data = response.read(LIMIT + 1)
            finally:
                response.close()
                response.release_conn()
        if len(data) > LIMIT:
            raise StorageAway(f"{name} is larger than anything that is published")
        return data

    def names(self, prefix: str, after: str = "") -> Iterator[str]:
        """List the objects under a prefix whose name is above `after`, in the order of their names."""
        with _answers():
            found = self._client.list_objects(
                bucket_name=self.name, prefix=prefix, recursive=True, start_after=after or None
            )
            for one in found:
                if one.object_name:
                    yield one.object_name

    def histories(self, prefix: str, after: str = "") -> list[History]:
        """List the objects under a prefix whose name is above `after`, also those that a deletion hides."""
        histories: dict[str, History] = {}
        with _answers():
            found = self._client.list_objects(
                bucket_name=self.name, prefix=prefix, recursive=True, start_after=after or None, include_version=True
            )
            for one in found:  # the latest version first; deletions in a place of their own
                name = str(one.object_name)
                history = histories.setdefault(name, History(name, []))
                if one.is_delete_marker:
                    history.deleted = True
                else:
                    history.versions.insert(0, one.version_id or "null")
        return [histories[name] for name in sorted(histories) if name > after]

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects."""
        with _answers():
            for error in self._client.remove_objects(self.name, (DeleteObject(name) for name in names)):
                raise StorageAway(error.code)

    def kept(self, name: str, version: str | None = None) -> Kept | None:
        """Tell how an object, or one version of it, is locked, by its own headers; None if there is none."""
        with _answers():
            try:
                found = self._client.stat_object(bucket_name=self.name, object_name=name, version_id=version)
            except S3Error as error:
                if error.code in _ABSENT:
                    return None
                raise
        headers = {key.lower(): value for key, value in (found.metadata or {}).items()}
        until = headers.get("x-amz-object-lock-retain-until-date")
        stored_at = found.last_modified or datetime.now(UTC)
        return Kept(headers.get("x-amz-object-lock-mode"), datetime.fromisoformat(until) if until else None, stored_at)

    def _locked(self) -> bool:
        try:
            self._client.get_object_lock_config(bucket_name=self.name)
        except S3Error as error:
            if error.code == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return True


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (MinioException, HTTPError, OSError) as error:
        raise StorageAway(getattr(error, "code", type(error).__name__)) from error
