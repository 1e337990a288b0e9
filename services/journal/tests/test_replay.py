"""The past, told from events only, and proven by the log."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from journal.log.database import Database
from journal.reading.replay import _last
from proof.checkpoint import Checkpoint
from proof.note import Note, decode
from proof.tree import verify_inclusion
from testkit.releases import written_before

if TYPE_CHECKING:
    from conftest import Outside, Platform


def state(platform: "Platform", at: object, who: str = "notary", **query: object) -> dict[str, Any]:
    answer = platform.get(f"/dossiers/{platform.dossier}/state", who, at=at, **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def matter(page: dict[str, Any]) -> dict[str, Any]:
    (found,) = [item for item in page["items"] if item["service"] == "dossier"]
    return dict(found)


def test_a_dossier_is_told_as_it_was_after_each_leaf(shared: "Platform") -> None:
    numbers = [matter(state(shared, index))["state"]["number"] for index in range(6)]
    assert numbers == [0, 1, 2, 2, 2, 2]
    assert [matter(state(shared, index))["version"] for index in range(3)] == [1, 2, 3]
    first = state(shared, 0)
    assert (first["point"]["size"], first["point"]["numbers"]) == (1, {"dossier": 1})
    assert len(first["items"]) == 1
    assert first["items"][0]["state"]["note"] == "vente Dupont"
    assert len(state(shared, 5)["items"]) == 3
    assert {finding for item in state(shared, 5)["items"] for finding in item["findings"]} == set()


def test_each_state_is_proven_under_a_signed_checkpoint(platform: "Platform") -> None:
    page = state(platform, 4)
    said = page["point"]["checkpoint"]
    checkpoint = Checkpoint.parse(Note.parse(said["note"].encode()).text)
    assert (checkpoint.size, checkpoint.root) == (said["size"], decode(said["root"]))
    for item in page["items"]:
        path = [decode(text) for text in item["proof"]]
        assert verify_inclusion(decode(item["leaf_hash"]), item["index"], checkpoint.size, path, checkpoint.root)
    assert checkpoint.size == 6
    assert state(platform, "checkpoint:6")["point"]["checkpoint"]["size"] == 6


def test_an_instant_is_a_point(platform: "Platform") -> None:
    events = platform.get(f"/dossiers/{platform.dossier}/events").json()["items"]
    vault = next(event for event in events if event["service"] == "vault")
    page = state(platform, events[1]["recorded_at"])
    assert page["point"]["numbers"]["dossier"] >= 2
    assert matter(page)["version"] == page["point"]["numbers"]["dossier"]
    assert state(platform, vault["recorded_at"])["point"]["numbers"]["vault"] >= 1
    assert state(platform, datetime.now(UTC).isoformat())["point"]["numbers"] == {
        "dossier": 3,
        "vault": 3,
        "journal": 2,
    }


@pytest.mark.parametrize(
    "at",
    [
        "-1",
        "6000",
        "checkpoint:0",
        "checkpoint:3",
        "yesterday",
        "0001-01-01T00:00:00+14:00",
        "9999999999999999",
        "2026-03-02",
        "2000-01-01T00:00:00Z",
        "2026-03-02T09:30:00",
    ],
)
def test_a_point_that_is_none_is_refused(shared: "Platform", at: str) -> None:
    answer = shared.get(f"/dossiers/{shared.dossier}/state", at=at)
    assert (answer.status_code, answer.json()["code"]) == (422, "point-unknown")


def test_a_dossier_that_was_not_there_yet_is_not_found(platform: "Platform") -> None:
    first = platform.dossier
    platform.live()
    platform.take_in()
    assert platform.get(f"/dossiers/{platform.dossier}/state", at=5).status_code == 404
    assert platform.get(f"/dossiers/{first}/state", at=5).status_code == 200


def test_tokens_say_between_which_times_a_point_lies(attested: "Platform", attesters: "Outside") -> None:
    del attesters
    attested.get(f"/dossiers/{attested.dossier}/bundle")
    (token,) = attested.parts.attestations.tokens(attested.parts.attestations.stamped() or 0)
    early, late = state(attested, 0)["point"], state(attested, token.size)["point"]
    assert (early["stamped_after"], early["stamped_before"]) == (
        None,
        token.stamped_at.isoformat().replace("+00:00", "Z"),
    )
    assert late["stamped_after"] == early["stamped_before"]


def test_an_event_that_was_altered_is_shown_and_nothing_is_told_from_it(platform: "Platform") -> None:
    platform.tamper(
        "dossier",
        "UPDATE ledger.stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        " '\"number\":1', '\"number\":7'), 'UTF8') WHERE notification_id = 2",
    )
    found = matter(state(platform, 5))
    assert (found["state"], found["withheld"]) == (None, False)
    assert found["findings"] == [{"code": "event-unreadable", "index": None}, {"code": "event-altered", "index": 1}]
    assert matter(state(platform, 0))["findings"] == []


def test_events_that_a_service_lost_or_exchanged_are_shown(platform: "Platform") -> None:
    platform.tamper("dossier", "DELETE FROM ledger.stored_events WHERE notification_id = 3")
    found = matter(state(platform, 5))
    assert (found["version"], found["state"]["number"]) == (3, 1)
    assert found["findings"] == [{"code": "version-differs", "index": None}, {"code": "event-altered", "index": 2}]
    platform.tamper("dossier", "DELETE FROM ledger.stored_events")
    found = matter(state(platform, 0))
    assert [finding["code"] for finding in found["findings"]] == ["unknown-to-service", "event-altered"]


def test_a_client_is_told_the_states_of_what_is_theirs(shared: "Platform") -> None:
    items = state(shared, 5, "client")["items"]
    told = {(item["service"], item["withheld"], item["state"] is None) for item in items}
    assert told == {("dossier", False, False), ("vault", False, False), ("vault", True, True)}
    assert shared.get(f"/dossiers/{shared.dossier}/state", "foreign client", at=5).status_code == 404
    assert shared.get(f"/dossiers/{shared.dossier}/state", "compliance", at=5, purpose=None).status_code == 422


def test_a_state_says_which_code_told_it_and_by_which_rules(platform: "Platform") -> None:
    """An event of an earlier release is read by the rules of today, and the log still says what was stored."""
    client = platform.people["client"][0]
    place = {"office": platform.office, "dossier": platform.dossier, "client": client}
    master, url = platform.keys.folder / "master", platform.urls["dossier"]
    letter = written_before("dossier", url, master, **place, town="Lyon", note="Mme Martin")
    platform.take_in()
    code = platform.stores["dossier"].code()
    items = {item["id"]: item for item in state(platform, 6)["items"]}
    told = items[str(letter)]
    assert (told["state"]["city"], told["state"]["country"], told["findings"]) == ("Lyon", "FR", [])
    assert told["read_by"] == {"version": version("scelle-dossier"), "upcasts": code.upcasts}
    answer = platform.get(f"/dossiers/{platform.dossier}/diff", **{"from": 5, "to": 6})
    (changed,) = answer.json()["aggregates"]
    assert (changed["id"], changed["read_by"]) == (str(letter), told["read_by"])
    assert {change["field"] for change in changed["changes"]} >= {"city", "country", "remark"}


def test_the_states_come_in_pages(shared: "Platform") -> None:
    first = state(shared, 5, limit=2)
    second = state(shared, 5, limit=2, cursor=first["next"])
    found = [(item["service"], item["id"]) for page in (first, second) for item in page["items"]]
    assert len(set(found)) == 3
    assert second["next"] is None


def test_an_office_is_told_with_its_dossiers(platform: "Platform") -> None:
    first = platform.dossier
    platform.live()
    platform.take_in()
    path = f"/offices/{platform.office}/state"
    assert [item["id"] for item in platform.get(path, "compliance", at=5).json()["items"]] == [str(first)]
    found, cursor = [], None
    while True:
        page = platform.get(path, "compliance", at=11, limit=1, cursor=cursor).json()
        found += [(item["id"], item["state"]["number"]) for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == [(str(one), 2) for one in sorted([first, platform.dossier])]
    for who in ("notary", "client", "foreign compliance"):
        assert platform.get(path, who, at=5).status_code == 404


def test_anything_of_a_service_is_told_to_whoever_reads_its_dossier(platform: "Platform") -> None:
    path = f"/aggregates/vault/{platform.version}/state"
    (item,) = platform.get(path, "client", at=5).json()["items"]
    assert (item["aggregate"], item["version"], item["state"]["name"]) == ("vault.sample-paper", 2, "identité.pdf")
    assert item["state"]["purpose"] == "view"
    (item,) = platform.get(path, "compliance", at=3).json()["items"]
    assert "purpose" not in item["state"]
    assert platform.get(path, "foreign client", at=5).status_code == 404
    assert platform.get(path, "foreign compliance", at=5).status_code == 404
    assert platform.get(f"/aggregates/vault/{uuid4()}/state", "compliance", at=5).status_code == 404
    assert platform.get(f"/aggregates/dossier/{platform.version}/state", "compliance", at=5).status_code == 404


def test_every_question_about_the_past_is_recorded(platform: "Platform") -> None:
    state(platform, 5, "compliance", reference="42/2026")
    platform.get(f"/offices/{platform.office}/state", "compliance", at=5)
    platform.get(f"/aggregates/vault/{platform.version}/state", "client", at=5)
    said = platform.records("access")
    assert [record.body["query"]["scope"] for record in said] == ["dossier", "office", "aggregate"]
    assert [record.body["purpose"] for record in said] == ["control", "control", "own-records"]
    assert said[0].body["reference"] == "42/2026"
    assert said[2].dossier == str(platform.dossier)


def test_the_last_number_before_a_place_is_found_over_any_hole(database: Database) -> None:
    numbers = [1, 2, 7, 8, 30, 31, 32]
    with database.transaction() as connection:
        for place, number in enumerate(numbers):
            connection.execute(
                "INSERT INTO journal.entry"
                " (idx, svc, store_seq, entry, kind, type, agg, agg_ver, actor_kind, recorded_at)"
                " VALUES (%s, 'vault', %s, '', 'event', 'a', gen_random_uuid(), 1, 'staff', now())",
                (place * 3, number),
            )
        for below in range(1, 21):
            found = _last(connection, "vault", below)
            assert found
            assert found["store_seq"] == numbers[(below - 1) // 3]
        assert _last(connection, "vault", 0) is None
        assert _last(connection, "dossier", 5) is None
