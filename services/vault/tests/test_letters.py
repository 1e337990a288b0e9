"""Files of letters: kept beside documents, reached only through the gateway of letters, held when the law says so."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.tokens import Ticket
from contracts.examples import example
from eventstore import Inbox, rebuild
from vault.domain.file_name import FALLBACK
from vault.domain.media_type import letter_media_type
from vault.wiring import Parts, message_handlers

PROOF = b"%PDF-1.7\n preuve de refus " + bytes(range(256)) * 8
TEXT = "Monsieur, je vous mets en demeure…".encode()


@pytest.fixture
def letter(vault: Any) -> Callable[..., Ticket]:
    """Return a function that makes deposit tickets of the gateway of letters."""

    def make(content: bytes = PROOF, **changes: Any) -> Ticket:
        ticket: Ticket = vault.ticket(content)
        return replace(ticket, issuer="lre-gateway", dossier_id=None, name="preuve.pdf", **changes)

    return make


@pytest.fixture
def erase(vault: Any) -> Iterator[Callable[[UUID], None]]:
    """Return a function by which identity says that it has erased a person."""
    parts = Parts(vault.settings)
    inbox, told = Inbox(parts.store, message_handlers(parts)), iter(range(1, 100))

    def say(person: UUID) -> None:
        inbox.receive([example("identity.person-erased", seq=next(told), subject=person, person_id=person)])

    yield say
    parts.close()


@pytest.mark.covers("A-33")
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7 <html>", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"PK\x03\x04\x14\x00", "application/zip"),
        (b'{"lettre": 1}', "application/json"),
        ("à qui de droit".encode()[:-1] + "é".encode()[:1], "text/plain"),
        (b"\x00\x01", "application/octet-stream"),
        (b"caf\xe9 noir", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_letter_carries_any_document(head: bytes, expected: str) -> None:
    assert letter_media_type(head) == expected


def test_a_proof_is_deposited_in_nobodys_name_and_read_in_somebodys(vault: Any, letter: Callable[..., Ticket]) -> None:
    ticket = letter(actor_id=None, actor_kind="system", legal_hold=True)
    assert vault.put(ticket, PROOF).json()["media_type"] == "application/pdf"
    assert vault.get(ticket).status_code == 401
    assert vault.get(replace(ticket, actor_id=uuid4(), actor_kind="staff")).content == PROOF
    ((topic, stored), _, (_, read)) = vault.events()
    assert (topic, stored["legal_hold"], stored["dossier_id"]) == ("vault.letter-document-stored", True, None)
    assert read["purpose"] == "download"
    (held, _) = vault.parts.store.held(0, 2)
    entry = json.loads(held.entry)
    assert (entry["dossier"], entry["actor_kind"], len(entry["docs"])) == (None, "system", 1)


def test_each_service_reaches_only_what_it_keeps(vault: Any, letter: Callable[..., Ticket]) -> None:
    of_letter, of_dossier = letter(), vault.ticket()
    assert (vault.put(of_letter, PROOF).status_code, vault.put(of_dossier).status_code) == (201, 201)
    taken = [
        replace(of_letter, issuer="dossier", dossier_id=uuid4()),
        replace(of_dossier, issuer="lre-gateway"),
    ]
    assert [vault.get(ticket).status_code for ticket in taken] == [404, 404]
    assert [vault.put(taken[0], PROOF).status_code, vault.put(taken[1]).status_code] == [404, 404]
    assert [
        vault.http.get(f"/documents/{t.version_id}/receipt", headers=vault.bearer(t)).status_code for t in taken
    ] == [
        404,
        404,
    ]


def test_the_dossier_service_may_neither_hold_nor_leave_out_the_dossier_or_the_actor(vault: Any) -> None:
    ticket = vault.ticket()
    for strange in ({"legal_hold": True}, {"dossier_id": None}, {"actor_id": None}):
        refused = vault.put(replace(ticket, **strange))
        assert (refused.status_code, refused.json()["code"]) == (401, "ticket-refused")
    assert vault.events() == []


def test_names_are_told_to_the_service_that_keeps_the_file(vault: Any, letter: Callable[..., Ticket]) -> None:
    ticket = letter(legal_hold=True)
    vault.put(ticket, PROOF)
    asked = {}
    for signer in (vault.keys.letters, vault.keys.dossier):
        asked[signer.issuer] = vault.http.get(
            f"{vault.http.base_url.copy_with(path='/internal')}/documents",
            params={"ids": str(ticket.version_id)},
            headers={"Authorization": f"Bearer {signer.service_token('vault')}"},
        ).json()["items"]
    (item,) = asked["lre-gateway"]
    assert (item["name"], item["legal_hold"], item["office_id"]) == ("preuve.pdf", True, str(ticket.office_id))
    assert asked["dossier"] == []


def test_proofs_under_legal_hold_outlive_the_erasure_of_whom_they_are_about_and_drafts_do_not(
    vault: Any, letter: Callable[..., Ticket], erase: Callable[[UUID], None]
) -> None:
    person = uuid4()
    proof, draft = letter(owner_id=person, legal_hold=True), letter(TEXT, owner_id=person)
    of_dossier, of_another = vault.ticket(owner_id=person), letter(TEXT)
    vault.put(proof, PROOF), vault.put(draft, TEXT), vault.put(of_dossier), vault.put(of_another, TEXT)
    assert vault.get(draft).content == TEXT
    erase(person)
    kept = vault.get(proof)
    assert (kept.content, FALLBACK in kept.headers["content-disposition"]) == (PROOF, True)
    assert (vault.get(draft).status_code, vault.get(of_dossier).status_code) == (404, 200)
    assert vault.get(of_another).content == TEXT
    assert vault.observation(proof.version_id)["ciphertext_ok"]
    destroyed = [plain["version_id"] for topic, plain in vault.events() if topic == "vault.document-destroyed"]
    assert destroyed == [draft.version_id]
    assert (vault.keys_held(), len({name.partition("/")[0] for name in vault.kept()})) == (3, 3)


def test_a_proof_that_arrives_after_the_erasure_is_kept_without_its_name(
    vault: Any, letter: Callable[..., Ticket], erase: Callable[[UUID], None]
) -> None:
    person = uuid4()
    erase(person)
    late = letter(owner_id=person, legal_hold=True)
    assert vault.put(letter(owner_id=person), PROOF).json()["code"] == "person-erased"
    assert vault.put(late, PROOF).status_code == 201
    assert (vault.get(late).content, FALLBACK in vault.get(late).headers["content-disposition"]) == (PROOF, True)


@pytest.mark.fault("F9")
def test_a_kill_in_the_middle_of_the_destruction_is_made_good_and_the_same_message_again_changes_nothing(
    vault: Any, letter: Callable[..., Ticket], erase: Callable[[UUID], None]
) -> None:
    person = uuid4()
    first, second = letter(TEXT, owner_id=person), letter(TEXT, owner_id=person)
    vault.put(first, TEXT), vault.put(second, TEXT)
    vault.parts.keys.destroy(vault.parts.documents.find(first.version_id).object_key)
    erase(person)
    erase(person)
    assert [topic for topic, _ in vault.events()].count("vault.document-destroyed") == 2
    assert (vault.keys_held(), vault.kept()) == (0, [])


def test_the_read_model_made_again_is_the_same(
    vault: Any, letter: Callable[..., Ticket], erase: Callable[[UUID], None]
) -> None:
    person = uuid4()
    for ticket in (letter(TEXT, owner_id=person, legal_hold=True), letter(TEXT, owner_id=person), letter(TEXT)):
        vault.put(ticket, TEXT)
    erase(person)
    with vault.parts.store.connection() as connection:
        before = connection.execute("SELECT * FROM read.document ORDER BY id").fetchall()
        rebuild(vault.parts.store)
        assert connection.execute("SELECT * FROM read.document ORDER BY id").fetchall() == before
    assert [row["legal_hold"] for row in sorted(before, key=lambda row: row["legal_hold"])] == [False, True]


@pytest.mark.parametrize("hold", [True, False])
def test_at_the_end_of_its_retention_a_file_is_destroyed_once(
    vault: Any, letter: Callable[..., Ticket], *, hold: bool
) -> None:
    ticket = letter(legal_hold=hold)
    vault.put(ticket, PROOF)
    ending = replace(ticket, action="destroy", actor_id=None, actor_kind="system")
    assert [vault.delete(ending).status_code for _ in range(2)] == [204, 204]
    assert (vault.kept(), vault.keys_held(), vault.get(ticket).status_code) == ([], 0, 404)
    said = [topic for topic, _ in vault.events()][2:]
    assert said == [*(["vault.legal-hold-lifted"] if hold else []), "vault.document-destroyed"]
    assert vault.events()[-1][1]["cause"] == "retention-ended"


def test_a_destruction_that_was_cut_is_finished_by_the_same_request(vault: Any, letter: Callable[..., Ticket]) -> None:
    ticket = letter(legal_hold=True)
    vault.put(ticket, PROOF)
    vault.parts.keys.destroy(next(iter(vault.kept())).partition("/")[0])  # killed after the first step
    assert vault.get(ticket).status_code == 404
    assert vault.delete(replace(ticket, action="destroy")).status_code == 204
    assert vault.kept() == []
    assert vault.told("vault.document-destroyed") == 1


def test_nobody_else_ends_a_retention(vault: Any, letter: Callable[..., Ticket]) -> None:
    of_letter, of_dossier = letter(legal_hold=True), vault.ticket()
    vault.put(of_letter, PROOF)
    vault.put(of_dossier)
    ending = replace(of_letter, action="destroy")
    foreign = [{"office_id": uuid4()}, {"request_id": uuid4()}, {"owner_id": uuid4()}, {"dossier_id": uuid4()}]
    assert {vault.delete(replace(ending, **other)).status_code for other in foreign} == {404}
    assert vault.delete(replace(of_dossier, action="destroy", issuer="lre-gateway")).status_code == 404
    assert vault.delete(replace(ending, action="download")).status_code == 403
    assert vault.delete(replace(letter(), action="destroy")).status_code == 404
    assert vault.get(of_letter).content == PROOF
