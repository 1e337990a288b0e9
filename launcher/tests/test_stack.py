"""The embedded stack starts, is found again, and leaves nothing, however its launcher ended."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from launcher.blueprint import BUCKET, SERVICES, Blueprint, database
from launcher.components.nats import Nats
from launcher.components.postgres import Postgres
from launcher.components.seaweedfs import SeaweedFS
from launcher.state import State


@contextmanager
def up(data: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run ``scelle up --json`` while the block lasts and give what it printed."""
    log = data.parent / "up.log"
    environment = os.environ | settings
    command = [sys.executable, "-m", "launcher", "up", "--json", "--data", str(data)]
    with (
        log.open("a") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as launcher,  # noqa: S603 - our own command
    ):
        try:
            assert launcher.stdout
            line = launcher.stdout.readline()
            assert line, log.read_text()
            yield launcher, json.loads(line)
        finally:
            launcher.terminate()
            launcher.wait(60)


def scelle(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launcher", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)  # noqa: S603 - our own command


def alive(pids: dict[str, int]) -> list[str]:
    """Name the processes that run; the command line of a dead one that nobody collected is empty."""
    commands = {name: Path(f"/proc/{pid}/cmdline") for name, pid in pids.items()}
    return [name for name, command in commands.items() if command.exists() and command.read_bytes()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stack")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)
    yield folder / "data"
    scelle(folder / "data", "down")


def test_a_second_start_finds_the_data_and_the_ports_of_the_first(data: Path) -> None:
    with up(data) as (_, first):
        blueprint = Blueprint(_state(data), {})
        access = blueprint.s3_access()
        access.client().make_bucket(bucket_name="kept")
        access.client().put_object(bucket_name="kept", object_name="a", data=io.BytesIO(b"1"), length=1)
        with psycopg.connect(blueprint.postgres_url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        assert scelle(data, "status").returncode == 0
    assert alive(first["processes"]) == []
    assert scelle(data, "status").returncode == 3
    with up(data) as (_, second):
        assert second["gateway"] == first["gateway"]
        assert access.client().get_object(bucket_name="kept", object_name="a").read() == b"1"
        with psycopg.connect(blueprint.postgres_url()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_a_service_cannot_connect_to_the_database_of_another(data: Path) -> None:
    with up(data):
        blueprint = Blueprint(_state(data), {})
        server = urlsplit(blueprint.postgres_url()).netloc.rpartition("@")[2]
        account = f"{database('vault')}:{blueprint.database_password('vault')}"
        with psycopg.connect(f"postgresql://{account}@{server}/{database('vault')}") as connection:
            assert connection.execute("SELECT count(*) FROM ledger.counter").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"postgresql://{account}@{server}/{database('identity')}")


def test_a_killed_launcher_leaves_processes_that_the_next_start_replaces(data: Path) -> None:
    with up(data) as (launcher, first):
        launcher.kill()
        launcher.wait()
        assert alive(first["processes"]) == sorted(first["processes"])
    with up(data) as (_, second):
        assert alive(first["processes"]) == []
        assert second["gateway"] == first["gateway"]
        assert alive(second["processes"]) == sorted(second["processes"])


def test_down_stops_what_a_killed_launcher_left(data: Path) -> None:
    with up(data) as (launcher, first):
        launcher.kill()
        launcher.wait()
    done = scelle(data, "down", "--json")
    assert json.loads(done.stdout)["stopped"] == sorted(first["processes"])
    assert alive(first["processes"]) == []


def test_a_second_launcher_on_the_same_folder_only_says_where_the_first_runs(data: Path) -> None:
    with up(data) as (launcher, first):
        again = scelle(data, "up", "--json")
        assert again.returncode == 0
        assert json.loads(again.stdout) == first
        assert launcher.poll() is None
        assert scelle(data, "down").returncode == 0
        assert launcher.wait(30) is not None
    assert alive(first["processes"]) == []


def test_a_process_that_ends_is_started_again(data: Path) -> None:
    with up(data) as (_, first):
        os.kill(first["processes"]["postgres"], signal.SIGKILL)
        blueprint = Blueprint(_state(data), {})
        deadline = time.monotonic() + 20
        while not (
            blueprint.postgres.ready() and _state(data).processes["postgres"].pid != first["processes"]["postgres"]
        ):
            assert time.monotonic() < deadline, scelle(data, "logs", "postgres").stdout
            time.sleep(0.1)


def test_existing_servers_are_used_instead_of_embedded_ones(
    data: Path, postgres: Postgres, nats_server: Nats, s3_server: SeaweedFS
) -> None:
    access = s3_server.access
    settings = {
        "SCELLE_POSTGRES_URL": postgres.url,
        "SCELLE_NATS_URL": nats_server.url,
        "SCELLE_S3_URL": f"http://{access.endpoint}",
        "SCELLE_S3_ACCESS_KEY": access.access_key,
        "SCELLE_S3_SECRET_KEY": access.secret_key,
    }
    with up(data.parent / "other", **settings) as (_, summary):
        assert {"postgres", "nats", "s3"} & set(summary["processes"]) == set()
        assert {"identity", "vault", "gateway"} <= set(summary["processes"])
        found = [bucket.name for bucket in access.client().list_buckets()]
        assert BUCKET in found
        with psycopg.connect(postgres.url) as connection:
            query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'scelle_%'"
            assert connection.execute(query).fetchone() == (len(SERVICES),)


def _state(data: Path) -> State:
    """Return the state as a reader sees it: the ports are in use, and by the right processes."""
    state = State.load(data)
    state.checked.update(state.ports)
    return state
