"""A service dies while it answers a request: sent again with the same key, the request has one effect."""

import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from launcher.blueprint import database
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY, new_client
from launcher.journey.story import Journey
from launcher.journey.world import until
from proof.reading import decode
from testkit.crashing import armed, died
from testkit.fault_report import ROUNDS, Tally
from testkit.insider import Insider
from testkit.oracle import one_history, opened_once
from testkit.stack import Platform

PEOPLE = 3
RENEWED_EVERY = 10
"""Rounds after which the people of the journey sign in again: a token lives for ten minutes."""

pytestmark = pytest.mark.timeout(900 + 60 * ROUNDS)


@pytest.fixture(scope="module")
def auditor(platform: Platform, walked: Journey) -> Insider:
    return Insider(platform, walked)


@pytest.fixture(scope="module")
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(PEOPLE) as found:
        yield found


def opened(auditor: Insider, number: str) -> str:
    """Open a dossier, and send the request again with the same key while nobody answers; return its id."""
    world = auditor.platform.world()
    body = {"number": number, "title": "Panne", "deed_type": "vente"}
    answer = world.call("POST", f"{DOSSIERS}/dossiers", 201, token=auditor.journey.clerk.token, body=body)
    world.close()
    return str(answer.json()["id"])


def numbers_of(round_: int, auditor: Insider) -> list[str]:
    """Return fresh numbers for dossiers; people whose tokens are old sign in again."""
    if round_ and round_ % RENEWED_EVERY == 0:
        auditor.journey.renew_tokens()
    return [f"panne-{secrets.token_hex(6)}" for _ in range(PEOPLE)]


def counted(auditor: Insider, tally: Tally, numbers: list[str], asked: list[Future[str]]) -> None:
    """Check that each acknowledged dossier is there once, with its office, as an event, and as a leaf."""
    dossiers = dict(zip(numbers, (one.result() for one in asked), strict=True))
    auditor.taken_in()
    with auditor.platform.database("journal") as connection:
        leaves = connection.execute(
            "SELECT dossier::text FROM journal.entry WHERE type = 'dossier.dossier-opened' AND dossier = ANY(%s)",
            [list(dossiers.values())],
        ).fetchall()
    tally.compare(len(numbers), set(dossiers.values()), [leaf[0] for leaf in leaves])
    for number, dossier in dossiers.items():
        opened_once(auditor, number, dossier)


CASES = [
    pytest.param("eventstore.before-append", marks=pytest.mark.fault("F1")),
    pytest.param("eventstore.after-commit", marks=pytest.mark.fault("F3")),
]


@pytest.mark.parametrize("point", CASES)
def test_the_service_dies_before_it_writes_or_before_it_answers(
    auditor: Insider, people: ThreadPoolExecutor, tally: Tally, point: str
) -> None:
    for round_ in range(ROUNDS):
        numbers = numbers_of(round_, auditor)
        with armed(auditor.platform, "dossier", point) as process:
            asked = [people.submit(opened, auditor, number) for number in numbers]
            assert died(process)
            assert not any(one.done() for one in asked)
        counted(auditor, tally, numbers, asked)
    one_history(auditor)


@contextmanager
def stuck(platform: Platform) -> Iterator[None]:
    """Keep what is being recorded between its INSERT and its COMMIT: the rows that belong to it have to wait."""
    with platform.database("dossier") as connection, connection.transaction():
        connection.execute("LOCK TABLE read.dossier IN EXCLUSIVE MODE")
        yield


def waiting(platform: Platform) -> list[int]:
    """Return the sessions that have inserted an event and wait for what is to be committed with it."""
    with platform.server() as server:
        found = server.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
            " AND wait_event = 'relation' AND query LIKE '%%ledger.append%%'",
            [database("dossier")],
        ).fetchall()
    return [row[0] for row in found]


@pytest.mark.fault("F2")
@pytest.mark.parametrize("server_notices", [True, False])
def test_the_service_dies_between_insert_and_commit(
    auditor: Insider, people: ThreadPoolExecutor, tally: Tally, *, server_notices: bool
) -> None:
    """The server notices at once that nobody listens, and nothing is stored; or it commits, and nobody was told."""
    platform = auditor.platform
    for round_ in range(ROUNDS):
        numbers = numbers_of(round_, auditor)
        before = platform.heads()["dossier"]
        with stuck(platform):
            asked = [people.submit(opened, auditor, number) for number in numbers]
            sessions = until(lambda: waiting(platform), "a request to be between INSERT and COMMIT")
            former = platform.kill("dossier")
            assert platform.heads()["dossier"] == before
            if server_notices:
                with platform.server() as server:
                    server.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [sessions])
        platform.wait_until_back("dossier", former)
        counted(auditor, tally, numbers, asked)
    one_history(auditor)


@pytest.mark.fault("F8")
@pytest.mark.parametrize("point", ["eventstore.key-wrapped", "eventstore.before-append"])
def test_the_service_dies_while_the_key_of_a_person_is_made(
    auditor: Insider, people: ThreadPoolExecutor, tally: Tally, point: str
) -> None:
    """The key is wrapped and not stored, or stored and nothing is encrypted with it: the person is known once."""
    world = auditor.world
    for round_ in range(ROUNDS):
        (run, *_) = numbers_of(round_, auditor)
        client = new_client("Odile", "Perrin", run)
        body = {name: getattr(client, name) for name in ("first_name", "last_name", "email", "phone")}
        with armed(auditor.platform, "identity", point) as process:
            asked = people.submit(
                world.call, "POST", f"{IDENTITY}/clients", 201, token=auditor.journey.clerk.token, body=body
            )
            assert died(process)
            assert not asked.done()
        made = asked.result().json()["id"]
        path = f"{IDENTITY}/clients?q={client.email}"
        found = world.call("GET", path, token=auditor.journey.clerk.token).json()["items"]
        assert found[0]["last_name"] == client.last_name
        tally.compare(1, {made}, [one["id"] for one in found])
    one_history(auditor)


@pytest.mark.fault("F21")
def test_the_journal_dies_with_an_export_ready_to_be_sent(
    auditor: Insider, people: ThreadPoolExecutor, tally: Tally
) -> None:
    """An export is one answer, no job that goes on: asked for again, it holds the same leaves and is as good."""
    for round_ in range(ROUNDS):
        numbers_of(round_, auditor)
        dossier = auditor.another_dossier(f"export-{secrets.token_hex(4)}")
        before = {item.index: item.entry for item in decode(auditor.intact(dossier)).items}
        with armed(auditor.platform, "journal", "journal.export-gathered") as process:
            asked = people.submit(auditor.intact, dossier)
            assert died(process)
            assert not asked.done()
        after = {item.index: item.entry for item in decode(asked.result()).items}
        tally.compare(len(before), set(before.items()), [one for one in after.items() if one[0] in before])
    one_history(auditor)
