"""An insider with every password of the platform, on a walked journey; and the auditor who looks afterwards."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.people import IDENTITY
from launcher.journey.story import JOURNAL, PURPOSE, Journey
from launcher.journey.world import until
from psycopg import sql

from testkit.stack import Platform, nothing_left
from testkit.verifiers import Opinion, opinion

WHOLE = 4  # the level of assurance of an untouched bundle


class Insider:
    """Changes what is stored, and puts it back; then asks what an auditor asks."""

    def __init__(self, platform: Platform, journey: Journey) -> None:
        self.platform, self.journey, self.world = platform, journey, journey.world
        self.policy = platform.policy.read_bytes()

    # What an auditor asks

    def export(self, dossier: str = "", query: str = "") -> bytes:
        """Export the bundle of a dossier, that of the journey unless another is named."""
        return self.read(f"/dossiers/{dossier or self.journey.dossier}/bundle", query).content

    def read(self, path: str, query: str = "") -> httpx.Response:
        """Ask the journal as the compliance role, with a purpose."""
        return self.world.call("GET", f"{JOURNAL}{path}?{PURPOSE}{query}", token=self.journey.auditor.token)

    def opinion(self, bundle: bytes, **more: Any) -> Opinion:
        """Verify with both verifiers, under the policy of the platform unless another is given."""
        return opinion(bundle, more.pop("policy", self.policy), **more)

    def intact(self, dossier: str = "") -> bytes:
        """Export, and require that nothing is wrong, at the highest level there is."""
        bundle = self.export(dossier)
        said = self.opinion(bundle, level=WHOLE)
        if (said.verdict, said.failed) != ("intact", {}):
            raise AssertionError(f"{said.verdict} {said.level} {said.failed} {said.said['problem']}")
        return bundle

    def audited(self) -> set[tuple[str, int, str]]:
        """Return what the operator's audit finds: (service, place, what)."""
        done = self.platform.run("journal", "audit", "--json")
        if done.returncode not in {0, 1}:
            raise AssertionError(done.stderr)
        return {(one["svc"], one["place"], one["what"]) for one in json.loads(done.stdout)["listed"]}

    def monitored(self, *words: str) -> list[dict[str, Any]]:
        """Return what the monitor finds in the published log."""
        done = self.platform.run("journal", "monitor", "--json", *words)
        if done.returncode not in {0, 1}:
            raise AssertionError(done.stderr)
        found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
        return found

    def status(self) -> dict[str, Any]:
        """Return what the journal says of itself."""
        found: dict[str, Any] = self.read("/status").json()
        return found

    def taken_in(self) -> None:
        """Wait until the journal has every event of every service."""

        def all_there() -> bool:
            taken = {one["service"]: one["store_seq"] for one in self.status()["sources"]}
            return taken == {service: head for service, head in self.platform.heads().items() if head}

        until(all_there, "the journal to take every event in")

    def alarms(self) -> list[tuple[str, int, str]]:
        """Return the alarms: (service, place, cause)."""
        with self.platform.database("journal") as connection:
            return connection.execute("SELECT svc, store_seq, cause FROM journal.alarm ORDER BY id").fetchall()

    def leaves(self) -> list[bytes]:
        """Return every leaf of the log."""
        with self.platform.database("journal") as connection:
            rows = connection.execute("SELECT entry FROM journal.entry ORDER BY idx").fetchall()
        return [bytes(row[0]) for row in rows]

    # What the journey gives

    def numbers(self, event_type: str) -> list[int]:
        """Return the numbers of the journey's events of one type in their service."""
        return [one["store_seq"] for one in self.journey.events if one["type"] == event_type]

    def index(self, svc: str, number: int) -> int:
        """Return the place of an event in the log."""
        with self.platform.database("journal") as connection:
            query = "SELECT idx FROM journal.entry WHERE svc = %s AND store_seq = %s"
            row = connection.execute(query, (svc, number)).fetchone()
        if row is None:
            raise LookupError(f"{svc} {number}")
        return int(row[0])

    def office(self) -> str:
        """Return the id of the office."""
        me = self.world.call("GET", f"{IDENTITY}/me", token=self.journey.auditor.token).json()
        return str(me["office"]["id"])

    def another_dossier(self, title: str) -> str:
        """Open one more dossier; return its id."""
        body = {"number": f"{self.journey.run}-{title}", "title": title, "deed_type": "vente"}
        answer = self.world.call("POST", f"{DOSSIERS}/dossiers", 201, token=self.journey.clerk.token, body=body)
        self.taken_in()
        return str(answer.json()["id"])

    def touch(self, dossier: str) -> None:
        """Let one more event happen in a dossier."""
        path, body = f"{DOSSIERS}/dossiers/{dossier}/clients", {"client_id": self.journey.clients[0].id}
        self.world.call("POST", path, 204, token=self.journey.clerk.token, body=body)
        self.taken_in()

    # What an insider does

    @contextmanager
    def as_superuser(self, service: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect to the database of a service, with the triggers off."""
        with self.platform.database(service) as connection:
            connection.execute("SET session_replication_role = replica")
            yield connection

    @contextmanager
    def rewriting(self, service: str, numbers: Sequence[int]) -> Iterator[psycopg.Connection[Any]]:
        """Lend the database of a service to change some of its events, which are put back afterwards."""
        chosen = sql.SQL("FROM ledger.stored_events WHERE notification_id = ANY(%s)")
        with self.as_superuser(service) as connection:
            kept = connection.execute(sql.SQL("SELECT * ") + chosen, [list(numbers)]).fetchall()
            if len(kept) != len(set(numbers)):
                raise LookupError(f"{service} {numbers}")
            try:
                yield connection
            finally:
                connection.execute(sql.SQL("DELETE ") + chosen, [list(numbers)])
                with connection.cursor() as cursor:
                    cursor.executemany("INSERT INTO ledger.stored_events VALUES (%s, %s, %s, %s, %s, %s)", kept)

    @contextmanager
    def authority(self, **faults: object) -> Iterator[str]:
        """Break the time-stamping authority meanwhile; give its address."""
        admin = self.platform.summary["sandbox"]["tsa"]
        try:
            httpx.put(f"{admin}/faults", json=faults, trust_env=False).raise_for_status()
            yield self.platform.authority
        finally:
            httpx.put(f"{admin}/faults", json={}, trust_env=False).raise_for_status()


@contextmanager
def walking(
    folder: Path, samples: Sequence[Path], *, steps: int | None = None, kind: type[Platform] = Platform
) -> Iterator[Insider]:
    """Lend an insider on a platform of its own in a new folder, on which the first `steps` of the journey were taken.

    Raises AssertionError if anything of the platform is left at the end.
    """
    folder.mkdir()
    folder.chmod(0o711)
    platform = kind(folder / "data")
    platform.up()
    world = platform.world()
    journey = Journey(world, Pile(list(samples), list(samples)), print)
    for step in journey.steps[:steps]:
        step()
    yield Insider(platform, journey)
    world.close()
    platform.down()
    if left := nothing_left(folder):
        raise AssertionError(left)
