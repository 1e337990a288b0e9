"""The vault as a process: its verbs, and what SIGKILL in the middle of a deposit leaves."""

import asyncio
import contextlib
import hashlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
from eventstore import rebuild
from vault.application.reaping import Reaper
from vault.domain.manifest import Address

PART = 8 << 20
CONTENT = b"%PDF-1.7\n" + os.urandom(2 * PART)


@contextlib.contextmanager
def running(environment: dict[str, str], log: Path, verb: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stderr:
        command = [sys.executable, "-m", "vault", verb]
        process = subprocess.Popen(command, env=environment, stderr=stderr)  # noqa: S603 - our own words
        try:
            deadline = time.monotonic() + 120
            while not ready(environment) and time.monotonic() < deadline:
                time.sleep(0.05)
            yield process
        finally:
            process.kill()
            process.wait()


def connected(environment: dict[str, str]) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", int(environment["VAULT_HTTP_PORT"]), timeout=120)


def ready(environment: dict[str, str]) -> bool:
    connection = connected(environment)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def reaper(vault: Any) -> Reaper:
    parts = vault.parts
    return Reaper(store=parts.store, keys=parts.keys, objects=parts.objects, uploads=parts.uploads)


KILLS = [
    (0, 0.0),
    (PART + 100, 0.0),
    (2 * PART + 5, 0.05),
    (len(CONTENT), 0.0),
    (len(CONTENT), 0.03),
    (len(CONTENT), 0.1),
    (len(CONTENT), 0.3),
]


@pytest.mark.covers("L-03", "L-58")
@pytest.mark.fault("F4", "F5", "F6", "F7")
def test_a_kill_in_the_middle_of_a_deposit_leaves_all_of_the_document_or_nothing_readable(
    vault: Any, environment: dict[str, str], tmp_path: Path
) -> None:
    tickets = [vault.ticket(CONTENT) for _ in KILLS]
    for ticket, (sent, pause) in zip(tickets, KILLS, strict=True):
        with running(environment, tmp_path / "vault.log", "serve") as process:
            connection = connected(environment)
            connection.putrequest("PUT", f"/api/vault/v1/documents/{ticket.version_id}/content")
            for name, value in {**vault.bearer(ticket), "Content-Length": str(len(CONTENT))}.items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(CONTENT[:sent])
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            connection.close()
    stored = {ticket.version_id for ticket in tickets if vault.get(ticket).status_code == 200}
    for ticket in tickets:
        answer = vault.get(ticket)
        assert answer.content == CONTENT if ticket.version_id in stored else answer.status_code == 404
    reaper(vault).reap(timedelta(0))
    assert len(vault.kept()) == len(stored) * 4  # three parts and a manifest
    assert vault.keys_held() == len(stored)
    for ticket in tickets:
        assert vault.put(ticket, CONTENT).status_code == 201
        assert vault.get(ticket).content == CONTENT


@pytest.mark.fault("F4", "F6")
def test_the_reaper_leaves_what_is_young_and_what_is_stored(vault: Any) -> None:
    ticket = vault.ticket()
    vault.put(ticket)
    parts = vault.parts
    lost, _ = parts.keys.begin(Address(ticket.office_id, ticket.request_id, ticket.version_id))
    parts.objects.put(f"{lost}/00000", b"x", hashlib.sha256(b"x").digest())
    with parts.store.connection() as connection:
        connection.execute("UPDATE vault.data_key SET kept = false")  # as if killed right after the event
    assert reaper(vault).reap() == 0
    assert len(vault.kept()) == 3
    assert reaper(vault).reap(timedelta(0)) == 1
    assert len(vault.kept()) == 2
    assert vault.get(ticket).status_code == 200


async def last_of_the_stream(url: str) -> int:
    connection = await nats.connect(url)
    try:
        return int((await connection.jetstream().stream_info("EV_VAULT")).state.last_seq)
    except nats.js.errors.NotFoundError:
        return 0
    finally:
        await connection.close()


def test_one_process_serves_and_relays_and_stops_when_asked(
    vault: Any, environment: dict[str, str], tmp_path: Path
) -> None:
    vault.put(vault.ticket())
    with running(environment, tmp_path / "vault.log", "run") as process:
        deadline = time.monotonic() + 20
        while asyncio.run(last_of_the_stream(environment["VAULT_NATS_URL"])) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert asyncio.run(last_of_the_stream(environment["VAULT_NATS_URL"])) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_the_read_model_made_again_is_the_same(vault: Any) -> None:
    for _ in range(2):
        ticket = vault.ticket()
        vault.put(ticket)
        vault.get(replace(ticket, action="view"))
    with vault.parts.store.connection() as connection:
        before = connection.execute("SELECT * FROM read.document ORDER BY id").fetchall()
        rebuild(vault.parts.store)
        assert connection.execute("SELECT * FROM read.document ORDER BY id").fetchall() == before
    assert len(before) == 2


def test_the_openapi_document_names_every_refusal(vault: Any) -> None:
    document = vault.http.get("/openapi.json").json()
    put = document["paths"]["/api/vault/v1/documents/{version_id}/content"]["put"]
    assert {"201", "400", "401", "403", "404", "408", "409", "413", "415", "422", "460", "503"} <= set(put["responses"])
    assert not any(path.startswith("/internal") for path in document["paths"])


def asked(
    environment: dict[str, str], bearer: dict[str, str], method: str, path: str, body: bytes = b"", **headers: str
) -> http.client.HTTPResponse:
    """Ask the process; raise OSError if it dies of it."""
    connection = connected(environment)
    try:
        sent = {
            **bearer,
            "Tus-Resumable": "1.0.0",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection.request(method, f"/api/vault/v1{path}", body, sent)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@pytest.mark.covers("L-57")
@pytest.mark.parametrize(
    ("point", "durable"),
    [
        pytest.param("vault.after-upload", [0], marks=pytest.mark.fault("F4")),
        pytest.param("vault.after-part:2", [0, PART], marks=pytest.mark.fault("F5")),
        pytest.param("vault.after-last-part", [2 * PART], marks=pytest.mark.fault("F6")),
        pytest.param("vault.after-event", [len(CONTENT)], marks=pytest.mark.fault("F7")),
    ],
)
def test_an_upload_whose_vault_is_killed_goes_on_from_what_was_durable(
    vault: Any, environment: dict[str, str], tmp_path: Path, point: str, durable: list[int]
) -> None:
    ticket = vault.ticket(CONTENT)
    upload = f"/documents/{ticket.version_id}/upload"

    def ask(method: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        return asked(environment, vault.bearer(ticket), method, upload, body, **headers)

    def send(offset: int) -> int:
        kind = "application/offset+octet-stream"
        return ask("PATCH", CONTENT[offset:], Upload_Offset=str(offset), Content_Type=kind).status

    with running({**environment, "SCELLE_CRASHPOINT": point}, tmp_path / "armed.log", "serve") as process:
        with contextlib.suppress(OSError, http.client.HTTPException):
            ask("POST", Upload_Length=str(len(CONTENT)))
            send(0)
        assert process.wait(60) == -signal.SIGKILL
    with running(environment, tmp_path / "vault.log", "serve"):
        assert ask("POST", Upload_Length=str(len(CONTENT))).status == 201
        offset = int(ask("HEAD").headers["Upload-Offset"])
        assert offset in durable
        assert offset == len(CONTENT) or send(offset) == 204
        receipt = asked(environment, vault.bearer(ticket), "GET", f"/documents/{ticket.version_id}/receipt")
        assert receipt.status == 200
    assert vault.get(ticket).content == CONTENT
    assert vault.stored() == 1
    reaper(vault).reap(timedelta(0))
    assert (vault.keys_held(), len(vault.kept())) == (1, 4)
