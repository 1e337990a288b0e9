"""The simulator as a process of its own, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import pytest


def port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client, httpx.Client]]:
    public, admin = port(), port()
    given = {"PORT": str(public), "ADMIN_PORT": str(admin), "FOLDER": str(folder), "TOKEN": "t", "PRIVATE_KEY": "k"}
    environment = os.environ | {f"SANDBOX_{name}": value for name, value in given.items()}
    started = subprocess.Popen([sys.executable, "-m", "sandbox.ar24"], env=environment, stderr=subprocess.DEVNULL)
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{public}/api/", timeout=60) as http,
        httpx.Client(base_url=f"http://127.0.0.1:{admin}/__sandbox__/", timeout=60) as control,
    ):
        try:
            _wait(started, control)
            yield started, http, control
        finally:
            started.kill()
            started.wait(10)


def _wait(started: subprocess.Popen[bytes], control: httpx.Client) -> None:
    end = time.monotonic() + 60
    while started.poll() is None and time.monotonic() < end:
        try:
            control.get("clock")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("no answer")


def letter(reference: str, sender: Any) -> dict[str, Any]:
    person = {"to_lastname": "A", "to_firstname": "B", "to_email": "accept@client.fr", "dest_statut": "particulier"}
    return {"token": "old", "id_user": sender, "content": "x", "ref_client": reference, **person}


def test_a_kill_loses_nothing_that_was_answered_and_a_cut_may_come_on_either_side(tmp_path: Path) -> None:
    with process(tmp_path) as (killed, http, control):
        control.post("applications", json={"uuid": "old", "private_key": "k", "encrypted": False})
        sender = control.post("senders", json={"email": "marie@office.fr"}).json()["id"]
        control.put("faults", json={"cut_after_commit": 1, "route": "POST mail"})
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("mail", data=letter("after", sender))
        control.put("faults", json={"cut_before_commit": 1, "route": "POST mail"})
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("mail", data=letter("before", sender))
        answered = http.post("mail", data=letter("answered", sender)).json()["result"]["id"]
        control.put("faults", json={"extra_fields": True})
        control.post("clock/advance", json={"seconds": 30 * 86400})
        late = http.post("mail", data=letter("late", sender)).json()["result"]["id"]
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait(10)
        moved = control.base_url  # the next process has other ports
    with process(tmp_path) as (_, http, control):
        assert control.base_url != moved
        known = {one["ref_client"]: one for one in control.get("letters").json()}
        assert set(known) == {"after", "answered", "late"}
        assert (known["answered"]["id"], known["answered"]["state"]) == (answered, "accepted")
        assert control.get("faults").json()["extra_fields"] is True
        control.post("clock/advance", json={"seconds": 86400})
        one = http.get("mail", params={"token": "old", "id": late}).json()["result"]
        assert one["status"] == "AR"
        assert one["view_date"] > known["answered"]["ended"][:10]


def test_what_is_due_happens_by_itself_as_time_goes_by(tmp_path: Path) -> None:
    with process(tmp_path) as (_, http, control):
        control.post("applications", json={"uuid": "old", "private_key": "k", "encrypted": False})
        sender = control.post("senders", json={"email": "marie@office.fr"}).json()["id"]
        control.put("assumptions", json={"send_delay_s": 0.2})
        control.put("faults", json={"slow_s": 0.05})
        number = http.post("mail", data=letter("r", sender)).json()["result"]["id"]
        states = {"waiting"}
        end = time.monotonic() + 60
        while "sent" not in states and time.monotonic() < end:
            states.add(http.get("mail", params={"token": "old", "id": number}).json()["result"]["status"])
        assert states == {"waiting", "sent"}
        assert (tmp_path / "seal" / "chain.pem").exists()
