"""Batches: checked, mended, submitted."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest


def check(staff: Any, batch: str) -> dict[str, Any]:
    report: dict[str, Any] = staff.post(f"/batches/{batch}/checks").json()
    return report


def errors(staff: Any, batch: str) -> dict[str, set[str]]:
    """Return the problems of the letters that cannot leave, by recipient."""
    items = staff.get(f"/batches/{batch}/errors").json()["items"]
    return {item["recipient_id"]: {problem["code"] for problem in item["problems"]} for item in items}


@pytest.fixture
def seven_and_seven(world: Any, office: UUID) -> tuple[Any, Any, list[str], dict[str, str]]:
    """Return a member, an account, seven recipients to whom letters can leave and seven for whom they cannot."""
    staff = world.staff(office)
    account = world.account(staff)
    good = [world.recipient(staff, consents=False) for _ in range(7)]
    wrong = {
        "no consent": world.recipient(staff, consents=False),
        "no consent either": world.recipient(staff, consents=False),
        "no e-mail": world.recipient(staff, email=" ", consents=False),
        "not an e-mail": world.recipient(staff, email="jean@", consents=False),
        "no first name": world.recipient(staff, first_name="", consents=False),
        "the sender": world.recipient(staff, email=account.email.upper(), consents=False),
        "no company": world.recipient(staff, kind="professional", consents=False),
    }
    agreed = [one for name, one in wrong.items() if "consent" not in name and name != "no company"]
    world.agree(staff, *good, *agreed)
    return staff, account, good, wrong


@pytest.mark.bad_input("B50")
@pytest.mark.covers("A-37", "A-38", "A-43", "A-44")
def test_case_15_of_fourteen_letters_seven_can_leave_and_the_others_say_why(world: Any, seven_and_seven: Any) -> None:
    staff, account, good, wrong = seven_and_seven
    batch = world.batch(staff, account, [*good, *wrong.values()])["id"]
    report = check(staff, batch)
    assert (report["asked"], report["compatible"], report["incompatible"]) == (14, 7, 7)
    assert errors(staff, batch) == {
        wrong["no consent"]: {"CONSENT_MISSING"},
        wrong["no consent either"]: {"CONSENT_MISSING"},
        wrong["no e-mail"]: {"EMAIL_MISSING"},
        wrong["not an e-mail"]: {"EMAIL_INVALID"},
        wrong["no first name"]: {"NAME_MISSING"},
        wrong["the sender"]: {"EMAIL_SAME_AS_SENDER"},
        wrong["no company"]: {"COMPANY_MISSING"},
    }
    assert report["by_code"] == {
        "CONSENT_MISSING": 2, "EMAIL_MISSING": 1, "EMAIL_INVALID": 1, "NAME_MISSING": 1, "EMAIL_SAME_AS_SENDER": 1,
        "COMPANY_MISSING": 1,
    }  # fmt: skip
    first = staff.get(f"/batches/{batch}/errors", params={"limit": 3}).json()
    assert (len(first["items"]), first["items"][0]["problems"][0]["about"]) == (3, "recipient")
    following = staff.get(f"/batches/{batch}/errors", params={"limit": 100, "cursor": first["next"]})
    assert following.status_code == 200
    assert len(following.json()["items"]) == 4


@pytest.mark.covers("A-45", "A-46")
def test_case_16_mending_a_person_and_checking_again_removes_only_their_lines(world: Any, seven_and_seven: Any) -> None:
    staff, account, good, wrong = seven_and_seven
    batch = world.batch(staff, account, [*good, *wrong.values()])["id"]
    before = check(staff, batch)
    mended = wrong["no e-mail"]
    tag = staff.get(f"/recipients/{mended}").headers["etag"]
    email = {"email": "never.mended@example.org"}
    assert staff.patch(f"/recipients/{mended}", json=email, headers={"If-Match": tag}).status_code == 204
    assert staff.patch(f"/recipients/{mended}", json=email, headers={"If-Match": tag}).status_code == 412
    after = check(staff, batch)
    assert (after["check"], after["compatible"], after["changed"]) == (before["check"] + 1, 8, 1)
    assert set(errors(staff, batch)) == set(wrong.values()) - {mended}
    assert check(staff, batch) == {**after, "changed": 0}


@pytest.mark.covers("A-17", "A-20", "A-23")
def test_case_17_consent_withdrawn_between_check_and_sending_keeps_the_letter_here(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    stays, leaves = world.recipient(staff), world.recipient(staff)
    made = world.batch(staff, account, [stays, leaves])
    assert check(staff, made["id"])["compatible"] == 2
    changed = staff.post("/consents/withdrawals", json={"recipient_ids": [stays]}).json()["items"]
    assert [(one["before"], one["after"]) for one in changed] == [("accepted", "withdrawn")]
    staff.post(f"/batches/{made['id']}/submission")
    world.work()
    blocked, held = (world.letter(staff, letter) for letter in made["letter_ids"])
    assert (blocked["state"], [one["code"] for one in blocked["problems"]]) == ("incompatible", ["CONSENT_MISSING"])
    assert held["state"] == "awaiting-sender-auth"


def test_case_18_a_professional_needs_no_consent_but_a_company(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    professional = world.recipient(staff, kind="professional", company="Banque SA", consents=False)
    without = world.recipient(staff, kind="professional", consents=False)
    batch = world.batch(staff, account, [professional, without])["id"]
    check(staff, batch)
    assert errors(staff, batch) == {without: {"COMPANY_MISSING"}}


@pytest.mark.covers("A-35", "A-40")
def test_case_19_an_electronic_notice_needs_no_consent_respects_opting_out_and_is_for_property_managers(
    world: Any, office: UUID
) -> None:
    notary = world.staff(office, "notary")
    account = world.account(notary)
    owner = world.recipient(notary, consents=False)
    paper = world.recipient(notary, consents=False)
    assert notary.post(f"/recipients/{paper}/opt-out", json={"opted_out": True}).status_code == 204
    batch = world.batch(notary, account, [owner, paper], level="copro-notice")["id"]
    check(notary, batch)
    assert errors(notary, batch) == {owner: {"LEVEL_NOT_ALLOWED"}, paper: {"LEVEL_NOT_ALLOWED", "OPTED_OUT"}}
    settings = notary.get("/office-settings")
    chosen = {**settings.json(), "trade": "property-manager"}
    tag = {"If-Match": settings.headers["etag"]}
    assert notary.put("/office-settings", json=chosen, headers=tag).status_code == 204
    check(notary, batch)
    assert errors(notary, batch) == {paper: {"OPTED_OUT"}}
    shown = notary.get(f"/batches/{batch}").json()
    assert shown["level_name"] == "Avis électronique de copropriété"


def test_case_20_a_file_for_many_recipients_is_uploaded_once(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    recipients = [world.recipient(staff, consents=False) for _ in range(8)]
    world.agree(staff, *recipients)
    attached = world.upload(staff, b"%PDF-1.4 for all", "reglement.pdf")
    world.simulator.admin.delete("/__sandbox__/calls")
    letters = world.sends(staff, account, recipients, letter={"text": "", "attachments": [attached]})
    world.release(staff, account, letters)
    calls = world.simulator.get("calls")
    uploads = sum(count for route, count in calls.items() if route.startswith("POST") and "attachment" in route)
    assert uploads == 1
    assert {world.state(staff, letter) for letter in letters} <= {"in-transit", "notified"}


def test_case_21_the_size_is_counted_over_the_whole_letter_and_an_empty_file_is_refused(
    world: Any, office: UUID
) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    empty = staff.post(
        "/attachments", params={"name": "vide.pdf", "sha256": hashlib.sha256(b"").hexdigest()}, content=b""
    )
    assert (empty.status_code, empty.json()["code"]) == (422, "empty-file")
    attached = world.upload(staff, b"%PDF-1.4" + bytes(86_000_000), "plan.pdf")
    fits, too_big = (
        world.batch(staff, account, [world.recipient(staff)], letter={"attachments": [attached] * times})["id"]
        for times in (2, 3)
    )
    assert check(staff, fits)["compatible"] == 1
    assert check(staff, too_big)["by_code"] == {"TOTAL_TOO_BIG": 1}


@pytest.mark.covers("A-48")
def test_case_22_progress_only_grows_and_a_restart_in_the_middle_doubles_nothing(
    world: Any, office: UUID, restarted: Callable[[], Any]
) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    recipients = [world.recipient(staff, kind="professional", company="SA", consents=False) for _ in range(12)]
    made = world.batch(staff, account, recipients, level="copro-notice")
    notary = world.staff(office, "notary")
    tag = notary.get("/office-settings").headers["etag"]
    chosen = {"trade": "property-manager", "retention_years": 10, "hold_mode": "deferred_submit"}
    notary.put("/office-settings", json=chosen, headers={"If-Match": tag})
    assert check(staff, made["id"])["compatible"] == 12
    assert staff.post(f"/batches/{made['id']}/submission").json() == {"letters": 12}
    seen = []
    world.simulator.put("faults", route="POST mail", cut_after_commit=2)
    for _ in range(3):
        with restarted() as parts:
            parts.submitting.step()
            parts.reconciling.step()
        seen.append(staff.get(f"/batches/{made['id']}").json()["progress"]["done"])
        world.advance(60)
    assert seen == sorted(seen)
    progress = staff.get(f"/batches/{made['id']}").json()["progress"]
    assert (progress["done"], progress["finished"]) == (12, True)
    for letter in made["letter_ids"]:
        assert world.simulator.letter(letter)


@pytest.mark.bad_input("B51")
def test_case_23_some_letters_that_the_provider_rejects_do_not_keep_the_others(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    good = [world.recipient(staff, consents=False) for _ in range(7)]
    unknown = [world.recipient(staff, f"never.{uuid4().hex}@nulle.part.invalid", consents=False) for _ in range(2)]
    world.agree(staff, *good, *unknown)
    letters = world.sends(staff, account, [*good[:3], *unknown, *good[3:]])
    world.release(staff, account, letters)
    states = [world.letter(staff, letter) for letter in letters]
    assert sum(one["state"] in {"in-transit", "notified"} for one in states) == 7
    rejected = [one for one in states if one["state"] == "incompatible"]
    assert [[problem["code"] for problem in one["problems"]] for one in rejected] == [["EMAIL_INVALID"]] * 2
    batch = rejected[0]["batch_id"]
    assert all(item["by_provider"] for item in staff.get(f"/batches/{batch}/errors").json()["items"])


def test_case_24_the_same_files_to_the_same_person_within_a_month_are_a_warning(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    one, other = world.recipient(staff), world.recipient(staff)
    first = world.batch(staff, account, [one])
    assert check(staff, first["id"])["warned"] == 0
    second = world.batch(staff, account, [one, other])
    report = check(staff, second["id"])
    assert (report["warned"], report["compatible"], report["by_code"]) == (1, 2, {"POSSIBLE_DUPLICATE": 1})
    [warning] = world.letter(staff, second["letter_ids"][0])["warnings"]
    assert "30 jours" in warning["detail"]
