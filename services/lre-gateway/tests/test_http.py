"""What the API is like: who may, what it says of itself, pages, repeated commands, and what others ask."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from lre_gateway.domain.vocabulary import Level
from lre_gateway.domain.words import NAMES, RESERVED, SHORT
from lre_gateway.entrypoints.http import answers, batch_answers, office_answers
from lre_gateway.wiring.parts import PREFIX
from pydantic import BaseModel

OUTPUTS = [
    one
    for module in (answers, batch_answers, office_answers)
    for one in vars(module).values()
    if isinstance(one, type)
    and issubclass(one, BaseModel)
    and "examples" in one.model_config.get("json_schema_extra", {})
]


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("answer", OUTPUTS, ids=lambda answer: answer.__name__)
def test_every_example_of_an_answer_holds(answer: Any) -> None:
    [example] = answer.model_json_schema()["examples"]
    assert answer.model_validate(example).model_dump(mode="json", exclude_unset=True) == example


def test_the_api_is_described_with_examples_problems_and_every_route_of_the_plan(world: Any) -> None:
    document = httpx.get(f"{world.address}{PREFIX}/openapi.json", trust_env=False).json()
    routes = {
        f"{method.upper()} {path.removeprefix(PREFIX)}" for path, one in document["paths"].items() for method in one
    }
    assert {
        "GET /senders", "POST /senders", "GET /senders/{sender_id}", "POST /senders/{sender_id}/refresh",
        "DELETE /senders/{sender_id}", "GET /senders/{sender_id}/payment-methods", "GET /billing-entities",
        "PUT /billing-entities/{code}", "GET /billing", "GET /recipients", "POST /recipients",
        "GET /recipients/{recipient_id}", "PATCH /recipients/{recipient_id}", "POST /consents",
        "POST /consents/withdrawals", "POST /consents/refresh", "GET /senders/{sender_id}/consent-link",
        "POST /recipients/{recipient_id}/opt-out", "GET /batches", "POST /batches", "GET /batches/{batch_id}",
        "POST /batches/{batch_id}/letters", "POST /batches/imports", "POST /batches/{batch_id}/checks",
        "GET /batches/{batch_id}/errors", "POST /batches/{batch_id}/submission", "GET /letters", "GET /letters.csv",
        "GET /letters/{letter_id}", "POST /letters/{letter_id}/cancellation", "POST /letters/{letter_id}/reissue",
        "POST /letters/{letter_id}/recipient-changes/{change_id}/answer", "GET /letters/awaiting-code",
        "POST /releases", "GET /letters/{letter_id}/evidence",
        "POST /letters/{letter_id}/evidence/{version_id}/downloads", "POST /attachments",
        "POST /webhooks/{provider}/{path_secret}", "GET /office-settings", "PUT /office-settings",
    } <= routes  # fmt: skip
    release = document["paths"][f"{PREFIX}/releases"]["post"]["responses"]
    assert set(release["403"]["content"]["application/problem+json"]["examples"]) == {"not-allowed", "not-the-holder"}
    assert all(operation["tags"] for one in document["paths"].values() for operation in one.values())


def test_nobody_is_answered_without_signing_in_and_clients_of_offices_have_nothing_here(
    world: Any, office: UUID
) -> None:
    client = world.caller(uuid4(), office_id=office, kind="client")
    for path in ("/letters", "/batches", "/senders", "/recipients", "/office-settings", "/billing", "/letters.csv"):
        assert code(httpx.get(f"{world.address}{PREFIX}{path}", trust_env=False)) == (401, "not-signed-in")
        assert code(client.get(path)) == (403, "not-allowed")
    assert code(client.post("/attachments", params={"name": "x", "sha256": "a" * 64}, content=b"x"))[0] == 403


def test_what_belongs_to_another_office_answers_as_what_does_not_exist(world: Any, office: UUID) -> None:
    staff, stranger = world.staff(office), world.staff(uuid4())
    account, recipient = world.account(staff), world.recipient(staff)
    batch = world.batch(staff, account, [recipient])
    letter = batch["letter_ids"][0]
    nothing = {stranger.get(f"/letters/{uuid4()}").content}
    for path in (f"/letters/{letter}", f"/batches/{batch['id']}", f"/senders/{account.id}", f"/recipients/{recipient}",
                 f"/letters/{letter}/evidence", f"/batches/{batch['id']}/errors"):  # fmt: skip
        answer = stranger.get(path)
        assert answer.status_code == 404
        nothing.add(answer.content)
    assert len(nothing) == 1
    for path in (f"/letters/{letter}/cancellation", f"/batches/{batch['id']}/submission",
                 f"/batches/{batch['id']}/checks", f"/senders/{account.id}/refresh"):  # fmt: skip
        assert stranger.post(path).status_code == 404
    stolen = {
        "sender_id": account.id,
        "level": "qualified-lre",
        "letters": [{"recipient_id": recipient, "subject": "x"}],
    }
    assert stranger.post("/batches", json=stolen).status_code == 404
    assert stranger.get("/letters").json()["items"] == stranger.get("/recipients").json()["items"] == []


def test_the_compliance_role_reads_and_changes_nothing(world: Any, office: UUID) -> None:
    staff, reader = world.staff(office), world.staff(office, "compliance")
    account, recipient = world.account(staff), world.recipient(staff)
    batch = world.batch(staff, account, [recipient], dossier_id=world.dossier(staff))
    letter = batch["letter_ids"][0]
    assert reader.get(f"/letters/{letter}").json()["dossier_reference"] == "2026-0042"
    assert [line["id"] for line in reader.get("/letters").json()["items"]] == [letter]
    for answer in (
        reader.post(f"/letters/{letter}/cancellation"),
        reader.post(f"/batches/{batch['id']}/submission"),
        reader.post("/recipients", json={"kind": "individual", "last_name": "X"}),
        reader.post("/senders", json={"email": "x@etude.example"}),
        reader.post("/attachments", params={"name": "x.pdf", "sha256": "a" * 64}, content=b"x"),
    ):
        assert code(answer) == (403, "not-allowed")


def test_letters_of_a_dossier_are_for_its_readers_only(world: Any, office: UUID) -> None:
    staff, colleague = world.staff(office), world.staff(office)
    account, recipient = world.account(staff), world.recipient(staff)
    closed = world.batch(staff, account, [recipient], dossier_id=world.dossier(staff))
    free = world.batch(staff, account, [recipient], letter={"text": "autre"})
    (hidden,), (seen,) = closed["letter_ids"], free["letter_ids"]
    assert [line["id"] for line in staff.get("/letters").json()["items"]] == [seen, hidden]
    assert [line["id"] for line in colleague.get("/letters").json()["items"]] == [seen]
    assert [line["id"] for line in colleague.get("/batches").json()["items"]] == [free["id"]]
    assert hidden not in colleague.get("/letters.csv").text
    assert colleague.get(f"/letters/{hidden}").status_code == 404
    new = {"sender_id": account.id, "level": "qualified-lre", "letters": [{"recipient_id": recipient, "subject": "x"}]}
    assert colleague.post("/batches", json={**new, "dossier_id": world.dossier(staff)}).status_code == 404
    world.town.away = True
    assert code(staff.get(f"/letters/{hidden}")) == (503, "unavailable")
    assert staff.get(f"/letters/{seen}").status_code == 200


@pytest.mark.covers("A-39", "A-72")
def test_a_letter_can_be_looked_at_before_it_leaves(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    payment = {"sender_id": account.id, "label": "Étude", "payment_method": "stripe-47146"}
    assert staff.put("/billing-entities/etude", json=payment).is_success
    recipient = world.recipient(staff, "ada@example.org", consents=False)
    file = world.upload(staff, b"%PDF-1.4 annexe", "annexe.pdf")
    about = {"letter": {"text": "Bonjour", "attachments": [file]}, "entity": "etude"}
    made = world.batch(staff, account, [recipient], dossier_id=world.dossier(staff), **about)
    assert staff.post(f"/batches/{made['id']}/checks").is_success
    shown = world.letter(staff, made["letter_ids"][0])
    assert (shown["entity"], shown["payment_method"], shown["dossier_reference"]) == (
        "etude",
        "stripe-47146",
        "2026-0042",
    )
    assert (shown["recipient"], shown["recipient_email"]) == ("Jean Durand", "ada@example.org")
    files = [(one["role"], one["name"], one["media_type"]) for one in shown["files"]]
    assert files == [("text", "courrier.pdf", "application/pdf"), ("attachment", "annexe.pdf", "application/pdf")]
    assert all(one["size"] > 0 for one in shown["files"])
    assert (shown["state"], [one["code"] for one in shown["problems"]]) == ("incompatible", ["CONSENT_MISSING"])


@pytest.mark.covers("A-28", "A-60")
def test_letters_are_found_by_what_is_known_of_them_and_come_in_pages(world: Any, office: UUID) -> None:
    staff, colleague = world.staff(office), world.staff(office)
    account = world.account(staff)
    people = [world.recipient(staff, last_name=name, consents=False) for name in ("Alpha", "Bravo", "Charlie")]
    batch = world.batch(staff, account, people)
    other = world.batch(colleague, account, [people[0]], level="paper")

    def found(**params: Any) -> list[str]:
        return [line["recipient"].split()[-1] for line in staff.get("/letters", params=params).json()["items"]]

    assert len(found()) == 4
    assert found(recipient="brav") == ["Bravo"]
    assert found(level="paper") == ["Alpha"]
    assert found(user=str(colleague.person_id)) == ["Alpha"]
    assert len(found(batch_id=batch["id"])) == 3
    assert found(recipient_id=people[2]) == ["Charlie"]
    assert found(status="ready") == []
    assert len(found(status=["draft", "ready"])) == 4
    prepared = world.letter(staff, other["letter_ids"][0])["prepared_at"]
    assert len(found(until=prepared)) == 3
    assert found(since=prepared) == ["Alpha"]
    seen, cursor = [], None
    while True:
        page = staff.get("/letters", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [line["id"] for line in page["items"]]
        if not (cursor := page["next"]):
            break
    assert len(seen) == len(set(seen)) == 4
    assert code(staff.get("/letters", params={"status": "nowhere"}))[0] == 422
    forged = staff.get("/letters", params={"cursor": "AAAA"})
    assert code(forged) == (422, "cursor-forged")


@pytest.mark.bad_input("B27")
def test_the_csv_opens_in_a_spreadsheet_and_no_cell_is_a_formula(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    evil = world.recipient(staff, first_name="=1+1", last_name='";=cmd|x', consents=False)
    world.batch(staff, account, [evil])
    answer = staff.get("/letters.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    head, line = answer.content.decode("utf-8-sig").split("\r\n")[:2]
    assert head.startswith('"Date";"Numéro";"Type";"Statut";"Émetteur";"Destinataire"')
    assert "\"'=1+1" in line
    assert '"";=cmd|x' in line


def test_a_repeated_command_writes_its_letters_once(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account, recipient = world.account(staff), world.recipient(staff)
    new = {"sender_id": account.id, "level": "qualified-lre", "letters": [{"recipient_id": recipient, "subject": "x"}]}
    key = {"Idempotency-Key": "batch-1"}
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(lambda _: staff.post("/batches", json=new, headers=key), range(3)))
    assert {answer.status_code for answer in made} == {201}
    assert len({answer.text for answer in made}) == 1
    assert len(staff.get("/letters").json()["items"]) == 1
    other = staff.post("/batches", json={**new, "level": "paper"}, headers=key)
    assert code(other) == (422, "idempotency-key-reused")


def test_settings_are_changed_by_a_notary_who_read_them(world: Any, office: UUID) -> None:
    notary, staff = world.staff(office, "notary"), world.staff(office)
    read = notary.get("/office-settings")
    assert read.json() == {"trade": "notary", "retention_years": 10, "hold_mode": "deferred_submit"}
    chosen = {"trade": "lawyer", "retention_years": 30, "hold_mode": "provider_draft"}
    assert code(notary.put("/office-settings", json=chosen)) == (428, "precondition-missing")
    tag = {"If-Match": read.headers["etag"]}
    assert code(staff.put("/office-settings", json=chosen, headers=tag)) == (403, "not-allowed")
    assert notary.put("/office-settings", json=chosen, headers=tag).status_code == 204
    assert code(notary.put("/office-settings", json=chosen, headers=tag)) == (412, "stale")
    assert staff.get("/office-settings").json() == chosen


@pytest.mark.covers("A-11", "A-12", "A-25", "A-26", "A-27")
def test_an_account_is_linked_lacks_things_gets_ready_and_pays_for_entities(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    made = world.simulator.sender(linked=False, payment=False)
    sender = staff.post("/senders", json={"email": made["email"]}).json()["id"]
    assert staff.get(f"/senders/{sender}").json()["state"] == "requested"
    world.simulator.post(f"senders/{made['id']}/accept-access")
    shown = staff.post(f"/senders/{sender}/refresh").json()
    assert (shown["state"], shown["missing"]) == ("incomplete", ["payment"])
    card = {"slug": "stripe-47146", "label": "Carte", "masked": "*4242", "type": "card"}
    world.simulator.admin.patch(f"/__sandbox__/senders/{made['id']}", json={"payments": [card]}).raise_for_status()
    assert staff.post(f"/senders/{sender}/refresh").json()["state"] == "ready"
    assert [one["code"] for one in staff.get(f"/senders/{sender}/payment-methods").json()["items"]] == ["stripe-47146"]
    payment = {"sender_id": sender, "label": "Étude Martin", "payment_method": "stripe-47146"}
    assert staff.put("/billing-entities/etude", json=payment).status_code == 204
    wrong = staff.put("/billing-entities/etude", json={**payment, "payment_method": "stripe-0"})
    assert code(wrong) == (422, "unknown-payment-method")
    assert staff.get("/billing-entities").json()["items"][0]["label"] == "Étude Martin"
    assert staff.get(f"/senders/{sender}/consent-link").json()["url"].startswith("http")
    assert code(staff.post("/senders", json={"email": made["email"]})) == (409, "sender-known")
    assert staff.delete(f"/senders/{sender}").status_code == 204
    assert staff.get("/senders").json()["items"][0]["state"] == "revoked"


@pytest.mark.covers("A-15", "A-18", "A-19")
def test_the_provider_s_answers_change_the_register_and_say_whom(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    email = f"{uuid4().hex}@example.org"
    person = world.recipient(staff, email, consents=False)
    world.simulator.put("consents", sender_id=account.number, email=email, state="accepted")
    [changed] = staff.post("/consents/refresh", json={"sender_id": account.id}).json()["items"]
    assert changed == {
        "recipient_id": person, "name": "Jean Durand", "before": None, "after": "accepted", "email_changed": False,
    }  # fmt: skip
    assert staff.post("/consents/refresh", json={"sender_id": account.id}).json()["items"] == []
    shown = staff.get(f"/recipients/{person}").json()
    assert (shown["consent"]["source"], len(shown["consents"])) == ("provider", 1)


def test_only_the_qualified_level_is_called_by_the_law_s_name() -> None:
    for names in (NAMES, SHORT):
        for level, name in names.items():
            assert (level is Level.QUALIFIED_LRE) == any(word.casefold() in name.casefold() for word in RESERVED)


def test_other_services_read_the_feed_and_it_names_nobody(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    recipient = world.recipient(staff, "secret.person@example.org", last_name="Secrète")
    world.batch(staff, account, [recipient], letter={"subject": "Objet secret", "text": "Texte secret"})
    seen, after = "", 0
    while items := world.internal(f"events?after={after}&limit=500").json()["items"]:
        seen += str(items)
        after = items[-1]["storeseq"]
    for secret in ("Secrète", "secret.person", "Objet secret", "Texte secret", account.email):
        assert secret not in seen
    assert world.internal(f"aggregates?at={recipient}:{after}").status_code == 200
    assert world.internal(f"aggregates?at={recipient}:{after}", "dossier").status_code == 403
