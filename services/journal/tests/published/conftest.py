"""A log that grows, and two buckets that it is published to, on the real servers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from subprocess import run
from typing import Any
from uuid import uuid4

import httpx
import pytest
from journal.attest.attestations import Attestations
from journal.attest.published import Published
from journal.attest.publishing import Publisher
from journal.attest.s3 import Bucket, S3Address
from journal.log.checkpoints import Checkpoints, LogSigner, Sealed
from journal.log.database import Database
from journal.log.records import Draft, Records
from launcher.components.seaweedfs import PORTS, SeaweedFS
from launcher.programs import postgres_program

DAYS = 2
ACCESS = {"purpose": "control", "reference": None, "query": {}}


@dataclass
class Copy:
    """Both buckets, and what reads them."""

    address: S3Address
    tiles: Bucket
    worm: Bucket

    def published(self) -> Published:
        return Published(self.worm, self.tiles)

    def publisher(self, database: Database) -> Publisher:
        return Publisher(database, self.tiles, self.worm, Attestations(database).note)

    def attest(self, platform: Any) -> int:
        """Sign, have it cosigned and stamped, sign the seal too, publish; returns the size published."""
        sealed = platform.checkpoints.seal()
        assert sealed is not None
        assert platform.parts.stamper.stamp(sealed)
        platform.checkpoints.seal()
        return self.publisher(platform.database).publish()

    def files(self, bucket: Bucket) -> dict[str, bytes]:
        return {name: bucket.get(name) or b"" for name in bucket.names("")}


class Log:
    """A log of access records, as long as a test wants."""

    def __init__(self, url: str, database: Database, signer: LogSigner, copy: Copy) -> None:
        self.url, self.database, self.signer, self.copy = url, database, signer, copy
        self.records = Records(database)
        self.checkpoints = Checkpoints(database, signer, copy.published())

    def grow(self, amount: int) -> None:
        self.records.append_all([Draft("access", ACCESS)] * amount)

    def seal(self, amount: int = 1) -> Sealed:
        self.grow(amount)
        sealed = self.checkpoints.seal()
        assert sealed is not None
        return sealed


@pytest.fixture
def copy(s3_server: SeaweedFS) -> Iterator[Copy]:
    """Return two buckets of this test's own, made and empty."""
    access, name = s3_server.access, uuid4().hex[:12]
    address = S3Address(access.endpoint, access.access_key, access.secret_key)
    made = Copy(address, Bucket(address, f"tiles-{name}"), Bucket(address, f"worm-{name}", DAYS))
    made.tiles.prepare()
    made.worm.prepare()
    yield made
    master = s3_server.ports[PORTS.index("master")]
    for bucket in (made.tiles, made.worm):
        bucket.close()
        # no request to S3 removes what is locked; the throw-away server has room for few buckets
        httpx.get(f"http://127.0.0.1:{master}/col/delete", params={"collection": bucket.name}, trust_env=False)


@pytest.fixture
def log(database_url: str, database: Database, signer: LogSigner, copy: Copy) -> Log:
    return Log(database_url, database, signer, copy)


@pytest.fixture
def log_at(signer: LogSigner, copy: Copy) -> Iterator[Callable[[str], Log]]:
    """Return a function that opens a further database of the same log."""
    opened: list[Database] = []

    def make(url: str) -> Log:
        opened.append(Database(url))
        return Log(url, opened[-1], signer, copy)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def backup(new_database: Callable[[], str], database_url: str, log_at: Callable[[str], Log]) -> Callable[..., Log]:
    """Return a function that copies a database, the test's own unless another is named, and opens the copy."""
    programs = postgres_program("pg_dump").parent

    def copied(url: str = database_url) -> Log:
        content = run([programs / "pg_dump", "--dbname", url], capture_output=True, check=True).stdout  # noqa: S603
        target = new_database()
        run([programs / "psql", "--quiet", "--dbname", target], input=content, capture_output=True, check=True)  # noqa: S603
        return log_at(target)

    return copied


@pytest.fixture
def published(stands: Callable[..., AbstractContextManager[Any]], copy: Copy, attesters: Any) -> Iterator[Any]:
    """Return a platform with witnesses, an authority and a published log."""
    settings = {
        "s3_endpoint": copy.address.endpoint,
        "s3_access_key": copy.address.access_key,
        "s3_secret_key": copy.address.secret_key,
        "tiles_bucket": copy.tiles.name,
        "worm_bucket": copy.worm.name,
        "worm_days": copy.worm.locked_days,
    }
    with stands(**settings, **attesters.settings()) as made:
        yield made
