"""Bank details of an office: kept by notaries, shown to the clients that they were handed to (L-07, L-08)."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from dossier.domain.bank_details import bic, iban
from dossier.domain.refusals import BankDetailsRefused

CLIENTS = {
    "name": "Compte de la clientèle",
    "holder": "Étude Martin",
    "iban": "fr76 3000 6000 0112 3456 7890 189",
    "bic": "agrifrpp",
}
FEES = CLIENTS | {"name": "Compte de l'étude", "iban": "FR14 2004 1010 0505 0001 3M02 606", "bic": "PSSTFRPPPAR"}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    "typed", ["FR76 3000 6000 0112 3456 7890 189", "DE89370400440532013000", "gb82WEST12345698765432"]
)
def test_an_iban_is_kept_without_spaces(typed: str) -> None:
    assert iban(typed) == typed.replace(" ", "").upper()


@pytest.mark.parametrize(
    "typed",
    [
        "FR76 3000 6000 0112 3456 7890 188",
        "FR76 3000 6000 0112 3465 7890 189",
        "FR7630006000011234567890",
        "30006000011234567890189",
        "FR76-3000-6000-0112-3456-7890-189",
        "\uff26\uff32" + "7630006000011234567890189",
        "",
    ],
)
def test_a_slip_in_an_iban_is_found(typed: str) -> None:
    with pytest.raises(BankDetailsRefused):
        iban(typed)


@pytest.mark.parametrize("typed", ["AGRIFRP", "AGRI1RPP", "AGRIFRPPXX", "", "AGRIFRPPXXXX"])
def test_what_is_no_bic_is_refused(typed: str) -> None:
    with pytest.raises(BankDetailsRefused):
        bic(typed)


@pytest.mark.covers("L-07", "L-08")
def test_an_office_keeps_several_and_a_client_sees_the_one_that_was_chosen(world: Any, office: UUID) -> None:
    notary, clerk = world.staff(office, role="notary"), world.staff(office)
    first, second = (notary.post("/bank-details", json=one).json()["id"] for one in (CLIENTS, FEES))
    assert [one["id"] for one in clerk.get("/bank-details").json()["items"]] == [second, first]
    one, other = world.client(office), world.client(office)
    dossier = world.opens(clerk, one, other)
    handed, mine = f"/dossiers/{dossier}/clients/{one.person_id}/bank-details", f"/my/dossiers/{dossier}"
    assert one.get(mine).json()["bank_details"] is None
    for chosen in (first, second):
        assert clerk.put(handed, json={"details_id": chosen}).status_code == 204
    assert clerk.get(handed).json()["bank_details"]["id"] == second
    seen = one.get(mine).json()["bank_details"]
    assert (seen["iban"], seen["bic"], seen["holder"]) == ("FR1420041010050500013M02606", "PSSTFRPPPAR", "Étude Martin")
    assert other.get(mine).json()["bank_details"] is None
    assert clerk.put(handed, json={"details_id": None}).status_code == 204
    assert one.get(mine).json()["bank_details"] is None


@pytest.mark.covers("L-08")
def test_what_is_removed_is_shown_to_nobody_any_more(world: Any, office: UUID) -> None:
    notary = world.staff(office, role="notary")
    account = notary.post("/bank-details", json=CLIENTS).json()["id"]
    person = world.client(office)
    dossier = world.opens(notary, person)
    handed = f"/dossiers/{dossier}/clients/{person.person_id}/bank-details"
    assert notary.put(handed, json={"details_id": account}).status_code == 204
    for _ in range(2):
        assert notary.delete(f"/bank-details/{account}").status_code == 204
    assert notary.get("/bank-details").json()["items"] == []
    assert person.get(f"/my/dossiers/{dossier}").json()["bank_details"] is None
    assert code(notary.put(handed, json={"details_id": account})) == (404, "not-found")


def test_only_a_notary_says_where_clients_pay(world: Any, office: UUID) -> None:
    notary, clerk, officer = (world.staff(office, role=role) for role in ("notary", "collaborator", "compliance"))
    account = notary.post("/bank-details", json=CLIENTS).json()["id"]
    for person in (clerk, officer):
        assert code(person.post("/bank-details", json=FEES)) == (403, "not-allowed")
        assert code(person.delete(f"/bank-details/{account}")) == (403, "not-allowed")
    client = world.client(office)
    path = f"/dossiers/{world.opens(clerk, client)}/clients/{client.person_id}/bank-details"
    assert code(officer.put(path, json={"details_id": account})) == (403, "not-allowed")
    assert code(client.get(path)) == (403, "not-allowed")


def test_nobody_hands_the_account_of_another_office_or_to_somebody_elses_client(world: Any, office: UUID) -> None:
    notary, elsewhere = world.staff(office, role="notary"), world.staff(uuid4(), role="notary")
    foreign = elsewhere.post("/bank-details", json=CLIENTS).json()["id"]
    account = notary.post("/bank-details", json=CLIENTS).json()["id"]
    person, stranger = world.client(office), world.client(office)
    dossier = world.opens(notary, person)
    path = f"/dossiers/{dossier}/clients/{person.person_id}/bank-details"
    for chosen in (foreign, str(uuid4())):
        assert code(notary.put(path, json={"details_id": chosen})) == (404, "not-found")
    assert code(elsewhere.delete(f"/bank-details/{account}")) == (404, "not-found")
    assert code(elsewhere.put(path, json={"details_id": foreign})) == (404, "not-found")
    not_there = f"/dossiers/{dossier}/clients/{stranger.person_id}/bank-details"
    assert code(notary.put(not_there, json={"details_id": account})) == (404, "not-found")
    assert code(stranger.get(f"/my/dossiers/{dossier}")) == (404, "not-found")


def test_a_wrong_iban_says_which_field_it_is_and_twenty_are_enough(world: Any, office: UUID) -> None:
    notary = world.staff(office, role="notary")
    wrong = notary.post("/bank-details", json=CLIENTS | {"iban": "FR7630006000011234567890188"})
    assert (code(wrong), wrong.json()["wrong"]) == ((422, "bank-details-refused"), "iban")
    assert notary.post("/bank-details", json=CLIENTS | {"bic": "AGRI1RPP"}).json()["wrong"] == "bic"
    for _ in range(20):
        assert notary.post("/bank-details", json=CLIENTS).status_code == 201
    assert code(notary.post("/bank-details", json=CLIENTS)) == (409, "too-many-bank-details")
