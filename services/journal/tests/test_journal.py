import asyncio
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from contracts import MODELS
from journal.log.checkpoints import sealing
from journal.reading.timeline import MEANINGS
from proof.checkpoint import Checkpoint
from proof.note import Note, decode
from proof.reading import decode as read_bundle
from proof.report import Report, State, Verdict
from proof.tree import verify_consistency, verify_inclusion
from proof.verify import Trust, verify

if TYPE_CHECKING:
    from conftest import Platform


def verified(platform: "Platform", data: bytes, **more: object) -> Report:
    return verify(data, Trust(at=datetime.now(UTC), policy=platform.policy(), **more))  # type: ignore[arg-type]


def failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.state is State.FAILED}


def exported(platform: "Platform", who: str = "notary", **query: object) -> bytes:
    answer = platform.get(f"/dossiers/{platform.dossier}/bundle", who, **query)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_every_published_event_has_a_meaning() -> None:
    assert MEANINGS.keys() == MODELS.keys()


def test_the_journal_of_a_dossier_says_who_did_what_and_when(platform: "Platform") -> None:
    answer = platform.get(f"/dossiers/{platform.dossier}/events")
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["type"] for item in items] == [
        "dossier.sample-opened",
        "dossier.sample-noted",
        "dossier.sample-noted",
        "vault.sample-stored",
        "vault.sample-stored",
        "vault.sample-read",
    ]
    assert items[0]["actor"] == {
        "id": str(platform.people["notary"][0]),
        "kind": "staff",
        "name": "Anne M",
        "erased": False,
    }
    assert items[3]["actor"]["name"] == "Paul M"
    assert items[3]["documents"][0]["version_id"] == str(platform.version)
    assert [item["sealed"] for item in items] == [None] * 6
    platform.checkpoints.seal()
    items = platform.get(f"/dossiers/{platform.dossier}/events").json()["items"]
    assert {item["sealed"]["size"] for item in items} == {6}


def test_the_journal_comes_in_pages(shared: "Platform") -> None:
    path, seen, cursor = f"/dossiers/{shared.dossier}/events", [], None
    while True:
        page = shared.get(path, limit=4, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["index"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(6))
    assert shared.get(path, cursor="forged").status_code == 422


def test_an_erased_person_has_no_name_and_an_unknown_one_neither(platform: "Platform") -> None:
    client = str(platform.people["client"][0])
    platform.neighbours.persons = {client: {"id": client, "erased": True}}
    items = platform.get(f"/dossiers/{platform.dossier}/events").json()["items"]
    assert (items[3]["actor"]["name"], items[3]["actor"]["erased"]) == (None, True)
    assert (items[0]["actor"]["name"], items[0]["actor"]["erased"]) == (None, False)


def test_only_readers_and_the_offices_compliance_see_a_dossier(finished: "Platform") -> None:
    unknown = finished.get(f"/dossiers/{uuid4()}/events")
    assert unknown.status_code == 404
    for who in finished.people:
        for part in ("events", "bundle", "certificate"):
            answer = finished.get(f"/dossiers/{finished.dossier}/{part}", who)
            if who in {"notary", "compliance", "client", "other client"}:
                assert answer.status_code == 200, (who, part)
            else:
                assert (answer.status_code, answer.content) == (404, unknown.content), (who, part)


def test_nobody_sees_anything_without_a_token(shared: "Platform") -> None:
    for path in (f"/dossiers/{shared.dossier}/events", "/checkpoint", "/status", "/proofs/inclusion?index=0&size=1"):
        assert httpx.get(f"{shared.url}/api/journal/v1{path}", trust_env=False).status_code == 401


def test_clients_do_not_see_each_other(shared: "Platform") -> None:
    shared.neighbours.asked.clear()
    items = shared.get(f"/dossiers/{shared.dossier}/events", "client").json()["items"]
    assert {item["actor"]["name"] for item in items} == {"Anne M", "Paul M", None}
    assert str(shared.people["other client"][0]) not in shared.neighbours.asked
    bundle = read_bundle(exported(shared, "client"))
    owners = {item.opening.data.get("owner_id") for item in bundle.items if item.opening}
    assert owners <= {str(shared.people["client"][0]), None}
    assert sum(item.opening is not None for item in bundle.items) == 2
    assert verified(shared, exported(shared, "client")).verdict is Verdict.INTACT


@pytest.mark.covers("C-05")
def test_the_bundle_of_a_dossier_verifies_with_the_documents_that_were_deposited(shared: "Platform") -> None:
    data = exported(shared)
    report = verified(shared, data, documents={"identité.pdf": sha256(b"file").hexdigest()})
    assert (report.verdict, report.level, failed(report)) == (Verdict.INTACT, 1, set())
    examined = {check.name: check.examined for check in report.checks}
    assert (examined["event-state"], examined["opening"], examined["object-bytes"]) == (6, 6, 2)


@pytest.mark.covers("C-05")
def test_an_event_altered_in_its_store_is_named(platform: "Platform") -> None:
    platform.tamper(
        "dossier",
        "UPDATE ledger.stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        " '\"number\":2', '\"number\":7'), 'UTF8') WHERE notification_id = 3",
    )
    report = verified(platform, exported(platform))
    assert report.verdict is Verdict.TAMPERED
    assert failed(report) == {"event-state", "opening"}


@pytest.mark.covers("C-05")
def test_events_that_their_service_lost_or_cannot_read_are_named(platform: "Platform") -> None:
    platform.tamper("vault", "UPDATE ledger.stored_events SET state = 'nonsense' WHERE notification_id = 1")
    platform.tamper("vault", "UPDATE ledger.stored_events SET topic = 'vault.nothing' WHERE notification_id = 2")
    platform.tamper("dossier", "DELETE FROM ledger.stored_events WHERE notification_id = 1")
    platform.tamper("dossier", "UPDATE ledger.stored_events SET entry = 'nonsense' WHERE notification_id = 2")
    report = verified(platform, exported(platform))
    assert (report.verdict, failed(report)) == (Verdict.TAMPERED, {"event-state"})
    (found,) = [check for check in report.checks if check.name == "event-state"]
    assert found.findings == ("0", "1", "3", "4")


@pytest.mark.covers("C-05")
def test_a_document_altered_or_gone_in_the_bucket_is_named(platform: "Platform") -> None:
    for digest in ("ab" * 32, None):
        platform.neighbours.manifests[str(platform.version)] = digest
        assert failed(verified(platform, exported(platform))) == {"object-bytes"}


def test_an_entry_altered_in_the_journal_itself_is_named(platform: "Platform") -> None:
    platform.checkpoints.seal()
    with platform.database.transaction() as connection:
        connection.execute("ALTER TABLE journal.entry DISABLE TRIGGER never_changed")
        connection.execute(
            "UPDATE journal.entry SET entry = convert_to(replace(convert_from(entry, 'UTF8'), 'staff', 'client'),"
            " 'UTF8') WHERE idx = 0"
        )
    assert "inclusion" in failed(verified(platform, exported(platform)))


def test_a_node_altered_in_the_journal_itself_is_named_and_nothing_more_is_signed(platform: "Platform") -> None:
    first = platform.checkpoints.seal()
    assert first
    with platform.database.transaction() as connection:
        connection.execute("ALTER TABLE journal.node DISABLE TRIGGER never_changed")
        connection.execute("UPDATE journal.node SET hash = sha256('other') WHERE level = 2 AND idx = 0")
    dossier = platform.dossier
    platform.live()
    platform.take_in()
    platform.dossier = dossier
    data = exported(platform)
    assert failed(verified(platform, data)) == {"inclusion"}
    assert read_bundle(data).final == first.note


def test_a_bundle_may_leave_out_what_is_in_clear(shared: "Platform") -> None:
    data = exported(shared, contents=False)
    assert b"vente Dupont" in exported(shared)
    assert b"vente Dupont" not in data
    report = verified(shared, data)
    assert (report.verdict, {check.name: check.examined for check in report.checks}["opening"]) == (Verdict.INTACT, 0)


def test_the_document_of_the_interface_names_every_address(shared: "Platform") -> None:
    described = httpx.get(f"{shared.url}/api/journal/v1/openapi.json", trust_env=False).json()
    assert {path.removeprefix("/api/journal/v1") for path in described["paths"]} >= {
        "/dossiers/{dossier_id}/events",
        "/dossiers/{dossier_id}/bundle",
        "/dossiers/{dossier_id}/certificate",
        "/dossiers/{dossier_id}/report",
        "/documents/{version_id}/certificate",
        "/documents/{version_id}/bundle",
        "/offices/{office_id}/bundle",
        "/events",
        "/events/export",
        "/dossiers/{dossier_id}/state",
        "/dossiers/{dossier_id}/diff",
        "/dossiers/{dossier_id}/export",
        "/offices/{office_id}/state",
        "/aggregates/{service}/{aggregate_id}/state",
        "/my/events",
        "/my/export",
        "/checkpoint",
        "/policy",
        "/proofs/inclusion",
        "/proofs/consistency",
        "/status",
    }


def test_a_service_that_does_not_answer_is_not_called_tampered(platform: "Platform") -> None:
    platform.tamper("dossier", "ALTER TABLE ledger.counter RENAME TO elsewhere")
    assert platform.get(f"/dossiers/{platform.dossier}/bundle").status_code == 503


def test_a_checkpoint_that_the_reader_holds_is_extended_by_the_bundle(platform: "Platform") -> None:
    first = platform.checkpoints.seal()
    assert first
    platform.live()
    platform.take_in()
    data = exported(platform, known=first.size)
    report = verified(platform, data, known=[first.note])
    assert (report.verdict, report.level) == (Verdict.INTACT, 2)
    assert platform.get(f"/dossiers/{platform.dossier}/bundle", known=3).status_code == 422


def test_a_bundle_may_name_the_present_checkpoint_as_known(shared: "Platform") -> None:
    first = shared.checkpoints.seal()
    assert first
    report = verified(shared, exported(shared, known=first.size), known=[first.note])
    assert (report.verdict, report.level) == (Verdict.INTACT, 2)


def test_the_log_proves_inclusion_and_growth_to_whoever_is_signed_in(platform: "Platform") -> None:
    assert platform.get("/checkpoint").status_code == 422
    first = platform.checkpoints.seal()
    platform.live()
    platform.take_in()
    second = platform.checkpoints.seal()
    assert first
    assert second
    note = platform.get("/checkpoint", "foreign client").content
    assert note == second.note
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    proof = platform.get("/proofs/inclusion", index=4, size=checkpoint.size).json()
    hashes = [decode(text) for text in proof["hashes"]]
    assert verify_inclusion(decode(proof["leaf_hash"]), 4, checkpoint.size, hashes, checkpoint.root)
    proof = platform.get("/proofs/consistency", **{"from": first.size, "to": second.size}).json()
    hashes = [decode(text) for text in proof["hashes"]]
    assert verify_consistency(first.size, second.size, first.root, second.root, hashes)
    for path in (
        "/proofs/inclusion?index=12&size=12",
        "/proofs/inclusion?index=0&size=99",
        "/proofs/consistency?from=9&to=3",
    ):
        assert platform.get(path).status_code == 422, path


def test_the_status_says_how_far_the_log_is(platform: "Platform") -> None:
    platform.checkpoints.seal()
    status = platform.get("/status").json()
    assert (status["size"], status["sealed"], status["alarms"]) == (6, 6, 0)
    assert [(source["service"], source["store_seq"]) for source in status["sources"]] == [("dossier", 3), ("vault", 3)]


def test_the_sealing_task_signs_soon_and_stops_when_told(platform: "Platform") -> None:
    async def scenario() -> float:
        stop = asyncio.Event()
        task = asyncio.create_task(sealing(platform.checkpoints)(stop))
        began = time.monotonic()
        while await asyncio.to_thread(platform.checkpoints.last) is None:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(task, 2)
        return time.monotonic() - began

    assert asyncio.run(scenario()) < 5
