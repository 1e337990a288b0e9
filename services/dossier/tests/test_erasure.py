"""A person erased by identity is nowhere in the database of dossier, and everything that was proved stays so."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from dossier.wiring import SCHEMA
from eventstore import SubjectErased, compare, rebuild
from proof.entry import state_hash

LABEL = "Attestation de Capucine Zwingelstein"
REASON = "La signature de Capucine Zwingelstein manque"
CANARY = "Zwingelstein"


@pytest.fixture
def known(world: Any, office: UUID) -> tuple[Any, Any, str]:
    """Return a member, a client and their dossier: one document in words is refused, another was sent unasked."""
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff, client)
    (request,) = world.asks(staff, dossier, client, others=(LABEL,))
    assert staff.post(f"{world.deposits(client, request)}/refusal", json={"reason": REASON}).status_code == 204
    offer = {"name": "x.pdf", "size": 5, "sha256": "ab" * 32, "label": LABEL}
    world.vault_stores(client.post(f"/dossiers/{dossier}/deposits", json=offer).json()["ticket"])
    return staff, client, dossier


def everything(world: Any) -> str:
    """Return every row of every table as text; bytes are in hexadecimal."""
    with world.store.connection() as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = [
            connection.execute(f"SELECT to_jsonb(t)::text AS row FROM {one['name']} t").fetchall() for one in tables
        ]
    return "\n".join(row["row"] for table in rows for row in table)


def traces(world: Any) -> list[str]:
    """Return in which writings the person's name is found."""
    text = everything(world)
    found = (CANARY, CANARY.casefold(), CANARY.encode().hex(), CANARY.casefold().encode().hex())
    return [one for one in found if one in text]


def words(staff: Any, dossier: str) -> set[str | None]:
    items = staff.get(f"/dossiers/{dossier}/requests").json()["items"]
    return {item["label"] for item in items} | {version["reason"] for item in items for version in item["versions"]}


def keys_destroyed(world: Any, person_id: UUID) -> list[int]:
    """Return the numbers of keys in the events that say so of a person."""
    found = [event.plain for event in world.store.read(0, 100_000) if event.topic == "dossier.person-keys-destroyed"]
    return [plain["keys"] for plain in found if plain["person_id"] == person_id]


def read_model(world: Any) -> dict[str, list[Any]]:
    tables = ("dossier", "dossier_client", "document_request", "document_version", "erased_person")
    with world.store.connection() as connection:
        return {table: connection.execute(f"SELECT * FROM read.{table} ORDER BY id").fetchall() for table in tables}


def test_nothing_is_left_of_an_erased_person_and_every_proof_stays(world: Any, known: Any) -> None:
    staff, client, dossier = known
    assert words(staff, dossier) == {LABEL, REASON, None}
    assert traces(world) == [CANARY, CANARY.casefold()]
    before = world.store.held(0, 100_000)
    world.identity_erases(client.person_id)
    assert traces(world) == []
    assert words(staff, dossier) == {None}
    assert world.store.held(0, len(before)) == before
    for held in before:
        assert json.loads(held.entry)["state_h"] == state_hash(held.state)
    assert keys_destroyed(world, client.person_id) == [1]


def test_the_read_model_made_again_is_the_same_without_the_person(world: Any, known: Any) -> None:
    staff, client, dossier = known
    world.identity_erases(client.person_id)
    before = read_model(world)
    rebuild(world.store)
    assert read_model(world) == before
    assert staff.get(f"/dossiers/{dossier}").json()["completion"]["requested"] == 1


def test_the_same_message_again_under_any_number_changes_nothing(world: Any, known: Any) -> None:
    _, client, _ = known
    first = world.identity_erases(client.person_id)
    world.inbox.receive([first])
    world.identity_erases(client.person_id)
    assert keys_destroyed(world, client.person_id) == [1]
    assert world.inbox.position("identity").store_seq == world.erased


def test_a_kill_between_the_destruction_and_its_event_is_made_good(world: Any, known: Any) -> None:
    staff, client, dossier = known
    assert world.store.keys.destroy(client.person_id)
    assert words(staff, dossier) != {None}
    world.identity_erases(client.person_id)
    assert words(staff, dossier) == {None}
    assert len(keys_destroyed(world, client.person_id)) == 1


def test_a_person_of_whom_nothing_was_known_can_get_no_key_any_more(world: Any) -> None:
    stranger = uuid4()
    world.identity_erases(stranger)
    assert len(keys_destroyed(world, stranger)) == 1
    with pytest.raises(SubjectErased):
        world.store.keys.seal(stranger, b"x", b"")


def test_what_another_process_writes_with_a_key_in_its_memory_reaches_no_row(world: Any, known: Any) -> None:
    staff, client, dossier = known
    world.identity_erases(client.person_id)  # by the test's store: the one that answers HTTP remembers the key
    asked = staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json={"others": [LABEL + " 2"]})
    version = next(
        f"/requests/{item['id']}/versions/{item['versions'][0]['id']}/refusal"
        for item in staff.get(f"/dossiers/{dossier}/requests").json()["items"]
        if item["versions"] and item["versions"][0]["state"] == "deposited"
    )
    refused = staff.post(version, json={"reason": REASON})
    assert {asked.status_code, refused.status_code} == {201, 204}
    assert traces(world) == []
    with pytest.raises(SubjectErased):
        world.store.keys.seal(client.person_id, b"x", b"")
    assert not compare(world.store, SCHEMA)


def test_identity_is_told_how_many_dossiers_of_a_client_are_open(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)

    def count() -> int:
        return int(world.internal(f"clients/{client.person_id}/open-dossiers").json()["count"])

    assert count() == 0
    first, second = world.opens(staff, client), world.opens(staff, client)
    world.opens(staff)
    assert count() == 2
    assert staff.post(f"/dossiers/{first}/archiving").status_code == 204
    assert count() == 1
    (request,) = world.asks(staff, second, client, "dpe")
    assert staff.post(f"{world.deposits(client, request)}/validation").status_code == 204
    assert count() == 0
    world.asks(staff, second, client, "cni")
    assert count() == 1
