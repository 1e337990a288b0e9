"""What whoever controls an office asks of the log over HTTP."""

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.actor import Actor
from dossier.domain.document_request import DocumentRequest

if TYPE_CHECKING:
    from conftest import Platform


def listed(platform: "Platform", who: str = "compliance", **query: object) -> list[dict[str, Any]]:
    """Return every page of a list, in order."""
    pages, cursor = [], None
    while True:
        answer = platform.get("/events", who, **query, cursor=cursor)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        cursor = pages[-1]["next"]
        if cursor is None:
            return pages


def items(platform: "Platform", **query: object) -> list[dict[str, Any]]:
    return [item for page in listed(platform, **query) for item in page["items"]]


def a_request(platform: "Platform", client: UUID) -> UUID:
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
    return request.id


def test_compliance_sees_every_leaf_of_its_office_and_how_many_there_are(platform: "Platform") -> None:
    platform.get(f"/dossiers/{platform.dossier}/bundle")
    pages = listed(platform, limit=2)
    found = [item for page in pages for item in page["items"]]
    assert [item["kind"] for item in found] == ["event"] * 5 + ["export", "head"]
    assert found[5]["meaning"] == (
        "Le journal a été exporté (motif : consultation de ses propres données, forme : dossier de preuve)."
    )
    assert found[5]["said"]["query"]["scope"] == "dossier"
    for svc, last in (("dossier", 3), ("vault", 2), ("journal", 2)):
        counters = [counter for page in pages for counter in page["counters"] if counter["service"] == svc]
        assert sum(counter["shown"] for counter in counters) == last
        assert {counter["hidden"] + counter["missing"] for counter in counters} == {0}
        assert [counters[0]["first"], counters[-1]["last"]] == [1, last]
        assert all(one["last"] + 1 == other["first"] for one, other in pairwise(counters))


def test_a_hole_in_the_log_is_told_from_what_a_filter_hides(platform: "Platform") -> None:
    with platform.database.transaction() as connection:
        connection.execute("ALTER TABLE journal.entry DISABLE TRIGGER never_changed")
        connection.execute("DELETE FROM journal.entry WHERE svc = 'dossier' AND store_seq = 2")
    (page,) = listed(platform, type="dossier.sample-opened")
    assert page["counters"][0] == {
        "service": "dossier",
        "first": 1,
        "last": 3,
        "shown": 1,
        "hidden": 1,
        "missing": 1,
    }


def test_asking_is_recorded_before_it_is_answered_and_does_not_make_the_list_longer(platform: "Platform") -> None:
    pages = listed(platform, limit=1, purpose="legal-request", reference="TJ-Paris/2026-17")
    assert len(pages) == 5
    said = platform.records("access")
    assert len(said) == 5
    assert (said[0].office, said[0].actor) == (str(platform.office), str(platform.people["compliance"][0]))
    assert said[0].body == {
        "purpose": "legal-request",
        "reference": "TJ-Paris/2026-17",
        "query": {"office": str(platform.office), "after": -1, "limit": 1},
    }
    assert [page["below"] for page in pages] == [6] * 5


@pytest.mark.parametrize("who", ["notary", "client", "foreign client", "notary elsewhere", "machine"])
def test_nobody_else_asks_about_an_office(shared: "Platform", who: str) -> None:
    assert shared.get("/events", who, purpose="control").status_code == 404


def test_an_office_is_closed_to_the_compliance_of_another(shared: "Platform") -> None:
    assert shared.get("/events", "foreign compliance", office=shared.office).status_code == 404
    assert shared.get("/events", "foreign compliance", dossier=shared.dossier).status_code == 404
    assert items(shared, who="foreign compliance") == []
    assert shared.get("/events", "compliance", purpose=None).status_code == 422
    assert shared.get("/events", "compliance", purpose="curiosity").status_code == 422


def test_leaves_are_found_by_dossier_actor_type_and_period(platform: "Platform") -> None:
    dossier = items(platform, dossier=platform.dossier)
    assert [item["type"] for item in dossier][-1] == "vault.sample-read"  # it repeats neither office nor dossier
    assert len(dossier) == 6
    notary = items(platform, actor=platform.people["notary"][0])
    assert [item["type"] for item in notary] == ["dossier.sample-opened"]
    kinds = items(platform, type=["dossier.sample-noted", "vault.sample-stored"])
    assert [item["type"] for item in kinds] == ["dossier.sample-noted"] * 2 + ["vault.sample-stored"] * 2
    moment = dossier[2]["recorded_at"]
    early = items(platform, to=moment)
    late = items(platform, **{"from": moment, "type": ["dossier.sample-noted"]})
    assert all(datetime.fromisoformat(item["recorded_at"]) < datetime.fromisoformat(moment) for item in early)
    assert [item["index"] for item in late] == [1, 2] or [item["index"] for item in late] == [2]
    assert items(platform, to="2020-01-01T00:00:00Z") == []
    assert platform.get("/events", "compliance", to="2020-01-01").status_code == 422


def test_leaves_are_found_by_the_client_or_the_document_that_they_are_about(platform: "Platform") -> None:
    client = platform.people["client"][0]
    request = a_request(platform, client)
    asked = platform.stores["dossier"].get(DocumentRequest, request)
    version = uuid4()
    asked.deposit(version, 12, "application/pdf")
    platform.stores["dossier"].save(asked, actor=Actor(person_id=client, kind="client"))
    platform.take_in()
    about = [item["type"] for item in items(platform, person=client)]
    assert about == [
        "vault.sample-stored",
        "vault.sample-stored",
        "dossier.document-requested",
        "dossier.document-deposited",
    ]
    assert items(platform, person=uuid4()) == []
    erased = {"person": str(client), "basis": "subject-request", "services": ["vault"], "keys": 1}
    platform.parts.records.append("erasure", erased, office=platform.office)
    assert items(platform, person=client)[-1]["meaning"] == (
        "Tous les services ont détruit les clés d'une personne effacée."
    )
    of_document = items(platform, document=version)
    assert [item["type"] for item in of_document] == ["dossier.document-requested", "dossier.document-deposited"]
    assert [item["type"] for item in items(platform, document=platform.version)] == ["vault.sample-stored"]


def test_who_controls_is_not_told_that_nothing_was_found_while_a_service_is_away(platform: "Platform") -> None:
    platform.tamper("dossier", "ALTER TABLE ledger.counter RENAME TO elsewhere")
    assert platform.get("/events", "compliance", person=platform.people["client"][0]).status_code == 503
    assert platform.get("/events", "compliance").status_code == 200


def test_the_journal_changes_nothing_for_anyone(shared: "Platform") -> None:
    described = httpx.get(f"{shared.url}/api/journal/v1/openapi.json", trust_env=False).json()
    changing = {path for path, operations in described["paths"].items() if operations.keys() != {"get"}}
    assert changing == {"/api/journal/v1/verifications"}  # it looks at the file that it is sent, and keeps nothing


ABOUT_THE_LOG = {
    "/event-types",
    "/checkpoint",
    "/policy",
    "/proofs/inclusion",
    "/proofs/consistency",
    "/status",
    "/verifications",
}
"""They name no office, no dossier and no person."""
READ_BY_COMPLIANCE = ("/events", "/dossiers/", "/documents/", "/offices/", "/aggregates/", "/drift/")


def test_nothing_of_an_office_is_read_without_a_leaf_that_says_why(platform: "Platform") -> None:
    platform.complete()
    described = httpx.get(f"{platform.url}/api/journal/v1/openapi.json", trust_env=False).json()
    for path in described["paths"]:
        short = path.removeprefix("/api/journal/v1")
        if short in ABOUT_THE_LOG or not short.startswith(READ_BY_COMPLIANCE):
            continue
        asked = short.format(
            dossier_id=platform.dossier,
            office_id=platform.office,
            version_id=platform.version,
            service="vault",
            aggregate_id=platform.version,
            index=3,
        )
        before = len(platform.records("access")) + len(platform.records("export"))
        needed = {"at": 5, "from": 0, "to": 5, "format": "csv"} if "events" not in short else {"format": "csv"}
        assert platform.get(asked, "compliance", purpose=None, **needed).status_code == 422, short
        assert len(platform.records("access")) + len(platform.records("export")) == before
        assert platform.get(asked, "compliance", **needed).status_code == 200, short
        assert len(platform.records("access")) + len(platform.records("export")) == before + 1, short


def test_every_route_is_of_the_log_of_compliance_or_of_the_client(shared: "Platform") -> None:
    described = httpx.get(f"{shared.url}/api/journal/v1/openapi.json", trust_env=False).json()
    paths = {path.removeprefix("/api/journal/v1") for path in described["paths"]}
    left = {path for path in paths - ABOUT_THE_LOG if not path.startswith(READ_BY_COMPLIANCE)}
    assert left == {"/my/events", "/my/events/{index}", "/my/export"}
