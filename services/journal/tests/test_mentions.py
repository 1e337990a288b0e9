"""The index of who and what events are about."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from chassis.actor import Actor
from chassis.client import Unavailable
from contracts import Envelope
from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier
from journal.reading.mentions import Mentions, mentioning

if TYPE_CHECKING:
    from conftest import Platform


def a_request(platform: "Platform", amount: int = 1) -> None:
    """Let the office ask its client for documents, and the log know."""
    notary = platform.people["notary"][0]
    client = platform.people["client"][0]
    asked = [
        DocumentRequest(
            dossier_id=platform.dossier,
            office_id=platform.office,
            client_id=client,
            label="RIB",
            document_type=None,
            batch_id=uuid4(),
        )
        for _ in range(amount)
    ]
    platform.stores["dossier"].save(*asked, actor=Actor(person_id=notary, kind="staff", office_id=platform.office))
    platform.take_in()


def mentioned(platform: "Platform") -> list[tuple[str, int]]:
    with platform.database.transaction() as connection:
        rows = connection.execute("SELECT svc, store_seq FROM journal.mention ORDER BY svc, agg").fetchall()
    return [(row["svc"], row["store_seq"]) for row in rows]


def test_the_index_follows_the_log_and_may_be_emptied(platform: "Platform") -> None:
    mentions = Mentions(platform.database, platform.peers.envelopes)
    mentions.catch_up()
    assert mentioned(platform) == []  # what is not published names nobody
    a_request(platform, 3)
    mentions.catch_up()
    assert mentioned(platform) == [("dossier", 0)] * 3
    with platform.database.transaction() as connection:
        connection.execute("TRUNCATE journal.mention, journal.mentioned")
    mentions.catch_up()
    mentions.catch_up()
    assert mentioned(platform) == [("dossier", 0)] * 3


def test_what_a_dossier_says_of_a_client_is_about_that_client_and_the_rest_is_not(platform: "Platform") -> None:
    notary = platform.people["notary"][0]
    opened = Dossier(
        office_id=platform.office,
        number="2026-7",
        deed_type="vente",
        title=None,
        note=None,
        whole_office=True,
        member_ids=[],
        opened_by=notary,
    )
    opened.add_client(platform.people["client"][0])
    feed = platform.stores["dossier"]
    feed.save(opened, actor=Actor(person_id=notary, kind="staff", office_id=platform.office))
    platform.take_in()
    Mentions(platform.database, platform.peers.envelopes).catch_up()
    assert mentioned(platform) == [("dossier", 5)]


def test_a_service_that_lost_what_the_log_holds_is_waited_for(platform: "Platform") -> None:
    a_request(platform)
    platform.tamper("dossier", "DELETE FROM ledger.stored_events")
    with pytest.raises(Unavailable):
        Mentions(platform.database, platform.peers.envelopes).catch_up()


def test_the_task_keeps_the_index_up_until_it_is_told_to_stop(platform: "Platform") -> None:
    async def scenario() -> None:
        looked, stop = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def feed(svc: str, after: int, limit: int) -> Sequence[Envelope]:
            if svc == "dossier":
                loop.call_soon_threadsafe(looked.set)
                raise Unavailable(peer=svc)  # the task goes on all the same
            return platform.peers.envelopes(svc, after, limit)

        task = asyncio.create_task(mentioning(Mentions(platform.database, feed))(stop))
        await asyncio.wait_for(looked.wait(), 10)
        stop.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(scenario())
