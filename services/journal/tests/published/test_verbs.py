"""The real process publishes; the real verbs look at it, and bring a restored database back."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from journal.attest.layout import LATEST
from journal.wiring import PRODUCERS

if TYPE_CHECKING:
    from conftest import Copy, Log, Platform

NOBODY = "http://127.0.0.1:9"  # the port of what is never answered
SECONDS = 60
COMMAND = [sys.executable, "-m", "journal"]


def environment(platform: "Platform", nats_url: str, port: int) -> dict[str, str]:
    settings = platform.settings
    plain = settings.model_dump(mode="json", exclude_none=True)
    plain["peers"] = dict.fromkeys(PRODUCERS, NOBODY) | plain["peers"]
    plain |= {"nats_url": nats_url, "http_port": port, "s3_secret_key": settings.s3_secret_key.get_secret_value()}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()}
    return {**os.environ, **{f"JOURNAL_{name.upper()}": text for name, text in texts.items()}}


def verb(surroundings: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *words], env=surroundings, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def test_a_running_journal_publishes_and_its_verbs_agree(
    published: "Platform", copy: "Copy", nats_url: str, free_port: int, backup: Callable[..., "Log"]
) -> None:
    surroundings = environment(published, nats_url, free_port)
    before = backup(published.settings.database_url)
    process = subprocess.Popen([*COMMAND, "run"], env=surroundings)  # noqa: S603 - our own command
    try:
        deadline = time.monotonic() + SECONDS
        while copy.tiles.get(LATEST) is None:
            if time.monotonic() > deadline:
                pytest.fail("the journal published nothing in time")
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    said = json.loads(verb(surroundings, "status", "--json").stdout)
    assert said["published_size"] >= 6
    waiting = {one["service"]: one["waiting"] for one in said["sources"]}
    assert (waiting["dossier"], waiting["vault"]) == (0, 0)
    audited = verb(surroundings, "audit", "--json")
    assert (audited.returncode, json.loads(audited.stdout)["clean"]) == (0, True)
    looked = verb(surroundings, "monitor")
    assert (looked.returncode, looked.stdout) == (0, "0 findings\n")
    restored = surroundings | {"JOURNAL_DATABASE_URL": before.url}
    recovered = verb(restored, "recover")
    assert recovered.returncode == 0, recovered.stderr
    assert recovered.stdout.startswith("the log held 6 leaves and holds ")
    assert json.loads(verb(restored, "status", "--json").stdout)["signed_size"] >= said["published_size"]
