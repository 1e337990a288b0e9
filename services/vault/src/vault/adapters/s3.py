"""Objects in a bucket of any S3 server, through the minio SDK."""

import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from chassis.logging import get_logger
from minio import Minio
from minio.credentials.credentials import Credentials
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from minio.signer import sign_v4_s3
from minio.time import to_amz_date, utcnow
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from vault.application.ports import ObjectMissing
from vault.domain.refusals import StorageAway

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
UNSIGNED = "UNSIGNED-PAYLOAD"
RETRIES = Retry(total=3, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504), allowed_methods=None, redirect=0)
"""A repeated PUT carries the same bytes to the same random name."""
PUT_TRIES = 3
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where the bucket is and with which keys; `endpoint` is host:port."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    secure: bool = True
    region: str = "us-east-1"


class S3ObjectStore:
    """The port ObjectStore on S3; safe to use from several threads."""

    def __init__(self, address: S3Address, connections: int = 10) -> None:
        self._origin = f"{'https' if address.secure else 'http'}://{address.endpoint}"
        self._bucket, self._region = address.bucket, address.region
        self._credentials = Credentials(address.access_key, address.secret_key)
        timeout = Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = PoolManager(maxsize=connections, timeout=timeout, retries=RETRIES)
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
        """Make the bucket if it does not exist."""
        with _answers():
            if not self._client.bucket_exists(bucket_name=self._bucket):
                self._client.make_bucket(bucket_name=self._bucket)

    def put(self, name: str, data: bytes | memoryview, sha256: bytes) -> None:
        """Store an object, and look whether it is there: some servers say so of what they have lost."""
        for attempt in range(1, PUT_TRIES + 1):
            etag = self._put(name, data, b64encode(sha256).decode())
            if self._holds(name, memoryview(data).nbytes, etag):
                return
            get_logger().error("object-not-stored", attempt=attempt)
            time.sleep(LOOK_AGAIN_SECONDS * attempt)
        raise StorageAway

    def _put(self, name: str, data: bytes | memoryview, digest: str) -> str:
        """Send the bytes; the request is signed here, since `put_object` would copy the bytes and hash them again."""
        with _answers():
            url = urlsplit(f"{self._origin}/{self._bucket}/{name}")
            headers = self._signed("PUT", url, digest)
            response = self._pool.request("PUT", url.geturl(), body=data, headers=headers)  # type: ignore[arg-type]  # any buffer
        # Servers check the SHA-256 of this header always, that of the signature not always (SeaweedFS 4.48 does not).
        if response.status != 200:  # noqa: PLR2004 - S3 answers a PUT with 200 and nothing else
            raise StorageAway
        return _bare(response.headers.get("ETag"))

    def _holds(self, name: str, size: int, etag: str) -> bool:
        """Tell whether the object is there with this size, and is the one whose bytes the server has compared."""
        try:
            with _answers():
                found = self._client.stat_object(bucket_name=self._bucket, object_name=name)
        except ObjectMissing:
            return False
        return (found.size, _bare(found.etag)) == (size, etag)

    def _signed(self, method: str, url: SplitResult, digest: str) -> dict[str, str]:
        now = utcnow()
        headers: dict[str, str | list[str] | tuple[str]] = {
            "Host": url.netloc,
            "x-amz-content-sha256": UNSIGNED,
            "x-amz-date": to_amz_date(now),
            "x-amz-checksum-sha256": digest,
        }
        signed = sign_v4_s3(
            method=method,
            url=url,
            region=self._region,
            headers=headers,
            credentials=self._credentials,
            content_sha256=UNSIGNED,
            date=now,
        )
        return {name: str(value) for name, value in signed.items()}

    def get(self, name: str, limit: int) -> bytes:
        """Read an object into memory, but never more than `limit` + 1 bytes of it."""
        with _answers():
            response = self._client.get_object(bucket_name=self._bucket, object_name=name)
            try:
                return response.read(limit + 1)
            finally:
                response.close()
                response.release_conn()

    def names(self, prefix: str) -> list[str]:
        """List the objects under a prefix."""
        with _answers():
            found = self._client.list_objects(bucket_name=self._bucket, prefix=prefix, recursive=True)
            return [one.object_name for one in found if one.object_name]

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects in few requests."""
        with _answers():
            for _ in self._client.remove_objects(self._bucket, (DeleteObject(name) for name in names)):
                raise StorageAway


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        raise (ObjectMissing if error.code == "NoSuchKey" else StorageAway) from error
    except (MinioException, HTTPError, OSError) as error:
        raise StorageAway from error
