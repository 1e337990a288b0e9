"""Bad input through the gateway: each is turned down by a clear problem, and nothing is half done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"\n%%EOF\n"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(4000)
MIB = 1 << 20
Body = dict[str, Any]


CONTENTS = {
    "nothing": (PDF, b"", 422, "empty-file"),
    "a byte less": (PDF, PDF[:-1], 400, "size-mismatch"),
    "a byte more": (PDF, PDF + b"\n", 413, "too-large"),
    "another SHA-256": (PDF, PDF[:-1] + b"!", 460, "digest-mismatch"),
    "an unknown type": (b"Bonjour, ceci est un texte.", None, 415, "unsupported-type"),
    "an EXE named .pdf": (EXE, None, 415, "unsupported-type"),
    "a ZIP": (b"PK\x03\x04" + bytes(400), None, 415, "unsupported-type"),
    "a PDF that is a page too": (
        b"%PDF-1.7\n<html><script>alert(1)</script>" + bytes(99),
        None,
        415,
        "unsupported-type",
    ),
}


@pytest.fixture(scope="module")
def one_request(desk: Any) -> str:
    return str(next(desk.requests))


@pytest.mark.bad_input("B2", "B4")
@pytest.mark.covers("L-55")
@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "chunked"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_that_is_not_what_it_should_be_leaves_nothing(
    desk: Any, one_request: str, content: tuple[bytes, bytes | None, int, str], *, announced: bool
) -> None:
    declared, sent, status, code = content
    sent = declared if sent is None else sent
    before = desk.state()
    given = desk.given(declared, one_request)
    answer = desk.send("PUT", given["upload_url"], given["ticket"], content=sent if announced else iter([sent]))
    desk.refused(answer, status, code)
    assert desk.state() == before


@pytest.mark.bad_input("B3")
def test_a_file_that_never_ends_is_cut_at_the_declared_byte(desk: Any, one_request: str) -> None:
    given, taken = desk.given(request=one_request), 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield PDF
        while taken < 1024 * MIB:
            taken += MIB
            yield bytes(MIB)

    before = desk.state()
    answer = desk.send("PUT", given["upload_url"], given["ticket"], content=endless())
    assert desk.refused(answer, 413, "too-large")["declared"] == len(PDF)
    assert taken < 512 * MIB  # what is on its way until the answer is read: 10 to 80 MiB, never the rest
    assert desk.state() == before


@pytest.mark.bad_input("B2", "B47")
@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "chunked"])
def test_a_file_over_the_limit_of_the_platform_is_refused_before_it_is_read(
    desk: Any, one_request: str, *, announced: bool
) -> None:
    given = desk.given(request=one_request, size=(2 << 30) + 1)
    answer = desk.send("PUT", given["upload_url"], given["ticket"], content=PDF if announced else iter([PDF]))
    assert desk.refused(answer, 413, "too-large")["limit"] == 2 << 30


@pytest.mark.parametrize(
    "change",
    [{"size": -1}, {"size": 1 << 60}, {"size": "12 Mo"}, {"sha256": "ab"}, {"sha256": "A" * 64}],
    ids=str,
)
def test_an_impossible_declaration_is_refused_by_name(desk: Any, one_request: str, change: Body) -> None:
    problem = desk.refused(desk.declare(PDF, one_request, **change), 422, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [f"#/{next(iter(change))}"]


@pytest.mark.bad_input("B1")
def test_an_empty_file_is_refused_when_it_is_declared(desk: Any, one_request: str) -> None:
    desk.refused(desk.declare(b"", one_request), 422, "empty-file")


HOSTILE_NAMES = {
    "a path": ("../../etc/passwd", 422),
    "a path of Windows": ("C:\\Windows\\system.ini", 422),
    "dots": ("..", 422),
    "line ends": ("a.pdf\r\nSet-Cookie: a=b", 422),
    "10,000 characters": ("a" * 10_000 + ".pdf", 422),
    "blanks": (" \t ", 422),
    "NUL": ("a\x00.pdf", 400),
}


@pytest.mark.bad_input("B6", "B7")
@pytest.mark.parametrize(("name", "status"), HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
def test_a_hostile_file_name_is_refused(desk: Any, one_request: str, name: str, status: int) -> None:
    answer = desk.declare(PDF, one_request, name=name)
    desk.refused(answer, status, "invalid" if status == 422 else "body-unreadable")


@pytest.mark.bad_input("B6", "B7")
def test_a_strange_file_name_comes_back_harmless(desk: Any) -> None:
    given = desk.deposited(name='re\u0301su\u200b\u202emé "; filename=x.exe; 😀.pdf')
    look = desk.send("POST", given["path"] + "/views", desk.staff).json()
    answer = desk.send("GET", look["url"], look["ticket"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    kind, plain, true = answer.headers["content-disposition"].split("; ", 2)[0], *_names(answer)
    assert (kind, '"' in plain, ";" in plain) == ("attachment", False, False)
    assert true == quote('résumé "; filename=x.exe; 😀.pdf', safe="!#$&+-.^_`|~")


def _names(answer: httpx.Response) -> tuple[str, str]:
    plain, true = (
        answer.headers["content-disposition"].removeprefix('attachment; filename="').split("\"; filename*=UTF-8''")
    )
    return plain, true


def _addresses(desk: Any, dossier: str, request: str, version: str) -> list[tuple[str, str, Body | None]]:
    decision, journal = f"{DOSSIERS}/requests/{request}/versions/{version}", f"/api/journal/v1/dossiers/{dossier}"
    return [
        ("GET", f"{DOSSIERS}/dossiers/{dossier}", None),
        ("GET", f"{DOSSIERS}/dossiers/{dossier}/requests", None),
        ("POST", f"{DOSSIERS}/dossiers/{dossier}/archiving", None),
        ("POST", f"{DOSSIERS}/dossiers/{dossier}/clients", {"client_id": desk.walked.clients[0].id}),
        ("PUT", f"{DOSSIERS}/dossiers/{dossier}/access", {"whole_office": True}),
        ("POST", f"{DOSSIERS}/requests/{request}/cancellation", None),
        ("POST", f"{decision}/validation", None),
        ("POST", f"{decision}/refusal", {"reason": "Je ne suis pas de cette étude."}),
        ("POST", f"{decision}/views", None),
        ("POST", f"{decision}/downloads", None),
        ("GET", f"{journal}/events", None),
        ("GET", f"{journal}/bundle", None),
        ("GET", f"{journal}/certificate", None),
        ("GET", f"/api/messages/v1/deliveries?dossier={dossier}", None),
    ]


@pytest.mark.bad_input("B25")
def test_what_is_foreign_answers_the_same_bytes_as_what_does_not_exist(desk: Any) -> None:
    given, before = desk.deposited(), desk.state()
    stranger = desk.walked.stranger.token
    foreign = _addresses(desk, desk.dossier, given["request_id"], given["version_id"])
    unknown = _addresses(desk, str(uuid4()), str(uuid4()), str(uuid4()))
    for (method, path, body), (_, nowhere, _) in zip(foreign, unknown, strict=True):
        one, other = (desk.send(method, where, stranger, json=body) for where in (path, nowhere))
        desk.refused(one, 404, "not-found")
        assert one.content == other.content
    assert desk.state() == before


@pytest.mark.bad_input("B25", "B57")
@pytest.mark.parametrize("malformed", ["x", "0", "%00", "1 OR 1=1", "é" * 50])
def test_a_malformed_id_answers_as_one_that_does_not_exist(desk: Any, malformed: str) -> None:
    answer = desk.send("GET", f"{DOSSIERS}/dossiers/{quote(malformed, safe='%')}", desk.staff)
    assert answer.content == desk.send("GET", f"{DOSSIERS}/dossiers/{uuid4()}", desk.staff).content
    desk.refused(answer, 404, "not-found")


def test_a_client_cannot_reach_what_another_client_is_asked_for(desk: Any) -> None:
    request, before = next(desk.requests), desk.state()
    other = desk.walked.clients[1].token
    body = {"name": "a.pdf", "size": 5, "sha256": "a" * 64}
    for path, sent in (
        (f"/requests/{request}/deposits", body),
        (f"/requests/{request}/versions/{uuid4()}/downloads", None),
    ):
        desk.refused(desk.send("POST", DOSSIERS + path, other, json=sent), 404, "not-found")
    offer = body | {"label": "Pour vous"}
    desk.refused(desk.send("POST", f"{DOSSIERS}/dossiers/{desk.dossier}/deposits", other, json=offer), 404, "not-found")
    desk.refused(desk.send("GET", f"{DOSSIERS}/my/dossiers/{desk.dossier}", other), 404, "not-found")
    assert desk.state() == before


@pytest.mark.bad_input("B24")
def test_an_unknown_field_is_refused_by_name(desk: Any) -> None:
    before, client = desk.state(), desk.walked.clients[0]
    dossier = f"{DOSSIERS}/dossiers/{desk.dossier}"
    person = {"first_name": "A", "last_name": "B", "email": "a@clients.example", "phone": "0612345678"}
    version = f"{DOSSIERS}/requests/{uuid4()}/versions/{uuid4()}"
    commands: list[tuple[str, str, str, Body]] = [
        ("POST", f"{DOSSIERS}/dossiers", desk.staff, {"number": "n", "title": "T", "deed_type": "vente"}),
        ("PUT", f"{dossier}/access", desk.staff, {"whole_office": False}),
        ("POST", f"{dossier}/clients/{client.id}/requests", desk.staff, {"others": ["Une pièce"]}),
        ("POST", f"{version}/refusal", desk.staff, {"reason": "Illisible."}),
        ("POST", f"{IDENTITY}/clients", desk.staff, person),
        ("POST", f"{IDENTITY}/sign-in/password", "", {"email": client.email, "password": "Une phrase longue 1"}),
        ("POST", f"{dossier}/deposits", desk.client, {"label": "L", "name": "a.pdf", "size": 5, "sha256": "a" * 64}),
    ]
    for method, path, token, body in commands:
        problem = desk.refused(desk.send(method, path, token, json=body | {"office_id": str(uuid4())}), 422, "invalid")
        assert [error["pointer"] for error in problem["errors"]] == ["#/office_id"]
    assert desk.state() == before


@pytest.mark.bad_input("B42")
@pytest.mark.covers("L-65")
@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": " \n\t "}, {"reason": None}, {"reason": ["x"]}], ids=str
)
def test_a_refusal_without_a_reason_changes_nothing(desk: Any, to_decide: Body, body: Body) -> None:
    before = desk.state()
    answer = desk.send("POST", to_decide["path"] + "/refusal", desk.staff, json=body)
    desk.refused(answer, 422, "reason-missing" if isinstance(body.get("reason"), str) else "invalid")
    assert desk.state() == before


@pytest.mark.bad_input("B42")
@pytest.mark.covers("L-65")
def test_a_reason_that_nobody_can_read_is_none(desk: Any) -> None:
    path = desk.deposited()["path"] + "/refusal"
    desk.refused(desk.send("POST", path, desk.staff, json={"reason": "\u200b \u2060"}), 422, "reason-missing")


@pytest.fixture(scope="module")
def to_decide(desk: Any) -> Body:
    waiting: Body = desk.deposited()
    return waiting


@pytest.mark.bad_input("B42")
def test_what_is_decided_stays_decided_and_only_the_office_decides(desk: Any, to_decide: Body) -> None:
    for kind, body in (("validation", None), ("refusal", {"reason": "Flou."})):
        desk.refused(desk.send("POST", f"{to_decide['path']}/{kind}", desk.client, json=body), 403, "not-allowed")
    assert desk.send("POST", to_decide["path"] + "/refusal", desk.staff, json={"reason": "Flou."}).status_code == 204
    before = desk.state()
    for kind, body in (("validation", None), ("refusal", {"reason": "Encore flou."})):
        desk.refused(desk.send("POST", f"{to_decide['path']}/{kind}", desk.staff, json=body), 409, "nothing-to-decide")
    desk.refused(desk.send("POST", to_decide["path"] + "/downloads", desk.staff), 409, "not-validated")
    assert desk.state() == before


def test_thirty_people_who_decide_at_once_decide_once(desk: Any) -> None:
    path = desk.deposited()["path"]

    def decide(number: int) -> int:
        kind, body = ("validation", None) if number % 2 else ("refusal", {"reason": "Non."})
        return int(desk.send("POST", f"{path}/{kind}", desk.staff, json=body).status_code)

    with ThreadPoolExecutor(10) as people:
        answers = sorted(people.map(decide, range(30)))
    assert answers == [204] + [409] * 29
