"""Leaves as tables and lines of JSON, and a client's own journal."""

import csv
import io
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.actor import Actor
from dossier.domain.document_request import DocumentRequest
from journal.reading.tables import COLUMNS, harmless
from proof.canonical import canonical
from proof.entry import Entry, commitment
from proof.leaf import parse_leaf
from proof.note import decode
from proof.record import scope_digest
from proof.tree import leaf_hash
from testkit.releases import Letter, written_before

if TYPE_CHECKING:
    from conftest import Platform


def a_request(platform: "Platform", client: UUID) -> None:
    """Let the office ask a client for a document, and the log know."""
    request = DocumentRequest(
        dossier_id=platform.dossier,
        office_id=platform.office,
        client_id=client,
        label="RIB",
        document_type=None,
        batch_id=uuid4(),
    )
    notary = platform.people["notary"][0]
    platform.stores["dossier"].save(request, actor=Actor(person_id=notary, kind="staff", office_id=platform.office))
    platform.take_in()


def exported(platform: "Platform", path: str, who: str, form: str, **query: object) -> httpx.Response:
    answer = platform.get(path, who, format=form, **query)
    assert answer.status_code == 200, answer.text
    return answer


def read_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_lines(content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    first, *leaves, last = map(json.loads, content.splitlines())
    return first, leaves, last


def test_a_dossier_is_exported_as_a_table_that_a_spreadsheet_opens(shared: "Platform") -> None:
    answer = exported(shared, f"/dossiers/{shared.dossier}/export", "notary", "csv")
    rows = read_csv(answer.content)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["index"]) for row in rows] == list(range(6))
    assert int(answer.headers["scelle-entries"]) == 6
    assert (rows[0]["actor_name"], rows[0]["kind"], rows[0]["office_seq"]) == ("Anne M", "event", "1")
    assert rows[3]["documents"] == str(shared.version)


@pytest.mark.bad_input("B27")
@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_run_as_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


@pytest.mark.bad_input("B27")
def test_a_name_that_would_be_a_formula_is_made_harmless(platform: "Platform") -> None:
    notary = str(platform.people["notary"][0])
    platform.neighbours.persons[notary]["first_name"] = '=HYPERLINK("x")'
    rows = read_csv(exported(platform, f"/dossiers/{platform.dossier}/export", "notary", "csv").content)
    assert rows[0]["actor_name"] == '\'=HYPERLINK("x") M'


def test_lines_of_json_have_exact_entries_and_payloads_that_open_them(shared: "Platform") -> None:
    answer = exported(shared, f"/dossiers/{shared.dossier}/export", "notary", "jsonl")
    first, leaves, last = read_lines(answer.content)
    assert (first["format"], first["asked"]) == ("scelle-leaves/1", {"dossier": str(shared.dossier)})
    rules = shared.stores["dossier"].code().upcasts
    code = {svc: [{"version": version(f"scelle-{svc}"), "upcasts": rules}] for svc in ("dossier", "vault")}
    assert last == {"leaves": 6, "read_by": code}
    assert len(first["schemas"]) == 64
    for line in leaves:
        data = line["entry"].encode()
        entry = parse_leaf(data)
        assert isinstance(entry, Entry)
        assert decode(line["leaf_hash"]) == leaf_hash(data)
        assert commitment(decode(line["salt"]), canonical(line["payload"])) == entry.payload_c
        assert "upcast" not in line
    digest = scope_digest(leaf_hash(line["entry"].encode()) for line in leaves)
    assert answer.headers["scelle-digest"] == digest


def a_letter_of_the_release_before(platform: "Platform", client: UUID) -> UUID:
    """Let a process of an earlier release of the dossier service write, and the log know."""
    place = {"office": platform.office, "dossier": platform.dossier}
    master, url = platform.keys.folder / "master", platform.urls["dossier"]
    letter = written_before("dossier", url, master, **place, client=client, town="Lyon", note="Mme Martin")
    platform.take_in()
    return letter


def test_what_an_earlier_release_said_is_exported_as_it_was_stored_and_as_it_is_read(platform: "Platform") -> None:
    a_letter_of_the_release_before(platform, client := platform.people["client"][0])
    answer = exported(platform, f"/dossiers/{platform.dossier}/export", "notary", "jsonl")
    _, leaves, last = read_lines(answer.content)
    line = leaves[-1]
    entry = parse_leaf(line["entry"].encode())
    assert isinstance(entry, Entry)
    assert (entry.type, entry.schema) == (Letter.Created.TOPIC, 1)
    assert commitment(decode(line["salt"]), canonical(line["payload"])) == entry.payload_c
    ids = {"office_id": str(platform.office), "dossier_id": str(platform.dossier), "client_id": str(client)}
    assert line["payload"] == {"type": entry.type, "data": ids | {"town": "Lyon", "note": "Mme Martin"}}
    lifted = {"city": "Lyon", "country": "FR", "remark": "Mme Martin"}
    assert line["upcast"] == {"type": entry.type, "data": ids | lifted}
    assert [one for one in leaves if "upcast" in one] == [line]
    assert last["read_by"]["dossier"][0]["upcasts"] == platform.stores["dossier"].code().upcasts
    platform.stores["dossier"].keys.destroy(client)
    _, leaves, _ = read_lines(exported(platform, f"/dossiers/{platform.dossier}/export", "notary", "jsonl").content)
    assert (leaves[line["index"]]["payload"], "upcast" in leaves[line["index"]]) == (None, False)


def test_a_client_is_given_the_payloads_of_what_is_theirs(shared: "Platform") -> None:
    path = f"/dossiers/{shared.dossier}/export"
    _, leaves, _ = read_lines(exported(shared, path, "client", "jsonl").content)
    assert [line["payload"] is not None for line in leaves].count(True) == 2
    names = {row["actor_name"] for row in read_csv(exported(shared, path, "client", "csv").content)}
    assert names == {"Anne M", "Paul M", ""}
    assert shared.get(path, "foreign client", format="csv").status_code == 404
    assert shared.get(path, "notary", format="xlsx").status_code == 422


def test_an_export_is_recorded_with_its_size_and_its_digest(platform: "Platform") -> None:
    answer = exported(platform, "/events/export", "compliance", "csv", type="dossier.sample-noted", reference="7/2026")
    assert len(read_csv(answer.content)) == 2
    (said,) = platform.records("export")
    assert said.body == {
        "purpose": "control",
        "reference": "7/2026",
        "query": {"office": str(platform.office), "types": ["dossier.sample-noted"]},
        "format": "csv",
        "entries": 2,
        "digest": answer.headers["scelle-digest"],
    }
    records = read_csv(exported(platform, "/events/export", "compliance", "csv", type="journal.export").content)
    assert [row["kind"] for row in records] == ["export"]
    for who in ("notary", "client", "foreign client"):
        assert platform.get("/events/export", who, format="csv").status_code == 404


def test_an_export_of_many_leaves_is_read_in_batches(platform: "Platform") -> None:
    for _ in range(40):
        platform.live()
    platform.take_in()
    answer = exported(platform, "/events/export", "compliance", "csv")
    rows = read_csv(answer.content)
    assert len(rows) == int(answer.headers["scelle-entries"]) == 41 * 5
    assert [int(row["index"]) for row in rows] == sorted({int(row["index"]) for row in rows})


def test_clients_read_and_export_their_own_journal_in_every_office(platform: "Platform") -> None:
    client, other = platform.people["client"][0], platform.people["other client"][0]
    for owner in (client, other):
        a_request(platform, owner)
    page = platform.get("/my/events", "client").json()
    assert [item["type"] for item in page["items"]] == [
        "vault.sample-stored",
        "vault.sample-stored",
        "dossier.document-requested",
    ]
    (dossier,) = page["dossiers"]
    assert dossier["dossier_id"] == str(platform.dossier)
    bundle = httpx.get(platform.url + dossier["bundle"], headers=platform.bearer("client"), trust_env=False, timeout=30)
    assert bundle.content.startswith(b"PK")
    rows = read_csv(exported(platform, "/my/export", "client", "csv").content)
    assert [row["type"] for row in rows] == [item["type"] for item in page["items"]]
    said = [record for kind in ("access", "export") for record in platform.records(kind) if record.office is None]
    assert {(record.actor, record.body["purpose"]) for record in said} == {(str(client), "own-records")}
    assert len(said) == 2
    assert platform.get("/my/events", "foreign client").json()["items"] == []
    for who in ("notary", "compliance"):
        assert platform.get("/my/events", who).status_code == 404
