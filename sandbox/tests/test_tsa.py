import re
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox.running import running

POLICY, OTHER_POLICY = "2.999.3161.1", "2.999.3161.2"
CERTIFICATE = re.compile(rb"-----BEGIN.+?END CERTIFICATE-----\n", re.DOTALL)

Run = Callable[..., str]


@dataclass(frozen=True)
class Tsa:
    folder: Path
    http: httpx.Client
    admin: httpx.Client

    def post(self, query: bytes, **headers: str) -> httpx.Response:
        return self.http.post("/", content=query, headers={"Content-Type": "application/timestamp-query"} | headers)


@contextmanager
def started(folder: Path) -> Iterator[Tsa]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        port, admin_port = one.getsockname()[1], two.getsockname()[1]
    with (
        running("tsa", port, admin_port, folder=str(folder)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as http,
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}") as admin,
    ):
        yield Tsa(folder, http, admin)


@pytest.fixture(scope="module")
def tsa_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tsa]:
    with started(tmp_path_factory.mktemp("tsa") / "kept") as process:
        yield process


@pytest.fixture
def tsa(tsa_process: Tsa) -> Iterator[Tsa]:
    yield tsa_process
    tsa_process.admin.put("/faults", json={})


@pytest.fixture
def openssl(tsa_process: Tsa, tmp_path: Path) -> Run:
    """Run `openssl ts` beside the files document, root.pem and middle.pem; returns what it printed."""
    _, middle, root = CERTIFICATE.findall(tsa_process.admin.get("/chain.pem").content)
    for name, content in {"document": b"hello", "middle.pem": middle, "root.pem": root}.items():
        (tmp_path / name).write_bytes(content)

    def run(*arguments: str, check: bool = True) -> str:
        command = ["/usr/bin/env", "openssl", "ts", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=check)  # noqa: S603 - ours
        return done.stdout + done.stderr

    return run


@pytest.fixture
def stamp(tsa: Tsa, openssl: Run, tmp_path: Path) -> Callable[..., str]:
    """Ask for a token with openssl's own request, keep it as `reply`, and return what openssl reads in it."""

    def ask(*options: str, **faults: Any) -> str:
        openssl("-query", "-data", "document", "-sha256", *options, "-out", "query")
        tsa.admin.put("/faults", json=faults).raise_for_status()
        answered = tsa.post((tmp_path / "query").read_bytes())
        assert (answered.status_code, answered.headers["content-type"]) == (200, "application/timestamp-reply")
        (tmp_path / "reply").write_bytes(answered.content)
        return openssl("-reply", "-in", "reply", "-text")

    return ask


def verified(openssl: Run, *more: str) -> str:
    return openssl("-verify", "-queryfile", "query", "-in", "reply", "-CAfile", "root.pem", *more, check=False)


def test_openssl_verifies_a_token_against_the_root_alone(openssl: Run, stamp: Callable[..., str]) -> None:
    read = stamp("-cert")
    assert f"Policy OID: {POLICY}" in read
    assert "Accuracy: 0x01 seconds" in read
    assert "Verification: OK" in verified(openssl)


def test_certificates_are_sent_only_when_asked_for(openssl: Run, stamp: Callable[..., str], tsa: Tsa) -> None:
    stamp()
    assert "Verification: OK" not in verified(openssl)
    signer, middle, _ = CERTIFICATE.findall(tsa.admin.get("/chain.pem").content)
    (tsa.folder / "untrusted.pem").write_bytes(signer + middle)
    assert "Verification: OK" in verified(openssl, "-untrusted", str(tsa.folder / "untrusted.pem"))


def test_a_request_without_a_nonce_is_answered_without_one(openssl: Run, stamp: Callable[..., str]) -> None:
    assert "Nonce: unspecified" in stamp("-cert", "-no_nonce")
    assert "Verification: OK" in verified(openssl)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-tspolicy", OTHER_POLICY], "the requested TSA policy is not supported"),
        (["-sha512"], "unrecognized or unsupported algorithm identifier"),
        (["-sha1"], "unrecognized or unsupported algorithm identifier"),
    ],
)
def test_what_is_not_served_is_refused_with_the_reason(
    stamp: Callable[..., str], options: list[str], said: str
) -> None:
    read = stamp(*options)
    assert "Status: Rejected" in read
    assert said in read


def test_the_policy_may_be_asked_for(openssl: Run, stamp: Callable[..., str]) -> None:
    stamp("-cert", "-tspolicy", POLICY)
    assert "Verification: OK" in verified(openssl)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("wrong_imprint", "message imprint mismatch"), ("wrong_nonce", "nonce mismatch")],
)
def test_openssl_sees_a_token_that_answers_something_else(
    openssl: Run, stamp: Callable[..., str], fault: str, said: str
) -> None:
    stamp("-cert", **{fault: True})
    assert said in verified(openssl)


def test_another_policy_may_be_put_in_the_token(stamp: Callable[..., str]) -> None:
    assert f"Policy OID: {OTHER_POLICY}" in stamp(other_policy=True)


@pytest.mark.parametrize("days", [-400, 400, 4000])
def test_the_clock_may_be_shifted(stamp: Callable[..., str], days: int) -> None:
    read = re.search(r"Time stamp: (.+) GMT", stamp(clock_shift=days * 86_400))
    assert read is not None
    at = datetime.strptime(read[1], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    assert abs(at - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=1)


def test_the_authority_may_be_slow_or_down(tsa: Tsa) -> None:
    tsa.admin.put("/faults", json={"slow": 0.3})
    begun = time.monotonic()
    assert tsa.post(b"").status_code == 200
    assert time.monotonic() - begun >= 0.3
    tsa.admin.put("/faults", json={"down": True})
    assert tsa.post(b"").status_code == 503


def test_a_fault_that_does_not_exist_is_refused(tsa: Tsa) -> None:
    assert tsa.admin.put("/faults", json={"upside_down": True}).status_code == 422


def test_only_a_short_request_of_the_right_type_is_read(tsa: Tsa) -> None:
    assert tsa.post(b"", **{"Content-Type": "application/json"}).status_code == 415
    assert tsa.post(b"x" * 5000).status_code == 413
    assert b"the request cannot be read" in tsa.post(b"hello").content


def test_the_chain_is_kept_from_one_start_to_the_next(tsa: Tsa) -> None:
    with started(tsa.folder) as again:
        assert again.admin.get("/chain.pem").content == tsa.admin.get("/chain.pem").content
    assert stat.S_IMODE((tsa.folder / "tsa.key").stat().st_mode) == 0o600
