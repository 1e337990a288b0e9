"""People who open dossiers while something is broken, and who note what they were told."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import uuid4

import httpx
from launcher.journey.deposits import DOSSIERS
from launcher.journey.world import until

from testkit.fault_report import Tally
from testkit.insider import Insider
from testkit.people import People

PATIENCE = httpx.Timeout(60.0, connect=10.0)
PAUSE_SECONDS = 0.05  # between two requests of one person


@dataclass
class Opening:
    """One request to open a dossier: sent as often as one likes, always with the same key and the same words."""

    auditor: Insider
    number: str = field(default_factory=lambda: f"panne-{secrets.token_hex(6)}")
    key: str = field(default_factory=lambda: str(uuid4()))

    def send(self, http: httpx.Client | None = None, gateway: str = "") -> httpx.Response:
        """Send it once; raise httpx.TransportError if nobody answers."""
        world, clerk = self.auditor.world, self.auditor.journey.clerk
        headers = {"Authorization": f"Bearer {clerk.token}", "Idempotency-Key": self.key}
        body = {"number": self.number, "title": "Panne", "deed_type": "vente"}
        path = f"{gateway or world.gateway}{DOSSIERS}/dossiers"
        return (http or world.http).post(path, headers=headers, json=body)

    def acknowledged(self) -> str:
        """Send it until it is acknowledged; return the id of the dossier."""

        def answer() -> httpx.Response | None:
            try:
                said = self.send()
            except httpx.TransportError:
                return None
            return said if said.status_code == HTTPStatus.CREATED else None

        return str(until(answer, "an answer").json()["id"])


class Crowd(People):
    """Several people who open one dossier after another, each once, until they are told to stop.

    What nobody acknowledged they send again at the end, with the same key: then each dossier is there, and once.
    """

    def __init__(self, auditor: Insider, people: int = 4, gateway: str = "") -> None:
        """Nobody has begun."""
        super().__init__(people)
        self.auditor, self.gateway = auditor, gateway
        self.acknowledged: dict[str, str] = {}
        self.refused: list[Opening] = []
        self.answers: Counter[int] = Counter()
        self.failures: list[str] = []
        self.longest = 0.0
        """Seconds that the longest request took."""
        self._lock = threading.Lock()

    def wait_for(self, more: int) -> None:
        """Wait until so many more dossiers are acknowledged."""
        goal = len(self.acknowledged) + more
        until(lambda: len(self.acknowledged) >= goal, f"{more} more dossiers to be opened")

    def wait_for_silence(self, seconds: float = 3.0, at_most: float = 20.0) -> None:
        """Wait until nobody was told of a new dossier for so long, or for so long at most."""
        known, since, began = len(self.acknowledged), time.monotonic(), time.monotonic()
        while time.monotonic() - since < seconds and time.monotonic() - began < at_most:
            time.sleep(PAUSE_SECONDS)
            if len(self.acknowledged) != known:
                known, since = len(self.acknowledged), time.monotonic()

    def settle(self, tally: Tally) -> None:
        """Send again what was refused, and compare what is there with what was acknowledged."""
        for opening in self.refused:
            self.acknowledged[opening.number] = opening.acknowledged()
        tally.compare(len(self.acknowledged), set(self.acknowledged.values()), opened(self.auditor, self.acknowledged))

    def work(self) -> None:
        """Open dossiers, each once."""
        with httpx.Client(timeout=PATIENCE, trust_env=False) as http:
            while not self.stop.wait(PAUSE_SECONDS):
                self._note(Opening(self.auditor), http)

    def _note(self, opening: Opening, http: httpx.Client) -> None:
        began = time.monotonic()
        try:
            answer = opening.send(http, self.gateway)
        except httpx.TransportError as error:
            status, said = 0, repr(error)
        else:
            status, said = answer.status_code, answer.text
        with self._lock:
            self.longest = max(self.longest, time.monotonic() - began)
            self.answers[status] += 1
            if status == HTTPStatus.CREATED:
                self.acknowledged[opening.number] = answer.json()["id"]
            else:
                self.failures.append(f"{status} {said[:300]}")
                self.refused.append(opening)


@contextmanager
def crowd(auditor: Insider, tally: Tally, people: int = 4) -> Iterator[Crowd]:
    """Let people open dossiers during the block; afterwards, everything that they were told must be so."""
    with Crowd(auditor, people) as found:
        yield found
    auditor.taken_in()
    found.settle(tally)


def opened(auditor: Insider, numbers: dict[str, str]) -> list[str]:
    """Return the ids of the dossiers of these numbers as the office sees them, each as often as it is there.

    Raise AssertionError unless each is one event of its service and one leaf of the journal.
    """
    auditor.taken_in()
    with auditor.platform.database("dossier") as connection:
        rows = connection.execute("SELECT id FROM read.dossier WHERE number = ANY(%s)", [list(numbers)]).fetchall()
    found = [str(row[0]) for row in rows]
    with auditor.platform.database("journal") as connection:
        query = "SELECT dossier FROM journal.entry WHERE type = 'dossier.dossier-opened' AND dossier::text = ANY(%s)"
        leaves = [str(row[0]) for row in connection.execute(query, [found]).fetchall()]
    if sorted(found) != sorted(leaves):
        raise AssertionError(f"{len(found)} dossiers, {len(leaves)} leaves of their opening")
    return found
