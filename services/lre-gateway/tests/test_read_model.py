"""The read model: made again from the events, and blank where persons were erased."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from eventstore import rebuild
from lre_gateway.wiring.process import drift

SECRETS = ("Durand", "Jean", "example.org")


def rows(world: Any, table: str, **where: Any) -> list[dict[str, Any]]:
    condition = " AND ".join(f"{name} = %({name})s" for name in where) or "true"
    with world.parts.store.connection() as connection:
        return list(connection.execute(f"SELECT * FROM read.{table} WHERE {condition} ORDER BY id", where).fetchall())


TABLES = (
    "office_settings", "sender", "billing_entity", "recipient", "consent", "batch", "letter", "letter_step",
    "recipient_change", "evidence", "erased_person",
)  # fmt: skip


@pytest.fixture
def lived(world: Any, office: UUID) -> str:
    """Return a letter to which much happened."""
    staff, notary = world.staff(office), world.staff(office, "notary")
    account = world.account(staff)
    payment = {"sender_id": account.id, "label": "Étude", "payment_method": "stripe-47146"}
    staff.put("/billing-entities/etude", json=payment)
    tag = notary.get("/office-settings").headers["etag"]
    chosen = {"trade": "lawyer", "retention_years": 12, "hold_mode": "deferred_submit"}
    notary.put("/office-settings", json=chosen, headers={"If-Match": tag})
    recipient = world.recipient(staff)
    staff.post(f"/recipients/{recipient}/opt-out", json={"opted_out": True})
    (letter,) = world.left(staff, account, [recipient], entity="etude")
    world.simulator.act(letter, "request_change")
    world.advance(200)
    world.simulator.act(letter, "refuse")
    world.advance(200)
    assert world.state(staff, letter) == "refused"
    return str(letter)


def test_case_52_the_read_model_made_again_from_the_events_is_the_same(world: Any, lived: str) -> None:
    assert lived
    assert not drift(world.parts.settings)
    before = {table: rows(world, table) for table in TABLES}
    rebuild(world.parts.store)
    assert {table: rows(world, table) for table in TABLES} == before
    assert all(before[table] for table in TABLES if table != "erased_person")


@pytest.mark.covers("A-51")
def test_what_letters_cost_is_summed_by_entity(world: Any, lived: str, office: UUID) -> None:
    assert lived
    [line] = world.staff(office).get("/billing").json()["items"]
    assert line == {
        "entity": "etude", "label": "Étude", "payment_method": "stripe-47146", "letters": 1, "priced": 1,
        "total": "3.99",
    }  # fmt: skip


def test_case_57_an_erased_person_is_blank_everywhere_and_the_proofs_stay(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    person = uuid4()
    world.town.clients.setdefault(office, set()).add(person)
    recipient = world.recipient(staff, "never.known@example.org", person_id=str(person))
    (sent,) = world.left(staff, account, [recipient])
    unsent = world.batch(staff, account, [recipient], letter={"text": "autre"})["letter_ids"][0]
    world.simulator.act(sent, "accept")
    world.advance(200)
    proofs = world.evidence(staff, sent)
    world.identity_erases(person)
    shown = world.letter(staff, sent)
    assert (shown["recipient"], shown["recipient_email"]) == (None, None)
    assert world.state(staff, unsent) == "cancelled"
    assert staff.get(f"/recipients/{recipient}").json()["email"] is None
    assert staff.get("/recipients", params={"q": "durand"}).json()["items"] == []
    about = [rows(world, "recipient", subject_id=person), rows(world, "letter", subject_id=person)]
    assert not any(secret in str(about) for secret in SECRETS)
    assert world.evidence(staff, sent) == proofs
    assert world.download(staff, sent, proofs["reception"]["version_id"]).status_code == 200
    rebuild(world.parts.store)
    assert not any(secret in str(rows(world, "recipient", subject_id=person)) for secret in SECRETS)


def test_somebody_without_an_account_is_erased_by_the_office(world: Any, office: UUID) -> None:
    staff, notary = world.staff(office), world.staff(office, "notary")
    recipient = world.recipient(staff)
    assert staff.delete(f"/recipients/{recipient}").status_code == 403
    assert notary.delete(f"/recipients/{recipient}").status_code == 204
    assert notary.delete(f"/recipients/{recipient}").status_code == 204
    assert staff.get(f"/recipients/{recipient}").json()["last_name"] is None


def test_case_10_no_secret_is_written_into_the_logs_or_the_events(
    world: Any, office: UUID, capfd: pytest.CaptureFixture[str]
) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.sends(staff, account, [world.recipient(staff)])
    otp = world.simulator.otp(account.number)
    staff.post("/releases", json={"letter_ids": [letter], "code": otp})
    world.advance(200)
    world.simulator.act(letter, "accept")
    world.advance(200)
    written = "".join(capfd.readouterr())
    held = "".join(str(one.plain) + one.entry.decode() for one in world.parts.store.read(0, 1_000_000))
    secret = str(world.parts.webhooks.address(UUID(letter))).rpartition("/")[2]
    assert "request-answered" in written
    for hidden in ("gateway-private-key", "gateway-token", secret, "token=", f'"{otp}"', f" {otp} ", *SECRETS):
        assert hidden not in written
        assert hidden not in held
