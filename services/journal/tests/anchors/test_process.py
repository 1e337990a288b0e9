"""The real process closes a day, and gives the state that closed it to the calendars of its settings."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from journal.settings import Settings
from journal.wiring import PRODUCERS
from pydantic import ValidationError
from sandbox.calendar.apps import Switches, calendar
from sandbox.calendar.ledger import Ledger
from testkit.serving import serving

if TYPE_CHECKING:
    from conftest import Platform

SECONDS = 90
NOBODY = "http://127.0.0.1:9"  # the port of what is never answered
COMMAND = [sys.executable, "-m", "journal"]


def environment(platform: "Platform", **more: Any) -> dict[str, str]:
    plain = platform.settings.model_dump(mode="json", exclude_none=True, exclude={"s3_secret_key"}) | more
    plain["peers"] = dict.fromkeys(PRODUCERS, NOBODY) | plain["peers"]
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()}
    return {**os.environ, **{f"JOURNAL_{name.upper()}": text for name, text in texts.items()}}


def status(surroundings: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, "status", "--json"], env=surroundings, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_a_running_journal_has_the_last_day_anchored(attested: "Platform", nats_url: str, free_port: int) -> None:
    ledger = Ledger()
    with serving(calendar(ledger, Switches())) as url:
        surroundings = environment(attested, nats_url=nats_url, http_port=free_port, calendars=[url])
        process = subprocess.Popen([*COMMAND, "run"], env=surroundings)  # noqa: S603 - our own command
        try:
            deadline = time.monotonic() + SECONDS
            while status(surroundings)["anchors_waiting"] is None:
                if time.monotonic() > deadline:
                    pytest.fail("the journal asked no calendar in time")
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
    said = status(surroundings)
    assert (said["anchors_waiting"], said["anchored_size"]) == (1, None)


@pytest.mark.parametrize(
    "address", ["ftp://a.example", "a.example", "https://a.example/?q=1", "https://user@a.example"]
)
def test_an_address_that_no_proof_could_name_is_no_calendar(attested: "Platform", address: str) -> None:
    told = attested.settings.model_dump() | {"calendars": (address,)}
    with pytest.raises(ValidationError, match="calendars"):
        Settings.model_validate(told)
