"""A process starts, works, and stops cleanly."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from chassis.process import supervise

PROGRAM = """
import asyncio, sys
from pathlib import Path
from chassis.http import create_app
from chassis.process import Service, run_service
from chassis.settings import ServiceSettings
from chassis.tokens import Verifier
from fastapi import APIRouter

class Settings(ServiceSettings, env_prefix="TOY_"):
    folder: Path

def app(settings):
    router = APIRouter()
    @router.get("/slow")
    async def slow() -> str:
        (settings.folder / "asked").touch()
        await asyncio.sleep(1)
        return "done"
    return create_app(service="toy", prefix="/api", routers=[router], verifier=Verifier(settings.trust_file))

def tasks(settings):
    async def task(stop):
        (settings.folder / "working").touch()
        await stop.wait()
        (settings.folder / "stopped").touch()
    async def fragile(stop):
        raise RuntimeError("secret")
    return [task, fragile]

class Parked:
    def __init__(self, settings): pass
    def list(self): return [{"id": "1"}]
    def replay(self, ids): return len(ids) or 7

class Drift:
    def __init__(self, rows): self.rows = rows
    def __bool__(self): return self.rows > 0
    def __str__(self): return f"{self.rows} rows"
    def as_json(self): return {"rows": self.rows}

class Unreadable(Exception):
    store_seq = 7

def compare(settings):
    rows = settings.folder / "rows"
    if not rows.exists():
        raise Unreadable("secret")
    return Drift(int(rows.read_text()))

service = Service(name="toy", settings=Settings, app=app, tasks=tasks, parked=Parked, compare=compare,
    migrate=lambda settings: (settings.folder / "migrated").touch(), peers=("identity", "vault"))
sys.exit(run_service(service))
"""


@pytest.fixture
def environment(keys: Any, tmp_path: Path, free_port: int) -> dict[str, str]:
    (tmp_path / "toy.py").write_text(PROGRAM)
    values = {
        "DATABASE_URL": "postgresql://x/y",
        "HTTP_PORT": free_port,
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "http://localhost",
        "SIGNING_KEY_FILE": keys.folder / "dossier.pem",
        "MASTER_KEY_FILE": keys.folder / "master.key",
        "TRUST_FILE": keys.folder / "trust.json",
        "FOLDER": tmp_path,
        "PEERS": '{"identity": "http://127.0.0.1:1", "vault": "http://127.0.0.1:2"}',
    }
    return {"PATH": os.environ["PATH"], **{f"TOY_{name}": str(value) for name, value in values.items()}}


def toy(environment: dict[str, str], *verb: str) -> subprocess.Popen[str]:
    program = Path(environment["TOY_FOLDER"]) / "toy.py"
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(program), *verb],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(happened: Any) -> None:
    for _ in range(200):
        try:
            if happened():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not happen within 10 s")


def test_run_serves_and_works_and_a_stop_lets_requests_and_tasks_end(
    environment: dict[str, str], tmp_path: Path, free_port: int
) -> None:
    address = f"http://127.0.0.1:{free_port}"
    process = toy(environment, "run")
    slow = [sys.executable, "-c", f"import httpx; print(httpx.get('{address}/api/slow').text)"]
    try:
        wait_for(lambda: httpx.get(address + "/readyz").is_success)
        wait_for((tmp_path / "working").exists)
        with subprocess.Popen(slow, stdout=subprocess.PIPE, text=True) as client:  # noqa: S603 - our own program
            wait_for((tmp_path / "asked").exists)
            process.send_signal(signal.SIGTERM)
            assert client.communicate(timeout=10)[0].strip() == '"done"'
        _, logs = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert (tmp_path / "stopped").exists()
    lines = [json.loads(line) for line in logs.splitlines()]
    assert {"process-started", "task-failed", "request-answered", "process-stopped"} <= {
        line["event"] for line in lines
    }
    assert "secret" not in logs


def test_work_answers_probes_and_nothing_else(environment: dict[str, str], tmp_path: Path, free_port: int) -> None:
    address = f"http://127.0.0.1:{free_port}"
    process = toy(environment, "work")
    try:
        wait_for(lambda: httpx.get(address + "/readyz").is_success)
        wait_for((tmp_path / "working").exists)
        assert httpx.get(address + "/livez").is_success
        refused = httpx.get(address + "/api/slow")
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert (tmp_path / "stopped").exists()


def test_a_process_that_lacks_the_address_of_another_service_does_not_start(environment: dict[str, str]) -> None:
    process = toy(environment | {"TOY_PEERS": '{"identity": "http://127.0.0.1:1"}'}, "work")
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (78, "toy: TOY_PEERS: no address of vault\n")


def test_a_port_that_is_taken_ends_the_process(environment: dict[str, str], free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        process = toy(environment, "run")
        process.communicate(timeout=20)
    assert process.returncode != 0


def test_a_process_may_prepare_its_database_before_it_runs(
    environment: dict[str, str], tmp_path: Path, free_port: int
) -> None:
    process = toy(environment, "run", "--migrate")
    wait_for(lambda: httpx.get(f"http://127.0.0.1:{free_port}/readyz").is_success)
    assert (tmp_path / "migrated").exists()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_migrate_and_parked_do_their_work_and_end(environment: dict[str, str], tmp_path: Path) -> None:
    migrating = toy(environment, "migrate")
    migrating.communicate(timeout=20)
    assert migrating.returncode == 0
    assert (tmp_path / "migrated").exists()
    assert json.loads(toy(environment, "parked", "list").communicate(timeout=20)[0]) == {"id": "1"}
    assert json.loads(toy(environment, "parked", "replay").communicate(timeout=20)[0]) == {"replayed": 7}


def test_compare_tells_a_program_by_its_exit_status_whether_there_is_drift(
    environment: dict[str, str], tmp_path: Path
) -> None:
    def compared(*options: str) -> tuple[int, str, str]:
        process = toy(environment, "compare", *options)
        told, logs = process.communicate(timeout=20)
        return process.returncode, told.strip(), logs

    (tmp_path / "rows").write_text("0")
    assert compared()[:2] == (0, "0 rows")
    (tmp_path / "rows").write_text("3")
    assert compared()[:2] == (1, "3 rows")
    assert compared("--json")[:2] == (1, '{"rows": 3}')
    (tmp_path / "rows").unlink()
    status, told, logs = compared("--json")
    assert (status, told) == (2, "")
    line = json.loads(logs)
    assert (line["event"], line["error"], line["store_seq"]) == ("compare-failed", "Unreadable", 7)
    assert "secret" not in logs


def test_a_setting_that_does_not_hold_ends_the_process_with_one_line(environment: dict[str, str]) -> None:
    process = toy({**environment, "TOY_FODLER": "/x"}, "serve")
    assert process.communicate(timeout=20)[1].strip() == "toy: unknown setting: TOY_FODLER"
    assert process.returncode == 78


async def _count(task_fails: int) -> int:
    stop, runs = asyncio.Event(), 0

    async def task(stop: asyncio.Event) -> None:
        nonlocal runs
        runs += 1
        if runs <= task_fails:
            raise RuntimeError
        stop.set()

    await asyncio.wait_for(supervise(task, stop, first_pause=0.01), 5)
    return runs


def test_a_task_that_fails_is_started_again() -> None:
    assert asyncio.run(_count(3)) == 4


class Collector(BaseHTTPRequestHandler):
    """Receives what is exported."""

    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_what_we_decided_to_record_is_exported_without_what_people_sent(
    environment: dict[str, str], free_port: int
) -> None:
    trace, strangers = "0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319d"
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        own = {"TOY_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}", "TOY_OTLP_SAMPLED": "0"}
        process = toy({**environment, **own}, "serve")
        address = f"http://127.0.0.1:{free_port}"
        try:
            wait_for(lambda: httpx.get(address + "/readyz").is_success)
            for asked, state in ((trace, "scelle=1"), (strangers, "other=1")):
                headers = {"traceparent": f"00-{asked}-b7ad6b7169203331-01", "tracestate": state}
                assert httpx.get(address + "/api/slow?name=jean", headers=headers).is_success
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)
        finally:
            process.kill()
            collector.shutdown()
            thread.join()
    exported = dict(Collector.received)
    assert set(exported) == {"/v1/traces", "/v1/metrics"}
    assert bytes.fromhex(trace) in exported["/v1/traces"]
    assert not any(bytes.fromhex(strangers) in body for path, body in Collector.received if path == "/v1/traces")
    assert b"toy" in exported["/v1/traces"]
    assert not any(b"jean" in body for body in exported.values())
