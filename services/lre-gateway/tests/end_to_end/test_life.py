"""Letters from their writing to their proofs, through HTTP, on the simulator of the provider."""

import hashlib
import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

PARIS = ZoneInfo("Europe/Paris")
FIVE_MINUTES = timedelta(minutes=5)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def names(shown: dict[str, Any]) -> list[str]:
    return [step["name"] for step in shown["history"]]


def proofs_are_kept(world: Any, staff: Any, letter: str, *kinds: str) -> None:
    """Check that proofs are in the vault, byte for byte what the journal's events say of them."""
    kept = world.evidence(staff, letter)
    assert set(kinds) <= set(kept)
    recorded = {plain["kind"]: plain for name, plain in world.events(letter) if name == "evidence-stored"}
    for kind, proof in kept.items():
        answer = world.download(staff, letter, proof["version_id"])
        assert answer.status_code == 200
        for algorithm in ("sha256", "sha512"):
            digest = hashlib.new(algorithm, answer.content).hexdigest()
            assert digest == proof[algorithm] == recorded[kind][algorithm]
        assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.covers("A-28", "A-48", "A-49", "A-52", "A-53", "A-54", "A-55", "A-56", "A-57", "A-58", "A-67")
def test_case_34_a_letter_waits_is_sent_and_is_acknowledged_with_dates_and_proofs(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.sends(staff, account, [world.recipient(staff, "accept+5m@example.org")])
    assert world.state(staff, letter) == "awaiting-sender-auth"
    assert [item["id"] for item in staff.get("/letters/awaiting-code").json()["items"]] == [letter]
    [result] = world.release(staff, account, [letter])
    assert (result["outcome"], world.state(staff, letter)) == ("submitted", "in-transit")
    assert staff.get("/letters/awaiting-code").json()["items"] == []
    world.advance(200)
    sent = world.letter(staff, letter)
    assert (sent["state"], sent["state_name"], sent["received_at"]) == ("notified", "Envoyée", None)
    world.advance(600)
    shown = world.letter(staff, letter)
    assert shown["state"] == "acknowledged"
    assert instant(shown["received_at"]) - instant(shown["sent_at"]) == FIVE_MINUTES
    assert instant(shown["deposited_at"]) <= instant(shown["sent_at"])
    assert instant(shown["deadline"]).astimezone(PARIS).hour == 0
    assert shown["number"] == str(world.simulator.letter(letter)["id"])
    assert shown["recipient_email"] == "accept+5m@example.org"
    proofs_are_kept(world, staff, letter, "deposit-and-sending", "content", "reception", "full-archive")
    assert shown["events"] == ["ConsignmentAcceptance", "ContentHandover"]


def test_case_35_a_letter_is_refused_by_its_recipient(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.left(staff, account, [world.recipient(staff)])
    world.simulator.act(letter, "refuse")
    world.advance(world.parts.settings.poll_seconds + 1)  # whether or not the provider's call was here by now
    shown = world.letter(staff, letter)
    assert (shown["state"], names(shown)[-3:-1]) == ("refused", ["letter-refused", "evidence-stored"])
    proofs_are_kept(world, staff, letter, "refusal", "full-archive")


def test_case_37_a_bounced_letter_is_written_again_to_another_address(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.left(staff, account, [world.recipient(staff, "bounce+1s@example.org")])
    world.advance(300)
    assert world.state(staff, letter) == "bounced"
    other = world.recipient(staff)
    again = staff.post(f"/letters/{letter}/reissue", json={"recipient_id": other}).json()["id"]
    assert world.letter(staff, letter)["reissued_as"] == again
    shown = world.letter(staff, again)
    assert (shown["state"], shown["reissued_from"], shown["recipient_id"]) == ("draft", letter, other)
    assert staff.post(f"/letters/{letter}/reissue", json={}).json()["code"] == "not-reissuable"


@pytest.mark.covers("A-65")
@pytest.mark.parametrize("accept", [True, False])
def test_case_39_a_recipient_who_asks_for_another_name_is_answered(world: Any, office: UUID, *, accept: bool) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.left(staff, account, [world.recipient(staff)])
    world.simulator.act(letter, "request_change", lastname="Petit", firstname="Camille")
    world.advance(200)
    [change] = world.letter(staff, letter)["changes"]
    assert (change["last_name"], change["state"]) == ("PETIT", "asked") or change["last_name"] == "Petit"
    path = f"/letters/{letter}/recipient-changes/{change['id']}/answer"
    assert staff.post(path, json={"accept": accept}).status_code == 204
    assert world.letter(staff, letter)["changes"][0]["state"] == ("accepted" if accept else "refused")
    assert staff.post(path, json={"accept": accept}).json()["code"] == "no-such-change"


def test_case_49_each_proof_is_in_the_vault_within_five_minutes_of_its_fact(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    letters = world.left(staff, account, [world.recipient(staff) for _ in range(3)])
    for letter, verb in zip(letters, ("accept", "refuse", "bounce"), strict=True):
        world.simulator.act(letter, verb)
    world.advance(120)
    for letter, kind in zip(letters, ("reception", "refusal", "non-delivery"), strict=True):
        proof = world.evidence(staff, letter)[kind]
        ended = instant(world.letter(staff, letter)["ended_at"])
        assert instant(proof["fetched_at"]) - ended <= FIVE_MINUTES
        proofs_are_kept(world, staff, letter, kind)


def test_case_50_a_proof_whose_address_expired_is_fetched_from_a_fresh_one(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    world.simulator.put("faults", proof_delay_s=3600)
    (letter,) = world.left(staff, account, [world.recipient(staff)])
    assert world.state(staff, letter) == "notified"
    assert "deposit-and-sending" not in world.evidence(staff, letter)
    world.simulator.put("faults", proof_urls_generation=1)
    world.advance(2 * 3600)
    world.advance(2 * 3600)
    proofs_are_kept(world, staff, letter, "deposit-and-sending", "content")


def test_case_53_what_a_court_needs_is_there_manifest_proofs_and_their_place_in_the_journal(
    world: Any, office: UUID
) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    attached = world.upload(staff, b"%PDF-1.4 the deed", "acte.pdf")
    to = world.recipient(staff)
    (letter,) = world.left(staff, account, [to], letter={"attachments": [attached]})
    kept = world.evidence(staff, letter)
    manifest = json.loads(world.download(staff, letter, kept["submission-manifest"]["version_id"]).content)
    written = json.dumps(manifest)
    assert hashlib.sha256(b"%PDF-1.4 the deed").hexdigest() in written
    assert "acte.pdf" in written
    entries = [
        json.loads(one.entry)
        for one in world.parts.store.read(0, 1_000_000)
        if str(one.originator_id) == letter and one.topic == "lre-gateway.evidence-stored"
    ]
    committed = {document["ref"] for entry in entries for document in entry["docs"]}
    assert committed == {proof["version_id"] for proof in kept.values()}
    assert all(entry["office"] == str(office) for entry in entries)


def test_the_history_of_a_letter_never_goes_back(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.left(staff, account, [world.recipient(staff)])
    facts = [step for step in world.letter(staff, letter)["history"] if step["name"].startswith("letter-")]
    assert all(instant(one["at"]) <= instant(two["at"]) + timedelta(seconds=1) for one, two in pairwise(facts))


def test_a_letter_that_needs_a_person_is_found_by_it_and_may_go_on_paper(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    postal = {"line1": "1 rue", "postcode": "75001", "city": "Paris"}
    (letter, _) = world.left(staff, account, [world.recipient(staff, postal=postal), world.recipient(staff)])
    world.simulator.put("faults", unknown_status="contested")
    world.advance(200)
    looked_at = staff.get("/letters", params={"attention": True}).json()["items"]
    assert {line["attention"] for line in looked_at} == {"provider-status-unrecognized"}
    assert world.state(staff, letter) == "notified"
    world.simulator.put("faults")
    world.simulator.act(letter, "bounce")
    world.advance(200)
    again = staff.post(f"/letters/{letter}/reissue", json={"level": "paper"}).json()
    assert world.letter(staff, again["id"])["level_name"] == "Recommandé papier"
    assert staff.post(f"/batches/{again['batch_id']}/checks").json()["compatible"] == 1
