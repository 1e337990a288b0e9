"""What the monitor sees in a published log, and what it must not overlook."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from journal.attest.layout import note_name, token_name
from journal.attest.monitor import FINDING, GRACE, Monitor
from journal.attest.monitoring import monitor_command, monitoring
from journal.attest.progress import Progress
from journal.attest.s3 import Bucket
from journal.log.alarms import Alarms
from journal.log.appender import Row
from journal.log.database import from_nodes
from journal.log.heads import append_head
from journal.log.records import Draft, record
from proof.checkpoint import Checkpoint
from proof.entry import encoded
from proof.policy import LogKey, Policy
from proof.record import Record
from proof.tree import root

if TYPE_CHECKING:
    from conftest import Copy, Log, Platform

OFFICE, OTHER_OFFICE = uuid4(), uuid4()
HASH = encoded(bytes(32))


def monitor(log: "Log") -> Monitor:
    policy = Policy(log.signer.origin, (LogKey(log.signer.keys[0]),))
    return Monitor(log.database, log.copy.tiles, log.copy.worm, lambda: policy)


def checks(found: list[Any]) -> set[str]:
    return {finding.check for finding in found}


def test_an_honest_log_is_read_step_by_step_and_nothing_is_found(log: "Log", copy: "Copy") -> None:
    watching, publisher, now = monitor(log), copy.publisher(log.database), datetime.now(UTC)
    for step, amount in enumerate((3, 250, 3, 1, 255, 600)):
        log.seal(amount)
        publisher.publish(now + timedelta(hours=step))
        assert watching.look() == []
        assert Progress(log.database, "monitor").read()["size"] == log.checkpoints.seal().size  # type: ignore[union-attr]
    assert watching.look() == []
    assert monitor(log).look(afresh=True) == []
    assert Alarms(log.database).list() == []


def test_heads_seals_tokens_and_cosignatures_of_a_living_journal_are_right(
    published: "Platform", copy: "Copy", capsys: pytest.CaptureFixture[str]
) -> None:
    copy.attest(published)
    published.live()
    published.complete()
    with published.parts.records.writing() as appender:
        append_head(appender, "daily", published.office)
    copy.attest(published)
    assert {one.kind for kind in ("seal", "head") for one in published.records(kind)} == {"seal", "head"}
    watching = Monitor(published.database, copy.tiles, copy.worm, published.parts.policy)
    later = datetime.now(UTC) + 2 * GRACE
    assert monitor_command(watching, []) == 0
    assert capsys.readouterr().out == "0 findings\n"
    copy.publisher(published.database).publish(later + timedelta(hours=1))
    assert watching.look(later) == []
    assert Progress(published.database, "monitor").read()["seals"] == []


def test_a_rewritten_and_signed_again_history_is_found(log: "Log", copy: "Copy") -> None:
    log.seal(5)
    copy.publisher(log.database).publish()
    assert monitor(log).look() == []
    forged = log.signer.sign(7, sha256(b"another history").digest())
    copy.worm.put(note_name(7), forged)
    log.grow(2)
    with log.database.transaction() as connection:
        connection.execute("INSERT INTO journal.checkpoint (size, root, note) VALUES (7, %s, %s)", (HASH, forged))
    copy.publisher(log.database).publish(datetime.now(UTC) + timedelta(hours=2))
    assert checks(monitor(log).look()) == {"consistency", "root"}
    assert monitor(log).look() == []
    assert [(alarm["cause"], alarm["store_seq"]) for alarm in Alarms(log.database).list()] == [
        (FINDING, 7),
        (FINDING, 7),
    ]


def a_foreign_note(log: "Log") -> None:
    log.copy.worm.put(note_name(2), b"nothing")


def a_note_of_another_size(log: "Log") -> None:
    log.copy.worm.put(note_name(2), log.signer.sign(3, bytes(32)))


def an_unlocked_object(log: "Log") -> None:
    with_other_lock(log.copy, None).put(note_name(2), log.signer.sign(2, root_at(log, 2)))


def an_object_locked_too_briefly(log: "Log") -> None:
    with_other_lock(log.copy, 1).put(note_name(2), log.signer.sign(2, root_at(log, 2)))


def another_version(log: "Log") -> None:
    log.copy.worm.put(note_name(300), b"nothing")


def a_deletion(log: "Log") -> None:
    log.copy.worm.remove([note_name(300)])


def another_tile(log: "Log") -> None:
    log.copy.worm.put("tile/0/000", bytes(32 * 256))


def a_tile_cut(log: "Log") -> None:
    log.copy.worm.put("tile/0/000", b"")


def a_bundle_cut(log: "Log") -> None:
    log.copy.worm.put("tile/entries/000", b"\0")


def other_leaves(log: "Log") -> None:
    changed = (log.copy.worm.get("tile/entries/000") or b"").replace(b"control", b"contral", 1)
    log.copy.worm.put("tile/entries/000", changed)


def a_tile_gone(log: "Log") -> None:
    log.copy.tiles.remove([*log.copy.tiles.names("tile/0/001"), *log.copy.tiles.names("tile/0/001.p/")])


def a_token_of_nobody(log: "Log") -> None:
    log.copy.worm.remove([token_name(300, 0)])


def with_other_lock(copy: "Copy", days: int | None) -> Bucket:
    return Bucket(copy.address, copy.worm.name, days)


def root_at(log: "Log", size: int) -> bytes:
    with log.database.transaction() as connection:
        return from_nodes(connection, partial(root, size))


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (a_foreign_note, {"note"}),
        (a_note_of_another_size, {"note"}),
        (an_unlocked_object, {"lock"}),
        (an_object_locked_too_briefly, {"lock"}),
        (another_version, {"rewritten"}),
        (a_deletion, {"hidden"}),
        (another_tile, {"tile"}),
        (a_tile_cut, {"tile"}),
        (a_bundle_cut, {"bundle"}),
        (other_leaves, {"tile", "root"}),
        (a_tile_gone, {"tiles"}),
        (a_token_of_nobody, {"hidden"}),
    ],
)
def test_harm_to_what_is_published_is_found(
    log: "Log", copy: "Copy", harm: Callable[["Log"], None], expected: set[str]
) -> None:
    log.seal(3)
    log.seal(297)
    copy.publisher(log.database).publish()
    harm(log)
    assert checks(monitor(log).look()) == expected
    assert Alarms(log.database).list() != []


def test_a_token_that_does_not_verify_is_found(
    published: "Platform", copy: "Copy", capsys: pytest.CaptureFixture[str]
) -> None:
    copy.attest(published)
    watching = Monitor(published.database, copy.tiles, copy.worm, published.parts.policy)
    assert watching.look() == []
    copy.worm.put(token_name(6, 7), b"no token")
    copy.worm.put(token_name(5, 0), b"of no checkpoint")
    assert [(one.check, one.place) for one in watching.look()] == [("token", 5), ("token", 6)]
    assert watching.look() == []
    assert monitor_command(watching, ["--all"]) == 1
    assert "FOUND token at 6: " in capsys.readouterr().out
    assert monitor_command(watching, ["--all", "--json"]) == 1
    assert [one["check"] for one in json.loads(capsys.readouterr().out)["findings"]] == ["token", "token"]


def add(log: "Log", *drafts: Draft) -> None:
    with log.records.writing() as appender:
        record(appender, drafts)


def a_lying_head(log: "Log") -> None:
    heads = [{"hash": HASH, "seq": 9, "svc": "journal"}]
    add(log, Draft("head", {"reason": "daily", "heads": heads, "entries": None, "digest": None}, office=OFFICE))


def a_head_that_hides_a_service(log: "Log") -> None:
    add(log, Draft("head", {"reason": "daily", "heads": [], "entries": None, "digest": None}, office=OFFICE))


def a_lying_head_of_a_dossier(log: "Log") -> None:
    with log.records.writing() as appender:
        true = append_head(appender, "closing", OTHER_OFFICE, UUID(int=7, version=4)).entry
        assert isinstance(true, Record)
    dossier = UUID(int=8, version=4)
    add(log, Draft("head", {"reason": "closing", "heads": [], "entries": 1, "digest": HASH}, uuid4(), dossier))


def a_lying_seal(log: "Log") -> None:
    body = {"size": 3, "root": HASH, "tokens": [HASH], "cosignatures": [HASH], "policy": None}
    add(log, Draft("seal", body))


def a_gap(log: "Log") -> None:
    forge(log, store_seq=99)


def a_broken_office(log: "Log") -> None:
    forge(log, office=str(uuid4()), office_seq=5, office_prev=HASH)


def no_leaf(log: "Log") -> None:
    append(log, 99, b"no leaf", None)


def forge(log: "Log", **changes: Any) -> None:
    facts: dict[str, Any] = {
        "kind": "access",
        "store_seq": 6,
        "recorded_at": "2026-03-01T12:00:00.000000Z",
        "actor_kind": "system",
        "body": {"purpose": "control", "reference": None, "query": {}},
    }
    made = Record(**facts | changes)
    append(log, made.store_seq, made.encode(), made.office)


def append(log: "Log", number: int, data: bytes, office: str | None) -> None:
    facts = ("access", "journal.access", None, None, office, None, None, "system", datetime.now(UTC))
    with log.records.writing() as appender:
        appender.add(Row("journal", number, data, *facts))


@pytest.mark.parametrize(
    ("lie", "check"),
    [
        (a_lying_head, "head"),
        (a_head_that_hides_a_service, "head"),
        (a_lying_head_of_a_dossier, "head"),
        (a_lying_seal, "seal"),
        (a_gap, "store-seq"),
        (a_broken_office, "office-seq"),
        (no_leaf, "leaf"),
    ],
)
def test_a_leaf_that_lies_is_found_although_it_is_sealed(
    log: "Log", copy: "Copy", lie: Callable[["Log"], None], check: str
) -> None:
    log.seal(3)
    add(log, Draft("access", {"purpose": "control", "reference": None, "query": {}}, office=OFFICE))
    add(log, Draft("access", {"purpose": "control", "reference": None, "query": {}}, office=OFFICE))
    lie(log)
    sealed = log.checkpoints.seal()
    assert sealed is not None
    copy.publisher(log.database).publish()
    found = monitor(log).look()
    found += monitor(log).look(datetime.now(UTC) + 2 * GRACE)
    assert checks(found) == {check}
    assert len(found) == 1
    assert found[0].place == sealed.size - 1


def test_the_monitor_looks_as_a_task_and_ends_when_told(log: "Log", copy: "Copy", database_url: str) -> None:
    log.seal(3)
    copy.publisher(log.database).publish()
    progress = Progress(log.database, "monitor")

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(monitoring(monitor(log), database_url)(stop))
        while (await asyncio.to_thread(progress.read)).get("size") != 3:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(scenario())
    assert Checkpoint.parse(progress.read()["note"]).size == 3
