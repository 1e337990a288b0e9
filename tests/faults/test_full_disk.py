"""The disk of a service's database, or of the journal's, is full: writes are refused, nothing acknowledged is lost."""

import secrets
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.story import JOURNAL, PURPOSE, Journey
from launcher.journey.world import until
from testkit import full_disk
from testkit.full_disk import Way
from testkit.insider import Insider
from testkit.oracle import one_history, opened_once
from testkit.stack import Platform

MOST = 500  # writes that the last free pages may still take
Ask = Callable[[], httpx.Response]


@pytest.fixture(scope="module")
def auditor(platform: Platform, walked: Journey) -> Insider:
    return Insider(platform, walked)


@pytest.fixture(params=["a-file-system-of-its-own", "files-that-may-not-grow"])
def way(request: pytest.FixtureRequest) -> Way:
    """Return a way to a full disk; where nothing may be mounted it is the second one both times."""
    mounted = request.param.startswith("a-file-system") and full_disk.may_mount()
    return full_disk.of_its_own if mounted else full_disk.that_may_not_grow


class Opening:
    """One request to open a dossier, sent once each time, always with the same key."""

    def __init__(self, auditor: Insider) -> None:
        self._auditor, self._key = auditor, str(uuid4())
        self.number = f"plein-{secrets.token_hex(6)}"

    def send(self) -> httpx.Response:
        world, clerk = self._auditor.world, self._auditor.journey.clerk
        headers = {"Authorization": f"Bearer {clerk.token}", "Idempotency-Key": self._key}
        body = {"number": self.number, "title": "Disque plein", "deed_type": "vente"}
        return world.http.post(f"{world.gateway}{DOSSIERS}/dossiers", headers=headers, json=body)

    def acknowledged(self) -> str:
        """Send it until it is acknowledged; return the id of the dossier."""
        answer = until(lambda: found if (found := self.send()).status_code == 201 else None, "an answer")
        return str(answer.json()["id"])


def is_refused(answer: httpx.Response) -> bool:
    """Tell whether a request was refused for want of room, in a way that a person and a program understand."""
    if answer.is_success:
        return False
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (503, "try-again")
    assert int(answer.headers["retry-after"]) >= 1
    assert "same Idempotency-Key" in answer.json()["detail"]
    return True


def until_refused(ask: Ask) -> list[httpx.Response]:
    """Ask until what room is left in the last pages is used up; return the answers before the refusal."""
    answers: list[httpx.Response] = []
    while not is_refused(answer := ask()):
        answers.append(answer)
        assert len(answers) < MOST, "the disk is not full"
    return answers


@pytest.mark.fault("F37")
def test_the_disk_of_a_service_is_full(auditor: Insider, way: Way) -> None:
    """It answers who reads and refuses who writes; what it acknowledged stays, what it refused can be sent again."""
    sent = [Opening(auditor) for _ in range(3)]
    dossiers = {one.number: one.acknowledged() for one in sent}
    with way(auditor.platform, "dossier") as disk:
        disk.fill()

        def another() -> httpx.Response:
            sent.append(Opening(auditor))
            return sent[-1].send()

        answers = until_refused(another)
        *taken, refused = sent[3:]
        dossiers |= {one.number: str(said.json()["id"]) for one, said in zip(taken, answers, strict=True)}
        assert is_refused(refused.send())
        for number, dossier in dossiers.items():
            opened_once(auditor, number, dossier)
        disk.free()
        dossiers[refused.number] = refused.acknowledged()
    assert len(dossiers) == len(sent)
    one_history(auditor)
    for number, dossier in dossiers.items():
        opened_once(auditor, number, dossier)


@pytest.mark.fault("F37")
def test_the_disk_of_the_journal_is_full(auditor: Insider, way: Way) -> None:
    """The services go on; nothing is shown that could not be recorded, and nothing is signed that does not last."""
    address = f"{auditor.world.gateway}{JOURNAL}/events?limit=1&{PURPOSE}"
    headers = {"Authorization": f"Bearer {auditor.journey.auditor.token}"}

    def read() -> httpx.Response:
        return auditor.world.http.get(address, headers=headers)

    with way(auditor.platform, "journal") as disk:
        disk.fill()
        until_refused(read)
        sent = [Opening(auditor) for _ in range(3)]
        dossiers = {one.number: one.acknowledged() for one in sent}
        assert is_refused(read())
        assert auditor.alarms() == []
        disk.free()
        until(lambda: read().is_success, "the journal to record who reads")
    one_history(auditor)
    for number, dossier in dossiers.items():
        opened_once(auditor, number, dossier)
