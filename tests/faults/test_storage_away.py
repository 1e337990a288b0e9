"""The object store is away, slow, forgetful or lies: a deposit is all there or was never taken.

A file is deposited as people do it; what is wrong is between the vault and its storage, on the running platform.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # psutil ships no types
import pytest
from launcher.journey.deposits import DOSSIERS, Deposited, declaration, wait_until_seen
from launcher.journey.world import until
from launcher.state import State
from testkit.fault_report import Tally
from testkit.insider import Insider
from testkit.linking import LinkedPlatform
from testkit.lying_storage import Kept, LyingStorage
from testkit.oracle import one_history

PART = 8 * 1024 * 1024  # bytes of a document that are one object
MEMORY = 64 * 1024 * 1024  # bytes that one deposit may take, whatever its size
PDF = b"%PDF-1.7\n"


@pytest.fixture
def storage(network: LinkedPlatform) -> Iterator[LyingStorage]:
    """Return a storage that can lie, in the place of the one that the vault speaks with."""
    storage, link = LyingStorage(network.s3()), network.link("vault", "s3")
    honest = link.target
    link.lead_to(storage.port)
    link.cut()
    yield storage
    link.lead_to(honest)
    link.cut()
    storage.close()


class Deposit:
    """One file on its way to the vault: declared once, sent as often as one likes."""

    def __init__(self, linked: Insider, folder: Path, size: int) -> None:
        self._world, journey = linked.world, linked.journey
        self.file = folder / "piece.pdf"
        self.file.write_bytes(PDF + os.urandom(size - len(PDF)))
        self.sha256 = hashlib.sha256(self.file.read_bytes()).hexdigest()
        path = f"{DOSSIERS}/dossiers/{journey.dossier}/deposits"
        declared = declaration(self.file) | {"label": "Pièce"}
        answer = self._world.call("POST", path, HTTPStatus.CREATED, token=journey.clients[0].token, body=declared)
        self._given: dict[str, Any] = answer.json()

    def send(self) -> httpx.Response:
        """Send the bytes once."""
        headers = {"Authorization": f"Bearer {self._given['ticket']}", "Content-Type": "application/octet-stream"}
        return httpx.put(
            self._given["upload_url"], content=self.file.read_bytes(), headers=headers, timeout=300, trust_env=False
        )

    @property
    def deposited(self) -> Deposited:
        return Deposited(self._given["request_id"], self._given["version_id"], self.file, self.sha256)


@pytest.fixture
def deposit(linked: Insider, tmp_path: Path) -> Deposit:
    return Deposit(linked, tmp_path, PART + 1000)


def is_there(linked: Insider, tally: Tally, deposit: Deposit) -> None:
    """Check that what was acknowledged is one event, and comes back as it was."""
    linked.taken_in()
    version = deposit.deposited.version_id
    with linked.platform.database("vault") as connection:
        query = "SELECT originator_id FROM ledger.stored_events WHERE topic = 'vault.document-stored'"
        stored = [str(row[0]) for row in connection.execute(query).fetchall()]
    tally.compare(1, {version}, [one for one in stored if one == version])
    is_shown(linked, deposit)
    one_history(linked)


def is_shown(linked: Insider, deposit: Deposit) -> None:
    """Check that the office sees what was deposited, once it was scanned."""
    token, dossier = linked.journey.clerk.token, linked.journey.dossier
    wait_until_seen(linked.world, token, dossier, {deposit.deposited.version_id})
    answer = until(lambda: found if (found := viewed(linked, deposit)).is_success else None, "the document to be shown")
    assert hashlib.sha256(answer.content).hexdigest() == deposit.sha256


def is_nowhere(linked: Insider, deposit: Deposit) -> None:
    """Check that no event speaks of it."""
    with linked.platform.database("vault") as connection:
        query = "SELECT count(*) FROM ledger.stored_events WHERE originator_id = %s"
        assert connection.execute(query, [deposit.deposited.version_id]).fetchone() == (0,)


def was_told_to_come_back(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "storage-away"), answer.text
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.fault("F40")
@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_storage_answers_with_errors(
    linked: Insider, storage: LyingStorage, deposit: Deposit, tally: Tally, status: int
) -> None:
    """The depositor is told, no event is written, and the same file can be sent again when it answers."""
    with storage.lying(away=status) as lies:
        was_told_to_come_back(deposit.send())
        assert lies.asked["PUT"] > 1
        is_nowhere(linked, deposit)
    assert deposit.send().status_code == HTTPStatus.CREATED
    is_there(linked, tally, deposit)


@pytest.mark.fault("F40")
def test_the_storage_refuses_connections(
    linked: Insider, network: LinkedPlatform, deposit: Deposit, tally: Tally
) -> None:
    with network.suffering(network.links(whom="s3"), down=True):
        was_told_to_come_back(deposit.send())
        is_nowhere(linked, deposit)
    assert deposit.send().status_code == HTTPStatus.CREATED
    is_there(linked, tally, deposit)


@pytest.mark.fault("F41")
def test_the_storage_is_slow_and_falls_silent(
    linked: Insider, network: LinkedPlatform, tmp_path: Path, tally: Tally
) -> None:
    """Eight parts wait for a storage that takes next to nothing: the vault holds a few of them, not the file."""
    deposit, link = Deposit(linked, tmp_path, 16 * PART), network.link("vault", "s3")
    vault = psutil.Process(State.load(network.folder).processes["vault"].pid)
    before = vault.memory_info().rss
    with ThreadPoolExecutor(1) as person:
        with link.suffering(rate=1024):
            taken = link.passed
            sent = person.submit(deposit.send)
            until(lambda: link.passed > taken or sent.done(), "the vault to begin")
            grown = [grown_since(vault, before) for _ in range(50)]
        with link.suffering(silent=True):
            grown.append(grown_since(vault, before))
        link.cut()
        answer = sent.result()
    assert max(grown) < MEMORY
    if answer.status_code != HTTPStatus.CREATED:
        was_told_to_come_back(answer)
        assert deposit.send().status_code == HTTPStatus.CREATED
    is_there(linked, tally, deposit)


@pytest.mark.fault("F42")
@pytest.mark.parametrize("kept", [Kept.ABSENT, Kept.SHORT, Kept.FLIPPED])
def test_the_storage_says_yes_and_keeps_something_else(
    linked: Insider, storage: LyingStorage, deposit: Deposit, tally: Tally, kept: Kept
) -> None:
    """Each object is looked at before the event speaks of it: it is stored again, or the depositor is told."""
    with storage.lying(kept=kept, puts=1):
        assert deposit.send().status_code == HTTPStatus.CREATED
    is_there(linked, tally, deposit)
    log = (linked.platform.folder / "logs" / "vault.log").read_text()
    assert '"event": "object-not-stored"' in log


@pytest.mark.fault("F42")
def test_the_storage_never_keeps_what_it_says(
    linked: Insider, storage: LyingStorage, deposit: Deposit, tally: Tally
) -> None:
    with storage.lying(kept=Kept.ABSENT, puts=100):
        was_told_to_come_back(deposit.send())
        is_nowhere(linked, deposit)
    assert deposit.send().status_code == HTTPStatus.CREATED
    is_there(linked, tally, deposit)


@pytest.mark.fault("F43")
def test_the_storage_does_not_show_yet_what_it_has(
    linked: Insider, storage: LyingStorage, deposit: Deposit, tally: Tally
) -> None:
    """What is not there at the first look is looked for again; a reader gets the right bytes or none."""
    with storage.lying(stale=1):
        assert deposit.send().status_code == HTTPStatus.CREATED
    is_shown(linked, deposit)
    with storage.lying(stale=1):
        answer = viewed(linked, deposit)
        assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, deposit.sha256)
    with storage.lying(stale=1000):
        answer = viewed(linked, deposit)
        assert answer.status_code in {502, 503}
        assert answer.headers["content-type"] == "application/problem+json"
    is_there(linked, tally, deposit)


def viewed(linked: Insider, deposit: Deposit) -> httpx.Response:
    """Ask for the document once."""
    one = deposit.deposited
    path = f"{DOSSIERS}/requests/{one.request_id}/versions/{one.version_id}/views"
    given = linked.world.call("POST", path, HTTPStatus.CREATED, token=linked.journey.clerk.token).json()
    headers = {"Authorization": f"Bearer {given['ticket']}"}
    return httpx.get(given["url"], headers=headers, timeout=60, trust_env=False)


def grown_since(process: psutil.Process, before: int) -> int:
    """Return, a moment later, by how many bytes a process has grown."""
    time.sleep(0.1)
    return int(process.memory_info().rss) - before
