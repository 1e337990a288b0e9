"""The buckets: copied object by object into numbered files, and put back with their locks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from launcher.components.seaweedfs import PROBE_BUCKET
from launcher.errors import StackError

INDEX = "index.jsonl"
_UNLOCKED = {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: where it belongs, the file that holds it, and until when it is locked, if it is."""

    bucket: str
    key: str
    file: str
    until: str | None


def buckets(client: Minio) -> list[str]:
    """Return the names of the buckets that hold something of ours."""
    return sorted(bucket.name for bucket in client.list_buckets() if bucket.name != PROBE_BUCKET)


def copy_out(client: Minio, bucket: str, folder: Path, told: Callable[[int], None]) -> int:
    """Copy the objects of a bucket into `folder`; return how many there are."""
    folder.mkdir(parents=True)
    locked = _is_locked(client, bucket)
    count = 0
    with (folder / INDEX).open("w") as index:
        index.write(json.dumps({"bucket": bucket, "locked": locked}) + "\n")
        for one in client.list_objects(bucket_name=bucket, recursive=True):
            key = str(one.object_name)
            until = _locked_until(client, bucket, key) if locked else None
            stored = Stored(bucket, key, f"{count:08}", until)
            client.fget_object(bucket_name=bucket, object_name=key, file_path=str(folder / stored.file))
            index.write(json.dumps(asdict(stored)) + "\n")
            count += 1
            told(count)
    return count


def copy_in(client: Minio, folder: Path, told: Callable[[int], None]) -> int:
    """Make the bucket whose copy is in `folder` and put its objects back; return how many there are."""
    lines = _lines(folder / INDEX)
    head = json.loads(next(lines))
    bucket, locked = str(head["bucket"]), bool(head["locked"])
    if client.bucket_exists(bucket_name=bucket):
        raise StackError(f"the bucket {bucket} exists already; restore into an empty object store")
    client.make_bucket(bucket_name=bucket, object_lock=locked)
    count = 0
    for line in lines:
        stored = Stored(**json.loads(line))
        kept = Retention(COMPLIANCE, datetime.fromisoformat(stored.until)) if stored.until else None
        path = str(folder / stored.file)
        client.fput_object(bucket_name=bucket, object_name=stored.key, file_path=path, retention=kept)
        count += 1
        told(count)
    return count


def _is_locked(client: Minio, bucket: str) -> bool:
    try:
        client.get_object_lock_config(bucket_name=bucket)
    except S3Error as error:
        if error.code in _UNLOCKED:
            return False
        raise
    return True


def _locked_until(client: Minio, bucket: str, key: str) -> str | None:
    headers = {name.lower(): value for name, value in (client.stat_object(bucket, key).metadata or {}).items()}
    found = headers.get("x-amz-object-lock-retain-until-date")
    return str(found) if found else None


def _lines(path: Path) -> Iterator[str]:
    with path.open() as lines:
        yield from lines
