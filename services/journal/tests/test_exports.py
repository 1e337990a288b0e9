"""Bundles of a log that witnesses cosign and an authority stamps."""

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from chassis.actor import Actor
from journal.reading.access import Reader
from journal.reading.exports import Exports, ExportTooLarge, Wanted
from journal.reading.purposes import Intent
from proof.bundle import Scope
from proof.entry import encoded
from proof.policy import Policy
from proof.reading import decode as read_bundle
from proof.record import Record, scope_digest
from proof.report import Report, State, Verdict
from proof.tree import leaf_hash
from proof.verify import Trust, verify

if TYPE_CHECKING:
    from conftest import Outside, Platform


def exported(platform: "Platform", path: str, who: str = "notary", **query: object) -> bytes:
    answer = platform.get(path, who, **query)
    assert answer.status_code == 200, answer.text
    return answer.content


def verified(platform: "Platform", data: bytes, **more: object) -> Report:
    return verify(data, Trust(at=datetime.now(UTC), policy=platform.policy(), **more))  # type: ignore[arg-type]


def failed(report: Report) -> dict[str, tuple[str, ...]]:
    return {check.name: check.findings for check in report.checks if check.state is State.FAILED}


def examined(report: Report) -> dict[str, int]:
    return {check.name: check.examined for check in report.checks}


def record_of(data: bytes, kind: str) -> Record:
    """Return the last record of a kind in a bundle."""
    found = [item.entry for item in read_bundle(data).items if b'"kind":"%s"' % kind.encode() in item.entry]
    return Record.parse(found[-1])


@pytest.mark.covers("C-05")
def test_a_dossier_is_exported_cosigned_stamped_and_whole(attested: "Platform") -> None:
    attested.complete()
    data = exported(attested, f"/dossiers/{attested.dossier}/bundle")
    report = verified(attested, data)
    assert (report.verdict, report.level, failed(report)) == (Verdict.INTACT, 4, {})
    counts = examined(report)
    assert counts["witness-quorum"] == 1
    assert counts["timestamp"] >= 1
    assert counts["head"] == 1
    assert counts["recorded-time"] == len(read_bundle(data).items)


def test_each_export_is_recorded_with_why_and_what(attested: "Platform") -> None:
    path = f"/dossiers/{attested.dossier}/bundle"
    data = exported(attested, path, "compliance", purpose="legal-request", reference="TJ-Paris/2026-17")
    said = record_of(data, "export")
    assert (said.office, said.dossier) == (str(attested.office), str(attested.dossier))
    assert (said.actor, said.actor_kind) == (str(attested.people["compliance"][0]), "staff")
    assert (said.body["purpose"], said.body["reference"]) == ("legal-request", "TJ-Paris/2026-17")
    items = read_bundle(data).items
    shown = [leaf_hash(item.entry) for item in items[:-2]]  # the export and the head after it count not themselves
    assert (said.body["entries"], said.body["digest"]) == (6, scope_digest(shown))
    head = record_of(data, "head")
    assert (head.body["reason"], head.body["entries"]) == ("export", 7)
    own = record_of(exported(attested, path), "export")
    assert (own.body["purpose"], own.body["reference"]) == ("own-records", None)


def test_whoever_controls_an_office_says_why(attested: "Platform") -> None:
    for part in ("events", "bundle", "certificate"):
        path = f"/dossiers/{attested.dossier}/{part}"
        answer = attested.get(path, "compliance", purpose=None)
        assert (answer.status_code, answer.json()["code"]) == (422, "purpose-required"), part
        assert attested.get(path, "compliance", purpose="curiosity").status_code == 422, part
        assert attested.get(path, "compliance", reference="../etc").status_code == 422, part
    assert attested.records("access") == attested.records("export") == []


def test_each_reading_of_whoever_controls_is_recorded_before_it_is_answered(attested: "Platform") -> None:
    path = f"/dossiers/{attested.dossier}/events"
    attested.get(path, "notary")
    attested.get(path, "foreign compliance")
    assert attested.records("access") == []
    assert attested.get(path, "compliance", purpose="incident", limit=2).status_code == 200
    (said,) = attested.records("access")
    assert said.body["purpose"] == "incident"
    assert said.body["query"] == {"scope": "dossier", "id": str(attested.dossier), "after": -1, "limit": 2}
    assert (said.office, said.dossier) == (str(attested.office), str(attested.dossier))


@pytest.mark.covers("C-05")
def test_a_whole_office_is_exported_for_its_compliance_role_alone(attested: "Platform") -> None:
    path = f"/offices/{attested.office}/bundle"
    report = verified(attested, exported(attested, path, "compliance"))
    assert (report.verdict, report.level, failed(report)) == (Verdict.INTACT, 4, {})
    again = exported(attested, path, "compliance", contents=True)
    assert failed(verified(attested, again)) == {}
    assert examined(verified(attested, again))["head"] == 1
    for who in ("notary", "client", "foreign compliance", "machine"):
        assert attested.get(path, who).status_code == 404, who


def test_one_document_version_is_exported_for_whoever_reads_its_dossier(attested: "Platform") -> None:
    path = f"/documents/{attested.version}/bundle"
    data = exported(attested, path, "client")
    report = verified(attested, data)
    assert (report.verdict, report.level, failed(report)) == (Verdict.INTACT, 4, {})
    assert len(read_bundle(data).items) == 2
    (said,) = attested.records("export")
    assert (said.dossier, said.body["query"]["scope"]) == (str(attested.dossier), "aggregate")
    assert attested.get(path, "foreign client").status_code == 404
    assert attested.get(f"/documents/{attested.dossier}/bundle").status_code == 404


def test_without_an_authority_that_answers_the_export_only_says_less(
    attested: "Platform", attesters: "Outside"
) -> None:
    attesters.switches.faults = attesters.switches.faults.model_copy(update={"down": True})
    report = verified(attested, exported(attested, f"/dossiers/{attested.dossier}/bundle"))
    assert (report.verdict, report.level) == (Verdict.INTACT, 3)
    assert attested.records("seal") == []


def test_more_than_one_bundle_holds_is_refused_and_not_recorded(attested: "Platform") -> None:
    parts, scope = attested.parts, Scope("dossier", str(attested.dossier))
    facts = (parts.database, parts.records, parts.checkpoints, parts.attestations, parts.witnesses, parts.stamper)
    actor = Actor(person_id=None, kind="system")
    small = Exports(*facts, parts.peers, most=5)
    with pytest.raises(ExportTooLarge):
        small.export(Reader(attested.office), Wanted(scope, attested.office), Intent(actor, "control"))
    assert attested.records("export") == []


def test_events_that_a_token_covers_are_not_stamped_again(attested: "Platform") -> None:
    path = f"/dossiers/{attested.dossier}/bundle"
    for _ in range(3):
        assert verified(attested, exported(attested, path)).level == 4
    assert len(attested.records("seal")) == 1


def test_what_was_stamped_before_the_first_event_bounds_it_from_below(attested: "Platform") -> None:
    exported(attested, f"/dossiers/{attested.dossier}/bundle")
    attested.live()
    attested.take_in()
    data = exported(attested, f"/dossiers/{attested.dossier}/bundle")
    bundle = read_bundle(data)
    sizes = sorted({size for size, _ in bundle.tokens})
    assert len(sizes) == 2
    assert sizes[0] <= bundle.items[0].index < sizes[1]
    assert failed(verified(attested, data)) == {}


def test_the_policy_of_the_journal_is_shown_to_be_compared(attested: "Platform") -> None:
    policy = Policy.parse(attested.get("/policy").content)
    assert policy == attested.policy()
    assert [key.key.name for key in policy.log_keys] == ["journal.example/test"] * 2
    assert (len(policy.witnesses()), len(policy.authorities)) == (3, 1)


def test_a_seal_names_the_tokens_the_cosignatures_and_the_policy(attested: "Platform") -> None:
    data = exported(attested, f"/dossiers/{attested.dossier}/bundle")
    (seal,) = attested.records("seal")
    tokens = attested.parts.attestations.tokens(seal.body["size"])
    assert seal.body["tokens"] == [encoded(hashlib.sha256(token.response).digest()) for token in tokens]
    assert len(seal.body["cosignatures"]) >= 2
    assert seal.body["policy"] == encoded(hashlib.sha256(attested.policy().encode()).digest())
    assert tokens[0].response in read_bundle(data).tokens.values()
