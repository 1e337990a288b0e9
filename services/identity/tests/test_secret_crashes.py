"""A secret and its event change together, wherever the process that changes them is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest
from chassis.actor import Actor
from eventstore import Changed, rebuild
from identity.adapters.purge import forget
from identity.domain.person import Person

PASSWORD = "Une longue phrase 7"
NEW = "Une autre phrase 8"
BEFORE, AFTER = "identity.secret-prepared", "eventstore.after-commit"


Dies = Callable[[str, str, str, str, dict[str, str]], None]


@pytest.fixture
def dies(platform: Any, environment: dict[str, str], free_port: int) -> Dies:
    """Return a function: a process of identity answers a request and is killed at a crash point meanwhile."""
    assert platform  # its database is prepared

    def die(point: str, method: str, path: str, token: str, body: dict[str, str]) -> None:
        own = {"IDENTITY_HTTP_PORT": str(free_port), "SCELLE_CRASHPOINT": point}
        url, headers = f"http://127.0.0.1:{free_port}", {"Authorization": f"Bearer {token}"}
        process = subprocess.Popen([sys.executable, "-m", "identity", "serve"], env=os.environ | environment | own)
        try:
            deadline = time.monotonic() + 60
            while not _ready(url):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            with pytest.raises(httpx.TransportError):
                httpx.request(method, f"{url}/api/identity/v1{path}", headers=headers, json=body, timeout=60)
            assert process.wait(60) == -signal.SIGKILL
        finally:
            process.kill()
            process.wait()

    return die


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def client(platform: Any) -> dict[str, str]:
    made = platform.new_client(platform.notary())
    platform.with_password(made)
    return made


def signs_in(platform: Any, client: dict[str, str], password: str) -> tuple[int, str | None]:
    answer = platform.post("/sign-in/password", {"email": client["email"], "password": password})
    return answer.status_code, answer.json().get("means")


@pytest.mark.parametrize(("point", "changed"), [(BEFORE, False), (AFTER, True)])
def test_a_password_changes_with_its_event_or_not_at_all(
    platform: Any, client: dict[str, str], dies: Dies, point: str, *, changed: bool
) -> None:
    token = platform.client_session(client)["access_token"]
    dies(point, "PUT", "/me/password", token, {"present": PASSWORD, "password": NEW})
    assert len(platform.events("password-set")) == 1 + changed
    right, wrong = (NEW, PASSWORD) if changed else (PASSWORD, NEW)
    assert signs_in(platform, client, wrong)[0] == 401
    assert signs_in(platform, client, right)[0] == 200
    rebuild(platform.identity.store)
    assert signs_in(platform, client, right)[0] == 200
    again = platform.call("PUT", "/me/password", token, json={"present": right, "password": f"{NEW} bis"})
    assert again.status_code == 204
    assert signs_in(platform, client, f"{NEW} bis")[0] == 200


@pytest.mark.parametrize(("point", "changed"), [(BEFORE, False), (AFTER, True)])
def test_an_app_is_turned_on_with_its_event_or_not_at_all(
    platform: Any, client: dict[str, str], dies: Dies, point: str, *, changed: bool
) -> None:
    token = platform.client_session(client)["access_token"]
    app = pyotp.TOTP(platform.post("/me/authenticator", token=token).json()["secret"])
    proof = {"password": PASSWORD, "code": app.now()}
    dies(point, "POST", "/me/authenticator/confirmation", token, proof)
    assert len(platform.events("second-factor-enabled")) == changed
    assert signs_in(platform, client, PASSWORD) == (200, "authenticator" if changed else "sms")
    if not changed:
        proof = {"password": PASSWORD, "code": app.now()}
        assert platform.post("/me/authenticator/confirmation", proof, token).status_code == 200
    state = platform.call("GET", "/me/authenticator", token).json()
    assert (state["on"], state["recovery_codes_left"]) == (True, 8)


@pytest.mark.parametrize(("point", "changed"), [(BEFORE, False), (AFTER, True)])
def test_an_app_is_turned_off_with_its_event_or_not_at_all(
    platform: Any, client: dict[str, str], dies: Dies, point: str, *, changed: bool
) -> None:
    token = platform.client_session(client)["access_token"]
    app = pyotp.TOTP(platform.post("/me/authenticator", token=token).json()["secret"])
    proof = {"password": PASSWORD, "code": app.now()}
    codes = platform.post("/me/authenticator/confirmation", proof, token).json()["recovery_codes"]
    dies(point, "POST", "/me/authenticator/removal", token, {"password": PASSWORD, "code": codes[0]})
    assert len(platform.events("second-factor-removed")) == changed
    assert signs_in(platform, client, PASSWORD) == (200, "sms" if changed else "authenticator")
    assert bool(platform.sql("SELECT 1 FROM identity.authenticator")) is not changed


def test_what_a_killed_process_left_is_put_in_force_when_work_starts_and_the_rest_is_forgotten(
    platform: Any, client: dict[str, str], dies: Dies
) -> None:
    token = platform.client_session(client)["access_token"]
    dies(AFTER, "PUT", "/me/password", token, {"present": PASSWORD, "password": NEW})
    dies(BEFORE, "PUT", "/me/password", token, {"present": NEW, "password": f"{NEW} bis"})
    platform.sql("UPDATE identity.prepared SET made_at = now() - interval '2 hours'")
    forget(platform.identity.store)
    assert platform.sql("SELECT 1 FROM identity.prepared") == []
    assert signs_in(platform, client, NEW)[0] == 200


def test_of_two_changes_at_once_one_is_refused_and_leaves_nothing_in_force(
    platform: Any, client: dict[str, str]
) -> None:
    identity, person_id = platform.identity, UUID(client["id"])
    first, second = (identity.store.get(Person, person_id) for _ in range(2))
    for person, password in ((first, NEW), (second, f"{NEW} bis")):
        person.set_password(identity.passwords.prepare(person_id, password))
    identity.store.save(first, actor=Actor.system())
    with pytest.raises(Changed):
        identity.store.save(second, actor=Actor.system())
    assert signs_in(platform, client, NEW)[0] == 200
    assert signs_in(platform, client, f"{NEW} bis")[0] == 401
