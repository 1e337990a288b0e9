"""The small pieces under the stack."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from launcher.errors import MissingComponent, NotReady
from launcher.keys import Secrets
from launcher.ports import free_ports
from launcher.processes import Mark, start
from launcher.state import AlreadyRunning, State, only_launcher

from launcher import programs

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_recycled_pid_is_not_ours(tmp_path: Path) -> None:
    process = start("sleeper", SLEEP, tmp_path / "log", tied=True)
    mark = process.mark
    assert mark.alive()
    assert not replace(mark, started=mark.started - 60).alive()
    assert not replace(mark, command=("another",)).alive()
    assert Mark.from_json(mark.as_json()) == mark
    process.stop()
    assert not mark.alive()


def test_a_process_that_ignores_the_request_to_end_is_killed_with_its_children(tmp_path: Path) -> None:
    script = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"child = subprocess.Popen({SLEEP!r}); print(child.pid, flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    process = start("stubborn", [sys.executable, "-c", script], log, patience=0.2, tied=True)
    process.wait_until(lambda: bool(log.read_text().strip()), 10)
    child = int(log.read_text())
    process.stop()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and "zombie" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_that_ends_while_starting_is_reported_with_its_last_words(tmp_path: Path) -> None:
    process = start("broken", [sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path / "log")
    with pytest.raises(NotReady, match="no such luck"):
        process.wait_until(lambda: False, 10)


def test_a_missing_program_is_named_with_the_variable_that_replaces_it() -> None:
    with pytest.raises(MissingComponent, match=r"NATS.*SCELLE_NATS_URL"):
        programs.program("no-such-server", "NATS", "SCELLE_NATS_URL")


def test_two_launchers_cannot_hold_one_folder(tmp_path: Path) -> None:
    with only_launcher(tmp_path):
        program = f"with only_launcher(Path({str(tmp_path)!r})): pass"
        code = f"from pathlib import Path; from launcher.state import only_launcher\n{program}"
        command = [sys.executable, "-c", code]
        second = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
        assert AlreadyRunning.__name__ in second.stderr
    with only_launcher(tmp_path):
        pass


def test_ports_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    first = State(tmp_path)
    chosen = [first.port("a"), first.port("b")]
    first.save()
    second = State.load(tmp_path)
    assert [second.port("a"), second.port("b")] == chosen


def test_free_ports_are_distinct() -> None:
    assert len(set(free_ports(50))) == 50


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "secrets")
    files = [secrets.signing_key("vault"), secrets.random_key("code"), secrets.trust_file(("vault",))]
    assert [oct(path.stat().st_mode & 0o777) for path in files] == ["0o600"] * 3
    before = files[0].read_bytes()
    assert secrets.signing_key("vault").read_bytes() == before
    assert secrets.word("sms") == secrets.word("sms")
