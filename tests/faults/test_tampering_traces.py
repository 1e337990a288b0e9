"""What leaves traces for ever, and therefore comes last: cases 4, 17 and 24 of test_tampering.py."""

import asyncio
import hashlib
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import nats
from bus.streams import configuration, stream_name
from launcher.journey.story import JOURNAL
from launcher.journey.world import until
from launcher.state import State
from nats.js import api
from nats.js.errors import NotFoundError
from proof.canonical import canonical, parse
from proof.entry import encoded
from proof.leaf import parse_leaf
from proof.record import Record
from testkit.insider import Insider

SERVICE = "messaging"  # nobody but the journal takes its events in
Message = dict[str, Any]


def _paths(insider: Insider) -> Iterator[tuple[str, str]]:
    """Fill the addresses of every route that asks for a purpose; one that is new here fails for want of a value."""
    answer = insider.world.call("GET", f"{JOURNAL}/openapi.json").json()
    vault = next(one for one in insider.journey.events if one["type"] == "vault.document-stored")
    values = {
        "dossier_id": insider.journey.dossier,
        "version_id": insider.journey.deposits[0].version_id,
        "office_id": insider.office(),
        "service": "vault",
        "aggregate_id": insider.journey.deposits[0].version_id,
        "at": str(vault["index"]),
        "from": "0",
        "to": str(vault["index"]),
        "format": "jsonl",
    }
    for path, methods in answer["paths"].items():
        for method, operation in methods.items():
            asked = {one["name"]: one for one in operation.get("parameters", [])}
            if "purpose" in asked:
                assert method == "get"
                query = [
                    f"{name}={values[name]}" for name, one in asked.items() if one["in"] == "query" and one["required"]
                ]
                yield path, path.format(**values).removeprefix(JOURNAL) + "?" + "&".join(query)


def test_case_24_nobody_of_the_compliance_reads_without_a_trace(insider: Insider) -> None:
    journey, seen = insider.journey, 0
    for name, path in _paths(insider):
        own = "/my/" in name  # what clients read of themselves, without having to say why
        reader, kind = (journey.clients[0], "client") if own else (journey.auditor, "staff")
        before, said = len(insider.leaves()), "own-records" if own else "incident"
        refused = insider.world.request("GET", JOURNAL + path, token=journey.auditor.token)
        assert refused.json()["code"] == "purpose-required", name
        full = f"{JOURNAL}{path}&purpose={said}&reference=case-24"
        answer = insider.world.request("GET", full, token=reader.token)
        assert answer.status_code == 200, (name, answer.text)
        told = [parse_leaf(leaf) for leaf in insider.leaves()[before:]]
        traces = [one for one in told if isinstance(one, Record) and one.kind in {"access", "export"}]
        assert [(one.actor, one.actor_kind) for one in traces] == [(reader.id, kind)], name
        assert (traces[0].body["purpose"], traces[0].body["reference"]) == (said, "case-24")
        seen += 1
    assert seen >= 10


def stored(insider: Insider, number: int = 0) -> Sequence[Any]:
    """Return a row of the service's store, the last one if no number is given."""
    with insider.platform.database(SERVICE) as connection:
        query = b"SELECT * FROM ledger.stored_events WHERE %s IN (0, notification_id) ORDER BY notification_id DESC"
        row = connection.execute(query, [number]).fetchone()
    assert row is not None
    found: Sequence[Any] = row
    return found


def backdated(insider: Insider, **changes: object) -> bytes:
    """Make an entry of a month ago out of one that is there."""
    entry = parse(bytes(stored(insider)[5]))
    assert isinstance(entry, dict)
    long_ago = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    new = {"agg": str(uuid4()), "agg_ver": 1, "recorded_at": long_ago, "occurred_at": long_ago}
    return canonical(entry | new | {"store_seq": entry["store_seq"] + 1} | changes)


def insert(insider: Insider, entry: bytes, *, continued: bool = False) -> int:
    """Write an event into the store beside the function that alone may; return its number."""
    said, last = json.loads(entry), stored(insider)
    with insider.as_superuser(SERVICE) as connection:
        values = [said["agg"], 1, last[2], last[3], said["store_seq"], entry]
        connection.execute(b"INSERT INTO ledger.stored_events VALUES (%s, %s, %s, %s, %s, %s)", values)
        connection.execute(b"UPDATE ledger.counter SET store_seq = %s", [said["store_seq"]])
        if continued:
            query = b"UPDATE ledger.office_counter SET office_seq = %s, entry_hash = %s WHERE office = %s"
            connection.execute(query, [said["office_seq"], hashlib.sha256(entry).digest(), said["office"]])
    return int(said["store_seq"])


def alarmed(insider: Insider, number: int) -> set[str]:
    """Wait for an alarm about an event; return the causes."""

    def causes() -> set[str]:
        return {cause for svc, place, cause in insider.alarms() if (svc, place) == (SERVICE, number)}

    return until(causes, f"an alarm about {SERVICE} {number}")


def forget(insider: Insider, number: int) -> None:
    """Do what operators do after the alarm: put the store back, have the stream made anew, let the intake go on."""
    with insider.as_superuser(SERVICE) as connection:
        connection.execute(b"DELETE FROM ledger.stored_events WHERE notification_id >= %s", [number])
        connection.execute(b"UPDATE ledger.counter SET store_seq = %s", [number - 1])
    asyncio.run(_without_stream(insider))
    with insider.as_superuser("journal") as connection:
        connection.execute(b"UPDATE journal.source SET epoch = 1, position = last WHERE svc = %s", [SERVICE])
    assert insider.platform.run("journal", "parked", "replay", SERVICE).returncode == 0


async def _without_stream(insider: Insider, messages: Sequence[Message] = ()) -> None:
    """Replace the stream by one that holds these messages, in this order; by none if there are none."""
    connection = await nats.connect(insider.platform.nats_url)
    jetstream = connection.jetstream()
    await jetstream.delete_stream(stream_name(SERVICE))
    if messages:
        await jetstream.add_stream(configuration(SERVICE))
    for number, message in enumerate(messages, 1):
        subject = f"ev.{message['type'].rpartition('.v')[0]}.{message.get('office', 'none')}"
        receipt = await jetstream.publish(subject, json.dumps(message).encode())
        assert receipt.seq == number
    await connection.close()


async def _published(insider: Insider) -> list[Message]:
    connection = await nats.connect(insider.platform.nats_url)
    try:
        jetstream = connection.jetstream()
        last = (await jetstream.stream_info(stream_name(SERVICE))).state.last_seq
        messages: list[api.RawStreamMsg] = [
            await jetstream.get_msg(stream_name(SERVICE), number) for number in range(1, last + 1)
        ]
    finally:
        await connection.close()
    return [json.loads(message.data or b"") for message in messages]


def _whole(insider: Insider) -> list[Message] | None:
    """Return the messages once the stream holds every event; its relay may be making it anew."""
    try:
        messages = asyncio.run(_published(insider))
    except NotFoundError:
        return None
    return messages if len(messages) == insider.platform.heads()[SERVICE] else None


@contextmanager
def relay_of_ones_own(insider: Insider) -> Iterator[list[Message]]:
    """Stop the service, so that its relay does not contradict; give what it had published."""
    pid = State.load(insider.platform.folder).processes[SERVICE].pid
    insider.taken_in()
    messages = until(lambda: _whole(insider), "the stream to be whole")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield messages
    finally:
        os.kill(pid, signal.SIGCONT)


def of_epoch(messages: Sequence[Message], epoch: int) -> list[Message]:
    """Say that the store was set back, which is when known numbers may come again."""
    return [one | {"epoch": epoch, "id": f"{SERVICE}:{epoch}:{one['storeseq']}"} for one in messages]


def reached(insider: Insider) -> tuple[int, int, int]:
    """Return how far the journal took the service in: epoch, position, number of leaves."""
    with insider.platform.database("journal") as connection:
        query = b"SELECT epoch, position, (SELECT count(*) FROM journal.entry WHERE svc = %(svc)s)"
        row = connection.execute(query + b" FROM journal.source WHERE svc = %(svc)s", {"svc": SERVICE}).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def test_case_17_a_relay_publishes_twice_and_in_another_order(insider: Insider) -> None:
    with relay_of_ones_own(insider) as messages:
        amount, alarms = len(messages), insider.alarms()
        assert reached(insider) == (1, amount, amount)
        asyncio.run(_without_stream(insider, of_epoch(messages, 2)))
        until(lambda: reached(insider)[:2] == (2, amount), "the journal to see everything again")
        again = of_epoch(messages, 3)
        again[4], again[5] = again[5], again[4]
        asyncio.run(_without_stream(insider, again))
    until(lambda: reached(insider)[:2] == (3, amount), "the journal to fill the hole from the service itself")
    assert (reached(insider)[2], insider.alarms()) == (amount, alarms)
    with insider.as_superuser("journal") as connection:
        connection.execute(b"UPDATE journal.source SET epoch = 1 WHERE svc = %s", [SERVICE])
    asyncio.run(_without_stream(insider))
    insider.touch(insider.another_dossier("case-17"))
    insider.intact()


def test_case_17_a_relay_publishes_other_bytes(insider: Insider) -> None:
    with relay_of_ones_own(insider) as messages:
        amount = len(messages)
        forged = of_epoch(messages, 2)
        forged[6]["proofentry"] = forged[6]["proofentry"].replace('"actor_kind":"', '"actor_kind":"x', 1)
        asyncio.run(_without_stream(insider, forged))
        assert alarmed(insider, 7) == {"rewritten-history"}
        assert {one["service"] for one in insider.status()["sources"] if one["stopped"]} == {SERVICE}
    assert reached(insider)[2] == amount
    forget(insider, amount + 1)
    insider.touch(insider.another_dossier("case-17-again"))
    insider.intact()


def test_case_4_there_is_no_room_between_the_numbers(insider: Insider) -> None:
    """An event of then would need a number of then, and no number of the office is free."""
    insider.taken_in()
    number = insert(insider, backdated(insider))
    assert alarmed(insider, number) == {"office-chain-broken"}
    forget(insider, number)
    insider.taken_in()
    insider.intact()


def test_case_4_an_event_that_says_it_was_recorded_long_ago(insider: Insider) -> None:
    """It continues every chain, as if the clock of the database had been set back; the tokens around it tell."""
    dossier = insider.another_dossier("case-4")
    insider.touch(dossier)
    insider.intact(dossier)
    last = bytes(stored(insider)[5])
    said = json.loads(last)
    follows = {"office_seq": said["office_seq"] + 1, "office_prev": encoded(hashlib.sha256(last).digest())}
    number = insert(insider, backdated(insider, dossier=dossier, **follows), continued=True)
    insider.taken_in()
    assert insider.opinion(insider.export(dossier)).failed["recorded-time"] == [str(insider.index(SERVICE, number))]
    insider.intact()
