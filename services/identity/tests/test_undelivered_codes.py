"""A provider of SMS takes a message and never delivers it: another sends another code, and the one before is void."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from chassis.settings import SettingsRefused

PHONE, NUMBER = "06 12 34 04 64", "+33612340464"
IN_TIME, TOO_LATE = 29, 31  # seconds

pytestmark = pytest.mark.fault("F48")


@pytest.fixture
def fallback(second_sms: Any) -> dict[str, str]:
    """Return the settings of an identity that has a second provider, with caps that a test does not meet."""
    caps = {"code_resend_seconds": "0", "codes_per_hour": "100", "codes_per_day": "100", "codes_per_ip_hour": "1000"}
    return {"sms_fallback_url": second_sms.url, "sms_fallback_token": "other", **caps}


@pytest.fixture
def platform(start: Callable[..., Any], fallback: dict[str, str]) -> Any:
    return start(**fallback)


def arrived(provider: Any) -> list[str]:
    return [one["text"] for one in provider.admin.get("/messages").json()]


def asked(platform: Any, **faults: Any) -> tuple[dict[str, str], str]:
    """Have a client ask for a code of which the first provider does what `faults` say; return both once it is taken."""
    client = platform.new_client(platform.notary(), phone=PHONE)
    platform.sms.admin.put("/faults", json=faults)
    challenge = platform.asked(client, platform.invitation(client))
    until(lambda: platform.events("code-sent"))
    return client, challenge


def until(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ready(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.TransportError:
        return False


def old(platform: Any, seconds: int) -> None:
    """Let every code have been asked for so many seconds ago."""
    platform.sql("UPDATE identity.challenge SET created_at = clock_timestamp() - make_interval(secs => %s)", seconds)


def answer(platform: Any, challenge: str, code: str) -> int:
    return platform.post(f"/sign-in/codes/{challenge}/answer", {"code": code}).status_code


def only_code(platform: Any, challenge: str, code: str) -> bool:
    """Tell whether a challenge takes this code."""
    kept = platform.identity.digests.code(challenge, code)
    return [bytes(row[0]) for row in platform.sql("SELECT code FROM identity.challenge")] == [kept]


def test_after_half_a_minute_another_provider_sends_another_code_and_the_first_is_void(
    platform: Any, second_sms: Any
) -> None:
    client, challenge = asked(platform, lose=[NUMBER])
    ((before,),) = platform.sql("SELECT code FROM identity.challenge")
    old(platform, IN_TIME)
    platform.identity.delivery.make_good()
    assert arrived(second_sms) == []
    old(platform, TOO_LATE)
    platform.identity.delivery.make_good()
    code = platform.code_by(second_sms, client)
    assert bytes(before) != platform.identity.digests.code(challenge, code)
    assert only_code(platform, challenge, code)
    assert arrived(platform.sms) == []
    assert [one["purpose"] for one in platform.events("code-sent")] == ["first-access"] * 2
    assert answer(platform, challenge, code) == 200
    platform.identity.delivery.make_good()
    assert len(arrived(second_sms)) == 1


def test_the_code_of_a_message_that_comes_too_late_is_refused(platform: Any, second_sms: Any) -> None:
    """The provider says nothing of what it did: the message is on the phone, and it does not answer when asked."""
    client, challenge = asked(platform)
    late = platform.code(client)
    platform.sms.admin.put("/faults", json={"down": True})
    old(platform, TOO_LATE)
    platform.identity.delivery.make_good()
    code = platform.code_by(second_sms, client)
    if late != code:
        assert answer(platform, challenge, late) == 401
        assert [one["cause"] for one in platform.events("code-refused")] == ["wrong"]
    assert answer(platform, challenge, code) == 200


def test_a_code_that_was_delivered_or_answered_stays_what_it_is(platform: Any, second_sms: Any) -> None:
    client, challenge = asked(platform)
    old(platform, TOO_LATE)
    platform.identity.delivery.make_good()
    platform.sms.admin.put("/faults", json={"down": True})
    platform.identity.delivery.make_good()  # it was told once, and asks no more
    assert answer(platform, challenge, platform.code(client)) == 200
    assert arrived(second_sms) == []


def test_a_code_that_is_too_old_is_not_sent_again(platform: Any, second_sms: Any) -> None:
    asked(platform, lose=[NUMBER])
    old(platform, TOO_LATE)
    platform.sql("UPDATE identity.challenge SET expires_at = clock_timestamp() - interval '1 second'")
    platform.identity.delivery.make_good()
    assert arrived(second_sms) == []


def test_of_several_processes_that_look_at_once_one_sends(platform: Any, second_sms: Any) -> None:
    client, challenge = asked(platform, lose=[NUMBER])
    old(platform, TOO_LATE)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(platform.identity.delivery.make_good) for _ in range(4)]:
            done.result()
    assert len(arrived(second_sms)) == 1
    assert len(platform.events("code-sent")) == 2
    assert answer(platform, challenge, platform.code_by(second_sms, client)) == 200


def test_tries_are_counted_on(platform: Any, second_sms: Any) -> None:
    client, challenge = asked(platform, lose=[NUMBER])
    for _ in range(5):
        answer(platform, challenge, "no code")
    old(platform, TOO_LATE)
    platform.identity.delivery.make_good()
    assert answer(platform, challenge, platform.code_by(second_sms, client)) == 401


def test_a_number_that_had_its_share_gets_no_second_message(
    start: Callable[..., Any], fallback: dict[str, str], second_sms: Any
) -> None:
    platform = start(**fallback | {"codes_per_hour": "1"})
    asked(platform, lose=[NUMBER])
    old(platform, TOO_LATE)
    for _ in range(2):
        platform.identity.delivery.make_good()
    assert arrived(second_sms) == []
    assert [one["cause"] for one in platform.events("code-refused")] == ["too-many-for-number"]


@pytest.mark.parametrize("faults", [{"down": True}, {"refuse": [NUMBER]}], ids=["is away", "refuses"])
def test_what_the_first_provider_does_not_take_the_second_sends(
    platform: Any, second_sms: Any, faults: dict[str, Any]
) -> None:
    client, challenge = asked(platform, **faults)
    old(platform, TOO_LATE)
    platform.identity.delivery.make_good()
    assert answer(platform, challenge, platform.code_by(second_sms, client)) == 200
    assert len(arrived(second_sms)) == 1


@pytest.mark.parametrize("missing", ["sms_fallback_url", "sms_fallback_token"])
def test_half_a_second_provider_is_refused(start: Callable[..., Any], fallback: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsRefused, match="sms_fallback_url and sms_fallback_token go together"):
        start(**{name: value for name, value in fallback.items() if name != missing})


@contextmanager
def working(settings: dict[str, str]) -> Iterator[None]:
    """Run `work` of identity, a process of its own, during the block; it is ready."""
    environment = os.environ | {f"IDENTITY_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen([sys.executable, "-m", "identity", "work"], env=environment)
    try:
        until(lambda: ready(settings["http_port"]))
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_process_looks_by_itself(
    start: Callable[..., Any], fallback: dict[str, str], second_sms: Any, nats_url: str, free_port: int
) -> None:
    platform = start(**fallback)
    client, challenge = asked(platform, lose=[NUMBER])
    old(platform, TOO_LATE)
    with working({"http_port": str(free_port), "nats_url": nats_url}):
        assert answer(platform, challenge, platform.code_by(second_sms, client)) == 200
