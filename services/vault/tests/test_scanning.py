"""Nobody opens a document before a scanner has found it clean, and a scanner that is away makes nobody clean."""

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from vault.adapters.clamd import Clamd
from vault.adapters.scan_queue import PostgresScanQueue
from vault.application.ports import ScanFailed, ScannerAway
from vault.application.scanning import BasicScanner, Scanning
from vault.domain.scanning import EICAR
from vault.readmodel.counts import unscanned

PDF = b"%PDF-1.7\n" + bytes(range(1, 256)) * 20
BAD = PDF + EICAR
FRESH = timedelta(hours=24)


def scanning(vault: Any, scanner: Any) -> Scanning:
    parts = vault.parts
    return Scanning(store=parts.store, queue=PostgresScanQueue(parts.store), opener=parts.opener, scanner=scanner)


def again(vault: Any) -> None:
    """Let the time until the next try pass."""
    with vault.parts.store.connection() as connection:
        connection.execute("UPDATE vault.scan SET next_at = clock_timestamp()")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def unscanned_vault(vault: Any, free_port: int) -> Iterator[Any]:
    """Return a vault whose scanner is configured, and away."""
    with_scanner = vault.settings.model_copy(update={"clamd": f"127.0.0.1:{free_port}"})
    with vault.served(with_scanner) as address, httpx.Client(base_url=f"{address}/api/vault/v1", timeout=60) as http:
        yield replace(vault, settings=with_scanner, http=http)


class Daemon:
    """Answers as ClamAV's daemon might: each connection gets the next answer, the last one for ever."""

    def __init__(self, *answers: bytes, version: bytes = b"ClamAV 1.4.3/27820/Wed Jan  2 03:04:05 2999") -> None:
        self.answers, self.version, self.received = list(answers), version, b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            with contextlib.suppress(OSError), self._listening.accept()[0] as connection:
                asked = connection.recv(10)
                if asked.startswith(b"zVERSION"):
                    connection.sendall(self.version + b"\0")
                elif asked.startswith(b"zINSTREAM"):
                    self._take(connection)
                elif asked == b"end":
                    return

    def _take(self, connection: socket.socket) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == b"dies":
            connection.recv(100)
            return
        received = bytearray()
        while not received.endswith(b"\0\0\0\0"):
            received += connection.recv(1 << 20)
        self.received = bytes(received)
        connection.sendall(answer + b"\0")

    def close(self) -> None:
        host, _, port = self.address.partition(":")
        with socket.create_connection((host, int(port))) as last:
            last.sendall(b"end")
            self._thread.join()
        self._listening.close()


@pytest.fixture
def daemon() -> Iterator[Callable[..., Daemon]]:
    started: list[Daemon] = []

    def start(*answers: bytes, **options: Any) -> Daemon:
        started.append(Daemon(*answers, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.covers("L-55")
@pytest.mark.bad_input("B16")
def test_what_carries_the_signature_is_kept_and_opened_by_nobody(vault: Any) -> None:
    """B16."""
    ticket = vault.ticket(BAD)
    assert vault.put(ticket, BAD).status_code == 201
    assert code(vault.get(ticket)) == code(vault.get(ticket, "view")) == (403, "infected")
    (_, stored), (topic, scanned) = vault.events()
    assert topic == "vault.document-scanned"
    assert {name: scanned[name] for name in ("verdict", "scanner", "signature", "cause")} == {
        "verdict": "infected", "scanner": "basic", "signature": "Eicar-Test-Signature", "cause": None,
    }  # fmt: skip
    assert all(scanned[name] == stored[name] for name in ("office_id", "dossier_id", "request_id", "owner_id"))
    assert vault.told("vault.document-read") == 0


def test_with_a_scanner_a_document_waits_for_it(unscanned_vault: Any, daemon: Any) -> None:
    vault, ticket = unscanned_vault, unscanned_vault.ticket(PDF)
    assert vault.put(ticket, PDF).status_code == 201
    assert code(vault.get(ticket)) == (409, "not-scanned-yet")
    answering = daemon(b"stream: OK")
    assert scanning(vault, Clamd(answering.address, FRESH)).scan_due() == 1
    assert answering.received == len(PDF).to_bytes(4, "big") + PDF + bytes(4)
    assert vault.get(ticket).content == PDF
    assert [topic for topic, _ in vault.events()][1:] == ["vault.document-scanned", "vault.document-read"]
    assert scanning(vault, Clamd(answering.address, FRESH)).scan_due() == 0


@pytest.mark.fault("F18")
def test_a_scanner_that_dies_of_a_document_is_given_it_three_times_and_the_others_go_on(
    unscanned_vault: Any, daemon: Any
) -> None:
    vault, ticket = unscanned_vault, unscanned_vault.ticket(PDF)
    vault.put(ticket, PDF)
    scans = scanning(vault, Clamd(daemon(b"dies", b"dies", b"dies", b"stream: OK").address, FRESH))
    for _ in range(2):
        assert scans.scan_due() == 1
        assert scans.scan_due() == 0  # not before its time
        assert code(vault.get(ticket)) == (409, "not-scanned-yet")
        again(vault)
    assert scans.scan_due() == 1
    refused = vault.get(ticket)
    assert (*code(refused), refused.json()["cause"]) == (409, "not-scanned", "failed")
    assert unscanned(vault.parts.store) == {"waiting": 0, "given-up": 1}
    other = vault.ticket(PDF)
    vault.put(other, PDF)
    assert scans.scan_due() == 1
    assert vault.get(other).content == PDF
    again(vault)
    assert scans.scan_due() == 1
    assert vault.get(ticket).content == PDF
    verdicts = [told["verdict"] for topic, told in vault.events() if topic == "vault.document-scanned"]
    assert verdicts == ["not-scanned", "clean", "clean"]


@pytest.mark.bad_input("B17")
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"INSTREAM size limit exceeded. ERROR", "limits"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", "limits"),
        (b"stream: Can't allocate memory ERROR", "failed"),
        (b"stream: ", "failed"),
        (b"", "failed"),
    ],
)
def test_what_is_not_said_to_be_clean_is_not(daemon: Any, answer: bytes, cause: str) -> None:
    """B17."""
    with pytest.raises(ScanFailed) as failed:
        Clamd(daemon(answer).address, FRESH).scan([PDF])
    assert failed.value.cause == cause


def test_a_scanner_that_takes_too_long_has_not_scanned() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ScanFailed) as failed:
            Clamd(address, FRESH, seconds=0.2).scan([PDF])
    assert failed.value.cause == "timeout"


@pytest.mark.fault("F62")
@pytest.mark.parametrize(
    "version",
    [b"ClamAV 1.4.3/27000/Wed Nov 19 09:00:00 2025", b"ClamAV 1.4.3", b"ClamAV 1.4.3/27000/some day", b"hello", b""],
)
def test_while_the_signatures_are_old_documents_wait(unscanned_vault: Any, daemon: Any, version: bytes) -> None:
    vault, ticket = unscanned_vault, unscanned_vault.ticket(PDF)
    vault.put(ticket, PDF)
    old = Clamd(daemon(b"stream: OK", version=version).address, FRESH)
    for _ in range(4):
        with pytest.raises(ScannerAway):
            scanning(vault, old).scan_due()
    assert code(vault.get(ticket)) == (409, "not-scanned-yet")
    assert unscanned(vault.parts.store) == {"waiting": 1, "given-up": 0}


def test_while_no_scanner_answers_documents_wait(unscanned_vault: Any) -> None:
    vault, ticket = unscanned_vault, unscanned_vault.ticket(PDF)
    vault.put(ticket, PDF)
    with pytest.raises(ScannerAway):
        scanning(vault, Clamd(vault.settings.clamd, FRESH)).scan_due()
    with pytest.raises(ScannerAway):
        scanning(vault, Clamd("/nowhere/clamd.sock", FRESH)).scan_due()
    assert code(vault.get(ticket)) == (409, "not-scanned-yet")


def test_a_document_of_before_is_scanned_by_whatever_there_is(unscanned_vault: Any) -> None:
    vault, ticket = unscanned_vault, unscanned_vault.ticket(BAD)
    vault.put(ticket, BAD)
    assert scanning(vault, BasicScanner()).scan_due() == 1
    assert code(vault.get(ticket)) == (403, "infected")


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the socket of a real daemon that knows one signature."""
    program = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("ClamAV's daemon is not installed: apt-get install clamav-daemon")
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "own.ndb").write_text(f"Eicar-Own:0:*:{EICAR.hex()}\n")
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {folder}\nLocalSocket {folder}/socket\nForeground yes\nLogFile {folder}/log\n"
        "StreamMaxLength 1M\nAlertExceedsMax yes\nMaxThreads 2\n"
    )
    with subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL) as process:  # noqa: S603 - Debian's
        listening = Clamd(f"{folder}/socket", None)
        for _ in range(600):
            with contextlib.suppress(ScannerAway):
                listening.ready()
                break
            threading.Event().wait(0.1)
        yield str(Path(folder) / "socket")
        process.terminate()


@pytest.mark.bad_input("B16")
def test_the_real_daemon_finds_it_bare_in_a_pdf_and_in_an_archive(clamd: str, tmp_path: Path) -> None:
    """B16."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "eicar.txt").write_bytes(EICAR)
    archive = Path(shutil.make_archive(str(tmp_path / "archive"), "zip", tmp_path / "inside")).read_bytes()
    scanner = Clamd(clamd, None)
    for content in (EICAR, PDF + EICAR, archive):
        found = scanner.scan([content[:40], content[40:]])
        assert (found.verdict, found.scanner) == ("infected", "clamd")
        assert (found.signature or "").startswith("Eicar-Own")
    assert scanner.scan([PDF]).verdict == "clean"


@pytest.mark.bad_input("B17")
def test_the_real_daemon_says_what_is_over_its_limit(clamd: str) -> None:
    """B17."""
    with pytest.raises(ScanFailed) as failed:
        Clamd(clamd, None).scan(bytes(1 << 20) for _ in range(3))
    assert failed.value.cause == "limits"
    with pytest.raises(ScannerAway):
        Clamd(clamd, FRESH).ready()  # its only signature has no date
