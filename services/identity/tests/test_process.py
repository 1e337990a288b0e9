"""Identity as it is run: a process of its own."""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest


@pytest.fixture(scope="module")
def tables() -> None:
    """Leave it to the process to make them."""


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "identity", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_process_serves_relays_and_stops_when_asked(environment: dict[str, str], nats_url: str) -> None:
    environment |= {"IDENTITY_NATS_URL": nats_url}
    for _ in range(2):
        assert run(environment, "migrate").returncode == 0
    registered = {
        run(environment, "register-office", "--crpcen", "75999", "--name", name).stdout for name in ("Morel", "Other")
    }
    assert len(registered) == 1
    both = ("--crpcen", "75999", "--name", "Morel", "--crpcen", "69999", "--name", "Lambert")
    known, other = run(environment, "register-office", *both).stdout.splitlines()
    assert {f"{known}\n"} == registered
    assert known != other
    assert run(environment, "register-office", *both[:-2]).returncode != 0
    process = subprocess.Popen([sys.executable, "-m", "identity", "run"], env=os.environ | environment)
    try:
        url = f"http://127.0.0.1:{environment['IDENTITY_HTTP_PORT']}"
        deadline = time.monotonic() + 30
        while not _ready(url):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        found = httpx.get(f"{url}/api/identity/v1/offices", params={"q": "morel"}).json()["items"]
        assert found == [{"id": registered.pop().strip(), "crpcen": "75999", "name": "Morel"}]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert run(environment, "rebuild").returncode == 0


def test_a_wrong_crpcen_or_setting_is_said_in_one_line(environment: dict[str, str]) -> None:
    missing = run({key: value for key, value in environment.items() if "CODE_KEY" not in key}, "migrate")
    assert missing.returncode != 0
    assert "IDENTITY_CODE_KEY_FILE" in missing.stderr


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False
