"""A process ends itself at each place between a commit and a timestamp: nothing is lost, nothing happens twice."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import nats
import pytest
from bus import stream_name
from launcher.journey.deposits import DOSSIERS
from launcher.journey.story import Journey
from testkit.crashing import armed, died
from testkit.insider import Insider
from testkit.oracle import one_history, opened_once
from testkit.stack import Platform

PEOPLE = 3
Reading = Callable[[Insider], int]


@pytest.fixture(scope="module")
def auditor(platform: Platform, walked: Journey) -> Insider:
    found = Insider(platform, walked)
    one_history(found)
    return found


def opened(auditor: Insider, number: str) -> str:
    """Open a dossier, and send the request again with the same key while nobody answers; return its id."""
    world = auditor.platform.world()
    body = {"number": number, "title": "Panne", "deed_type": "vente"}
    answer = world.call("POST", f"{DOSSIERS}/dossiers", 201, token=auditor.journey.clerk.token, body=body)
    world.close()
    return str(answer.json()["id"])


def exported(auditor: Insider, number: str) -> str:
    """Open a dossier and have it exported, for which its last event is stamped; return its id."""
    dossier = opened(auditor, number)
    auditor.taken_in()
    auditor.intact(dossier)
    return dossier


def events(auditor: Insider) -> int:
    return auditor.platform.heads()["dossier"]


def messages(auditor: Insider) -> int:
    async def last() -> int:
        connection = await nats.connect(auditor.platform.nats_url)
        state = (await connection.jetstream().stream_info(stream_name("dossier"))).state
        await connection.close()
        return int(state.last_seq)

    return asyncio.run(last())


def of_journal(query: bytes) -> Reading:
    def read(auditor: Insider) -> int:
        with auditor.platform.database("journal") as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    return read


leaves = of_journal(b"SELECT count(*) FROM journal.entry")
signed = of_journal(b"SELECT max(size) FROM journal.checkpoint WHERE note IS NOT NULL")
stamped = of_journal(b"SELECT max(size) FROM journal.token")


def published(auditor: Insider) -> int:
    client = auditor.platform.s3().client()
    with client.get_object(bucket_name="scelle-journal", object_name="checkpoint") as answer:
        return int(answer.read().split(b"\n")[1])


CASES: dict[str, tuple[str, Callable[[Insider, str], str], Reading, Reading]] = {
    "eventstore.after-commit": ("dossier", opened, events, messages),
    "bus.after-publish:2": ("dossier", opened, messages, lambda _: 0),
    "journal.after-leaf-commit": ("journal", opened, leaves, signed),
    "journal.after-tiles": ("journal", opened, signed, published),
    "journal.after-checkpoint": ("journal", exported, signed, stamped),
}
"""Place → the service that dies there, the work that leads to it, what has grown then, and what has not followed."""


@pytest.mark.fault("F3", "F11")
@pytest.mark.parametrize("point", CASES)
def test_a_process_dies_there_and_everything_goes_on(auditor: Insider, point: str) -> None:
    """Every request that was acknowledged, before or after, is one event and one leaf, and all of it is attested."""
    service, work, ahead, behind = CASES[point]
    numbers = [f"{point[:8]}-{secrets.token_hex(6)}" for _ in range(PEOPLE)]
    before = ahead(auditor)
    with ThreadPoolExecutor(PEOPLE) as people:
        with armed(auditor.platform, service, point) as process:
            asked = [people.submit(work, auditor, number) for number in numbers]
            assert died(process)
            assert ahead(auditor) > max(before, behind(auditor))
            if point == "eventstore.after-commit":
                assert not any(one.done() for one in asked)
        dossiers = [one.result() for one in asked]
    assert f'"cause": "{point.partition(":")[0]}"' in process.log.read_text()
    one_history(auditor)
    for number, dossier in zip(numbers, dossiers, strict=True):
        opened_once(auditor, number, dossier)
