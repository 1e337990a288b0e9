"""A client and the office write to each other about a dossier, through HTTP on a real PostgreSQL."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contracts import envelope_of
from dossier.application import conversations
from dossier.wiring import SCHEMA
from eventstore import compare

WORDS = {"subject": "Signature", "text": "Pourrions-nous nous voir jeudi ?", "purpose": "appointment"}
CANARY = "Quetzalcoatl"


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


@pytest.fixture
def people(world: Any, office: UUID) -> tuple[Any, Any, str]:
    """Return a member of the office, a client, and a dossier of theirs."""
    staff, client = world.staff(office), world.client(office)
    return staff, client, world.opens(staff, client)


def thread(dossier: str, client: Any) -> str:
    return f"/dossiers/{dossier}/conversations/{client.person_id}"


def texts(answer: httpx.Response) -> list[str | None]:
    return [one["text"] for one in answer.json()["items"]]


@pytest.mark.covers("S-21", "S-22")
def test_a_client_asks_for_an_appointment_and_reads_the_answer(people: Any) -> None:
    staff, client, dossier = people
    mine = f"/my/dossiers/{dossier}"
    assert client.post(f"{mine}/messages", json=WORDS).status_code == 201
    line = next(one for one in staff.get("/dossiers").json()["items"] if one["id"] == dossier)
    assert line["unread"] == 1
    (seen,) = staff.get(f"{thread(dossier, client)}/messages").json()["items"]
    assert {name: seen[name] for name in WORDS} == WORDS
    assert (seen["side"], seen["author"]["first_name"], seen["read_at"]) == ("client", "Jean", None)
    reading = staff.post(f"{thread(dossier, client)}/reading", json={"until": seen["id"]})
    assert reading.status_code == 204
    assert staff.get(f"/dossiers/{dossier}").json()["unread"] == 0
    assert staff.post(f"{thread(dossier, client)}/messages", json={"text": "Jeudi 14 h."}).status_code == 201
    assert client.get(mine).json()["unread"] == 1
    answer, question = client.get(f"{mine}/messages").json()["items"]
    assert (answer["text"], answer["side"], answer["subject"]) == ("Jeudi 14 h.", "office", None)
    assert question["read_at"] is not None
    client.post(f"{mine}/messages/reading", json={"until": answer["id"]})
    assert client.get("/my/dossiers").json()["items"][0]["unread"] == 0
    (standing,) = staff.get(f"/dossiers/{dossier}/conversations").json()["items"]
    assert (standing["messages"], standing["unread"], standing["last_side"]) == (2, 0, "office")


@pytest.mark.covers("S-21")
def test_each_client_has_a_conversation_of_their_own_and_strangers_find_none(world: Any, office: UUID) -> None:
    staff, one, other, stranger = world.staff(office), world.client(office), world.client(office), world.client(office)
    dossier = world.opens(staff, one, other)
    one.post(f"/my/dossiers/{dossier}/messages", json=WORDS)
    assert texts(other.get(f"/my/dossiers/{dossier}/messages")) == []
    assert code(stranger.get(f"/my/dossiers/{dossier}/messages")) == (404, "not-found")
    assert code(stranger.post(f"/my/dossiers/{dossier}/messages", json=WORDS)) == (404, "not-found")
    elsewhere = world.staff(uuid4())
    for path in (f"/dossiers/{dossier}/conversations", f"{thread(dossier, one)}/messages"):
        assert code(elsewhere.get(path)) == (404, "not-found")
    assert code(staff.post(f"{thread(dossier, stranger)}/messages", json={"text": "x"})) == (404, "not-found")
    reader = world.staff(office, role="compliance")
    assert texts(reader.get(f"{thread(dossier, one)}/messages")) == [WORDS["text"]]
    assert code(reader.post(f"{thread(dossier, one)}/messages", json={"text": "x"})) == (403, "not-allowed")


def test_a_message_is_posted_once_for_a_key_and_pages_follow_each_other(people: Any) -> None:
    staff, client, dossier = people
    path, key = f"/my/dossiers/{dossier}/messages", {"Idempotency-Key": str(uuid4())}
    first, second = (client.post(path, json=WORDS, headers=key) for _ in range(2))
    assert first.json() == second.json()
    for number in range(4):
        staff.post(f"{thread(dossier, client)}/messages", json={"text": f"Réponse {number}"})
    seen: list[str | None] = []
    cursor: str | None = None
    while True:
        page = client.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += texts(page)
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert seen == [*(f"Réponse {number}" for number in (3, 2, 1, 0)), WORDS["text"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**WORDS, "text": "x" * 4001}, 422),
        ({**WORDS, "text": "   "}, 422),
        ({**WORDS, "text": "\u2800"}, 422),
        ({**WORDS, "subject": "x" * 151}, 422),
        ({**WORDS, "subject": "a\nb"}, 422),
        ({"text": "sans objet"}, 422),
        ({**WORDS, "purpose": "spam"}, 422),
    ],
)
def test_what_is_no_message_is_refused(people: Any, body: dict[str, str], status: int) -> None:
    _, client, dossier = people
    assert code(client.post(f"/my/dossiers/{dossier}/messages", json=body))[0] == status


def test_nobody_writes_without_end_or_in_an_archived_dossier(people: Any) -> None:
    staff, client, dossier = people
    path, limit = f"/my/dossiers/{dossier}/messages", conversations.PER_HOUR[conversations.Side.CLIENT]
    answers = [client.post(path, json={**WORDS, "text": str(number)}) for number in range(limit + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {201}
    assert code(answers[-1]) == (429, "too-many-messages")
    assert int(answers[-1].headers["retry-after"]) > 1
    staff.post(f"/dossiers/{dossier}/archiving")
    for answer in (client.post(path, json=WORDS), staff.post(f"{thread(dossier, client)}/messages", json=WORDS)):
        assert answer.status_code in {409, 422}
    assert len(texts(client.get(path, params={"limit": 100}))) == limit
    assert staff.get(f"/dossiers/{dossier}").json()["unread"] == 0


def test_words_are_in_no_event_and_gone_with_their_person(world: Any, people: Any) -> None:
    staff, client, dossier = people
    client.post(f"/my/dossiers/{dossier}/messages", json={**WORDS, "subject": CANARY, "text": f"Je suis {CANARY}"})
    staff.post(f"{thread(dossier, client)}/messages", json={"text": f"Bonjour {CANARY}"})
    for recorded in world.store.read(0, 100_000):
        assert CANARY not in str(envelope_of(recorded).json_dict())
        assert CANARY.encode() not in recorded.state
    world.identity_erases(client.person_id)
    assert texts(staff.get(f"{thread(dossier, client)}/messages")) == [None, None]
    late = staff.post(f"{thread(dossier, client)}/messages", json={"text": f"Encore {CANARY}"})
    assert late.status_code == 201  # the process that answers remembers the key for a moment; nobody reads this
    assert texts(staff.get(f"{thread(dossier, client)}/messages")) == [None] * 3
    with world.store.connection() as connection:
        rows = connection.execute("SELECT to_jsonb(m)::text AS row FROM read.message m").fetchall()
    assert CANARY not in " ".join(row["row"] for row in rows)
    assert not compare(world.store, SCHEMA)


@pytest.mark.covers("C-04")
def test_documents_are_asked_for_by_a_day_with_a_message_and_the_day_can_change(world: Any, people: Any) -> None:
    staff, client, dossier = people
    asking = {"document_types": ["cni", "dpe"], "due_on": "2099-03-20", "message": "Merci de tout numériser."}
    path = f"/dossiers/{dossier}/clients/{client.person_id}/requests"
    asked = staff.post(path, json=asking).json()
    assert {one["due_on"] for one in client.get(f"/my/dossiers/{dossier}").json()["requests"]} == {"2099-03-20"}
    (message,) = client.get(f"/my/dossiers/{dossier}/messages").json()["items"]
    assert (message["text"], message["batch_id"]) == (asking["message"], asked["batch_id"])
    first, second = asked["request_ids"]
    assert staff.put(f"/requests/{first}/due-date", json={"due_on": "2099-04-01"}).status_code == 204
    assert staff.put(f"/requests/{second}/due-date", json={"due_on": None}).status_code == 204
    days = {one["id"]: one["due_on"] for one in staff.get(f"/dossiers/{dossier}/requests").json()["items"]}
    assert days == {first: "2099-04-01", second: None}
    past = {"due_on": "2020-01-01"}
    assert code(staff.put(f"/requests/{first}/due-date", json=past)) == (422, "due-date-past")
    assert code(staff.post(path, json={"others": ["Plan"], **past})) == (422, "due-date-past")
    assert client.put(f"/requests/{first}/due-date", json={"due_on": None}).status_code in {403, 404}
    left = world.internal(f"dossiers/{dossier}/clients/{client.person_id}/outstanding").json()["items"]
    assert {one["due_on"] for one in left} == {"2099-04-01", None}
    assert {one["batch_id"] for one in left} == {asked["batch_id"]}
    world.deposits(client, first)
    staff.post(f"/requests/{second}/cancellation")
    assert world.internal(f"dossiers/{dossier}/clients/{client.person_id}/outstanding").json() == {"items": []}
