"""Files that come in: attachments and lists of letters."""

import hashlib
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from openpyxl import Workbook

CSV = {"Content-Type": "text/csv"}
BYTES = {"Content-Type": "application/octet-stream"}
HEAD = "Nom;Prénom;E-mail;Type;Société;Objet;Texte;Pièces jointes;Code postal;Adresse;Ville\n"


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.covers("A-33")
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n deed", "application/pdf"),
        (b"PK\x03\x04 word processor", "application/zip"),
        (b"Un texte", "text/plain"),
        (b"\x00\x01\x02", "application/octet-stream"),
    ],
)
def test_an_attachment_of_any_type_is_frozen_by_its_digest(
    world: Any, office: UUID, content: bytes, media_type: str
) -> None:
    staff = world.staff(office)
    params = {"name": "pièce 1.pdf", "sha256": digest(content)}
    stored = staff.post("/attachments", params=params, content=content, headers=BYTES).json()
    assert (stored["name"], stored["size"], stored["sha256"]) == (params["name"], len(content), params["sha256"])
    assert stored["media_type"].split(";")[0] == media_type


def test_an_attachment_that_is_not_what_was_declared_is_not_kept(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    wrong = staff.post("/attachments", params={"name": "x.pdf", "sha256": "ab" * 32}, content=b"%PDF-1", headers=BYTES)
    assert code(wrong) == (422, "file-differs")
    for name in ("../x.pdf", "a\nb.pdf", "", "x" * 300, "a\u202egnp.exe"):
        params = {"name": name, "sha256": digest(b"x")}
        assert code(staff.post("/attachments", params=params, content=b"x", headers=BYTES)) == (422, "invalid")
    chunked = staff.post(
        "/attachments", params={"name": "x.pdf", "sha256": digest(b"x")}, content=iter([b"x"]), headers=BYTES
    )
    assert code(chunked) == (411, "length-required")
    dossier = world.dossier(world.staff(office))
    params = {"name": "x.pdf", "sha256": digest(b"x"), "dossier_id": dossier}
    assert staff.post("/attachments", params=params, content=b"x", headers=BYTES).status_code == 404


def test_a_sender_who_cannot_tell_the_digest_is_told_it_and_finds_the_file_again(world: Any, office: UUID) -> None:
    staff, stranger = world.staff(office), world.staff(uuid4())
    first, second = (
        staff.post("/attachments", params={"name": name}, content=name.encode(), headers=BYTES).json()
        for name in ("a.txt", "b.txt")
    )
    assert (first["sha256"], second["sha256"]) == (digest(b"a.txt"), digest(b"b.txt"))
    ids = {"version_id": [second["version_id"], str(uuid4()), first["version_id"]]}
    assert staff.get("/attachments", params=ids).json() == {"items": [second, first]}
    assert stranger.get("/attachments", params=ids).json() == {"items": []}


def test_a_repeated_upload_leads_to_the_same_version(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    params, key = {"name": "x.pdf", "sha256": digest(b"%PDF-1.4")}, {**BYTES, "Idempotency-Key": "up-1"}
    first, again = (
        staff.post("/attachments", params=params, content=b"%PDF-1.4", headers=key).json() for _ in range(2)
    )
    assert first == again
    free = staff.post("/attachments", params=params, content=b"%PDF-1.4", headers=BYTES).json()
    assert free["version_id"] != first["version_id"]


def test_an_attachment_of_another_office_is_unknown(world: Any, office: UUID) -> None:
    staff, stranger = world.staff(office), world.staff(uuid4())
    theirs = world.upload(stranger)
    account, recipient = world.account(staff), world.recipient(staff)
    letters = [{"recipient_id": recipient, "subject": "x", "attachments": [theirs]}]
    answer = staff.post("/batches", json={"sender_id": account.id, "level": "qualified-lre", "letters": letters})
    assert code(answer) == (422, "unknown-attachment")
    proof = staff.post("/consents", json={"recipient_ids": [recipient], "document_id": theirs})
    assert code(proof) == (422, "unknown-attachment")


def imported(staff: Any, account: Any, content: bytes, **headers: str) -> httpx.Response:
    params = {"sender_id": account.id, "level": "qualified-lre"}
    answer: httpx.Response = staff.post("/batches/imports", params=params, content=content, headers={**CSV, **headers})
    return answer


@pytest.mark.covers("A-31")
def test_a_list_becomes_letters_and_says_which_rows_did_not_and_why(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    known = world.recipient(staff, "known@example.org", last_name="Connue", first_name="Anne")
    attached = world.upload(staff)
    rows = [
        f"Connue;Anne;known@example.org;;;Un;Bonjour;{attached};1000;1 rue;Bourg",
        "Neuf;Paul;paul@example.org;particulier;;Deux;Bonjour;;;;",
        "Sans;Objet;x@example.org;;;;Bonjour;;;;",
        ";;;professionnel;Banque SA;Quatre;Bonjour;;;;",
        "Type;Faux;y@example.org;martien;;Cinq;Bonjour;;;;",
        f"Pièce;Absente;z@example.org;;;Six;Bonjour;{uuid4()};;;",
        "Pièce;Illisible;z@example.org;;;Sept;Bonjour;pas-un-id;;;",
        "Signe;Étrange;w@example.org;;;Huit;Bonjour 🎉;;;;",
    ]
    made = imported(staff, account, (HEAD + "\n".join(rows)).encode(), **{"Idempotency-Key": "list-1"})
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["letters"], body["recipients_added"]) == (3, 2)
    assert [(one["row"], one["code"]) for one in body["refused"]] == [
        (4, "SUBJECT_MISSING"), (6, "KIND_UNKNOWN"), (7, "UNKNOWN_ATTACHMENT"), (8, "UNKNOWN_ATTACHMENT"),
        (9, "TEXT_NOT_PRINTABLE"),
    ]  # fmt: skip
    assert all(one["detail"].endswith(".") for one in body["refused"])
    lines = staff.get("/letters", params={"batch_id": body["batch_id"]}).json()["items"]
    assert {line["recipient"] for line in lines} == {"Anne Connue", "Paul Neuf", "Banque SA"}
    assert known in {line["recipient_id"] for line in lines}
    shown = staff.get(f"/recipients/{known}").json()
    assert shown["last_name"] == "Connue"
    again = imported(staff, account, (HEAD + "\n".join(rows)).encode(), **{"Idempotency-Key": "list-1"})
    assert again.status_code == 201
    assert len(staff.get("/letters", params={"batch_id": body["batch_id"]}).json()["items"]) == 3


def test_a_spreadsheet_is_taken_as_it_is(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    book = Workbook()
    book.active.append(["nom", "prénom", "e-mail", "objet", "texte", "adresse", "code postal", "ville"])
    book.active.append(["Durand", "Zoé", "zoe@example.org", "Avis", "Bonjour", "1 rue", 1000, "Bourg"])
    written = io.BytesIO()
    book.save(written)
    book.close()
    made = imported(staff, account, written.getvalue())
    assert (made.status_code, made.json()["letters"]) == (201, 1)
    [line] = staff.get("/letters").json()["items"]
    assert staff.get(f"/recipients/{line['recipient_id']}").json()["postal"]["postcode"] == "01000"


@pytest.mark.parametrize("row", [";x@example.org;Avis;Bonjour", "Signe;w@example.org;Avis;Bonjour 🎉"])
def test_a_list_of_which_no_row_can_be_used_makes_no_batch_and_says_why(world: Any, office: UUID, row: str) -> None:
    staff = world.staff(office)
    made = imported(staff, world.account(staff), f"nom;e-mail;objet;texte\n{row}".encode())
    assert (made.status_code, made.json()["batch_id"], made.json()["letters"]) == (201, None, 0)
    assert [one["row"] for one in made.json()["refused"]] == [2]


@pytest.mark.parametrize(
    ("content", "status", "refusal"),
    [
        (b"nom;couleur\nx;y", 422, "columns-missing"),
        (b"nom;objet\n;\n", 422, "table-unreadable"),
        (b"PK\x03\x04 broken", 422, "table-unreadable"),
        (b"x" * (11 << 20), 413, "body-too-large"),
        (b"objet\n" + b"x\n" * 10_001, 413, "table-too-large"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_as_a_whole(
    world: Any, office: UUID, content: bytes, status: int, refusal: str
) -> None:
    staff = world.staff(office)
    assert code(imported(staff, world.account(staff), content)) == (status, refusal)
