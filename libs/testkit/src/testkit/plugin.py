"""Fixtures: the real servers, started once per test session on free ports, each test with fresh data in them."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from launcher.components.nats import Nats
from launcher.components.postgres import Postgres, drop_database
from launcher.components.seaweedfs import PORTS, S3Access, SeaweedFS
from launcher.parts import running
from launcher.ports import free_ports

from testkit.databases import Databases, NewDatabase, Prepare

pytest_plugins = ["testkit.fault_report"]
_numbers = itertools.count(1)

# A timing never decides a test: the machine may be busy.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the way to it."""

    access: S3Access
    name: str


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Return a folder that PostgreSQL's unprivileged account can pass through.

    It is not one of pytest's: sessions that run side by side remove each other's oldest ones, servers and all.
    """
    with tempfile.TemporaryDirectory(prefix="scelle-servers-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[Postgres]:
    """Return a running PostgreSQL server; its ``url`` is the superuser's. No test outlives the machine."""
    port, log = free_ports(1)[0], servers_folder / "postgres.log"
    server = Postgres(servers_folder / "postgres", port, log, tied=True, durable=False)
    with running(server):
        yield server


@pytest.fixture(scope="session")
def dropping(postgres: Postgres) -> Iterator[Callable[[str], None]]:
    """Return what drops a database while the next test runs."""
    with ThreadPoolExecutor(1) as worker:
        dropped: list[Future[None]] = []
        yield lambda name: dropped.append(worker.submit(drop_database, postgres.url, name))
        for one in dropped:
            one.result()


@pytest.fixture(scope="session")
def new_database(postgres: Postgres) -> NewDatabase:
    """Return what makes a database, and gives its address."""
    return Databases(postgres).new


@pytest.fixture(scope="session")
def tables() -> Prepare | None:
    """Return what makes the tables that the database of every test begins with; none, unless tests say otherwise."""
    return None


@pytest.fixture
def database_url(
    postgres: Postgres, new_database: NewDatabase, tables: Prepare | None, dropping: Callable[[str], None]
) -> Iterator[str]:
    """Return the address of a database of this test's own, with the `tables` and no row."""
    url = new_database(tables)
    yield url
    dropping(url.removeprefix(postgres.database_url("")))


@pytest.fixture(scope="session")
def nats_server(servers_folder: Path) -> Iterator[Nats]:
    """Return a running NATS server with JetStream."""
    server = Nats(servers_folder / "nats", free_ports(1)[0], servers_folder / "nats.log", tied=True)
    with running(server):
        yield server


@pytest.fixture
def nats_url(nats_server: Nats) -> str:
    """Return the address of the NATS server; tests share it, so they use stream names of their own."""
    return nats_server.url


@pytest.fixture
def bus_url(tmp_path: Path) -> Iterator[str]:
    """Return a bus of the test's own, for processes whose streams have the names of the real ones."""
    server = Nats(tmp_path / "nats", free_ports(1)[0], tmp_path / "nats.log", tied=True)
    with running(server):
        yield server.url


@pytest.fixture
def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    return free_ports(1)[0]


@pytest.fixture(scope="session")
def s3_server(servers_folder: Path) -> Iterator[SeaweedFS]:
    """Return a running S3 server."""
    ports = free_ports(len(PORTS))
    server = SeaweedFS(servers_folder / "s3", ports, servers_folder / "s3.log", tied=True)
    with running(server):
        yield server


@pytest.fixture
def s3(s3_server: SeaweedFS) -> Iterator[Bucket]:
    """Return an empty bucket of this test's own; it goes with the test, because each costs the server volumes."""
    access, name = s3_server.access, f"test-{next(_numbers)}"
    client = access.client()
    client.make_bucket(bucket_name=name)
    yield Bucket(access, name)
    for found in client.list_objects(bucket_name=name, recursive=True, include_version=True):
        client.remove_object(bucket_name=name, object_name=str(found.object_name), version_id=found.version_id)
    client.remove_bucket(bucket_name=name)
