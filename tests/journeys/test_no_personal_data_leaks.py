"""What people are called, write and type stays with its owner: not in logs, on the bus, in events, in objects."""

import base64
import re
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from launcher.blueprint import SERVICES
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.letters import Addressee, Mailing
from launcher.journey.people import IDENTITY, Client, Member
from launcher.journey.story import PURPOSE, Journey
from launcher.journey.world import World, until
from launcher.service_settings import PAGES
from testkit.canaries import Canaries, files_under, leaks, objects, rows
from testkit.collector import Collector
from testkit.stack import Platform

LEGITIMATE = ("read", "identity")
"""Schemas: read models hold names, and identity keeps digests of secrets."""


class PersonalJourney(Journey):
    """The reference journey of people all of whose words are canaries, up to a refusal."""

    def __init__(self, world: World, pile: Pile, canaries: Canaries) -> None:
        super().__init__(world, pile, print)
        self.canaries = canaries
        for member in (self.clerk, self.auditor):
            member.first_name, member.last_name = (canaries.of(f"{member.email} {name}") for name in ("first", "last"))
            member.email = canaries.of(f"e-mail of {member.last_name}", after="@etude.example")
            member.password = canaries.of(f"password of {member.last_name}")
        self.clients = [self._person("client 1", "61"), self._person("client 2", "62")]
        self.number = canaries.of("number")
        self.reason = canaries.of("reason", "Illisible : ")

    def _person(self, who: str, start: str) -> Client:
        of, digits = self.canaries.of, f"{secrets.randbelow(10_000_000):07}"
        self.canaries[f"phone of {who}"] = f"{start}{digits}"
        names = of(f"first name of {who}"), of(f"last name of {who}")
        email, password = of(f"e-mail of {who}", after="@clients.example"), of(f"password of {who}", "Une phrase ")
        return Client(*names, email, f"+33{start}{digits}", password)

    def opens(self) -> None:
        of = self.canaries.of
        opening = {"number": self.number, "title": of("title"), "deed_type": "bail-habitation", "note": of("note")}
        self.dossier = self._clerk("POST", "/dossiers", HTTPStatus.CREATED, opening)["id"]
        self._clerk("POST", "/dossiers", HTTPStatus.CONFLICT, opening)

    def asks(self) -> None:
        first, second = self.clients
        self._ask(first, ["cni"], [self.canaries.of("label", "Lettre de ")])
        self._ask(second, ["cni"], [])

    def sends(self) -> str:
        """Send a registered letter all of whose words are canaries, and return the sender's code."""
        of = self.canaries.of
        mailing = Mailing(self.world, self.clerk, self.dossier)
        mailing.link(of("e-mail of the sender", after="@etude.example"))
        names = of("first name of the recipient"), of("last name of the recipient")
        email = of("e-mail of the recipient", "accept+1s.", "@destinataires.example")
        recipient = Addressee(*names, email, "acknowledged")
        mailing.prepare(mailing.add([recipient]), of("subject", "Congé "), of("text of the letter", "<p>", "</p>"))
        mailing.send()
        mailing.refused_code()
        code = mailing.code()
        mailing.release(code)
        mailing.proven(mailing.letters[0], "reception")
        until(lambda: mailing.complete(mailing.letters[0]), "every proof of the letter")
        return code

    def writes(self) -> None:
        """Let a client write to the office, and the office answer; each is told of it by e-mail."""
        of, client = self.canaries.of, self.clients[0]
        words = {"subject": of("subject of the message"), "text": of("text of the message")}
        path = f"{DOSSIERS}/my/dossiers/{self.dossier}/messages"
        self.world.call("POST", path, HTTPStatus.CREATED, token=client.token, body=words)
        path = f"/dossiers/{self.dossier}/conversations/{client.id}/messages"
        self._clerk("POST", path, HTTPStatus.CREATED, {"text": of("text of the answer")})
        mail = self.world.mail_to(client.email, "nouveau message")
        assert self.canaries["text of the answer"] not in mail["text"] + mail["html"]

    def refuses(self) -> None:
        deposited, client = self.deposits[0], self.clients[0]
        path = f"/requests/{deposited.request_id}/versions/{deposited.version_id}"
        self._clerk("POST", f"{path}/views", HTTPStatus.CREATED)
        self._clerk("POST", f"{path}/refusal", HTTPStatus.NO_CONTENT, {"reason": self.reason})
        self.world.mail_to(client.email, self.reason)
        self.world.call("GET", f"/api/journal/v1/dossiers/{self.dossier}/bundle?{PURPOSE}", token=self.auditor.token)


@dataclass
class Told:
    """A journey that was walked, and the words that it must not have left behind."""

    journey: PersonalJourney
    canaries: Canaries
    codes: list[str]
    tokens: dict[str, str]
    trace: str


@pytest.fixture(scope="module")
def told(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    canaries, world, folder = Canaries(), platform.world(), tmp_path_factory.mktemp("canaries")
    trace = record_every_request(world)
    files = [folder / canaries.of(f"file name {number}", after=".pdf") for number in range(5)]
    for file in files:
        file.write_bytes(b"%PDF-1.7\n" + f"{canaries.of(f'content of {file.name}')}\n".encode() * 500)
    journey = PersonalJourney(world, Pile(files, files), canaries)
    journey.step_1_the_office_signs_in()
    journey.opens()
    journey.step_3_two_clients_are_added()
    journey.asks()
    journey.step_5_the_clients_sign_in()
    journey.step_6_the_clients_deposit()
    journey.refuses()
    journey.writes()
    code = journey.sends()
    stumble(journey)
    yield Told(journey, canaries, [code, *codes_of(world, journey.clients)], tokens_of(world, journey), trace)
    world.close()


def record_every_request(world: World) -> str:
    """Let all that is asked from now on belong to one recorded trace, and return its id."""
    trace = secrets.token_hex(16)

    def mark(request: httpx.Request) -> None:
        request.headers["traceparent"] = f"00-{trace}-{secrets.token_hex(8)}-01"

    world.http.event_hooks["request"] = [mark]
    return trace


def stumble(journey: PersonalJourney) -> None:
    """Type personal things where they do not belong, so that refusals and errors get a chance to repeat them."""
    world, word, client = journey.world, journey.canaries.of("typed in the wrong place"), journey.clients[0]
    tries: list[tuple[str, str, str, Any]] = [
        ("GET", f"{DOSSIERS}/dossiers?q={word}%00", journey.clerk.token, None),
        ("GET", f"{IDENTITY}/clients?q={word}%00", journey.clerk.token, None),
        ("GET", f"{IDENTITY}/offices?q={word}%00", "", None),
        ("GET", f"{DOSSIERS}/{word}/{client.email}?name={client.last_name}", journey.clerk.token, None),
        ("GET", f"/{word}/{client.email}", "", None),
        ("GET", f"{IDENTITY}/sign-in/idnot/callback?state={word}&code={word}", "", None),
        ("POST", f"{IDENTITY}/sign-in/password", "", {"email": client.email, "password": word}),
        ("POST", f"{IDENTITY}/sign-in/password", "", {"email": word, word: client.password}),
        ("POST", f"{IDENTITY}/clients", journey.clerk.token, {"first_name": client.first_name, "phone": word}),
        ("POST", f"{DOSSIERS}/dossiers", journey.clerk.token, {"number": [word], "title": word, word: word}),
        ("PUT", f"{IDENTITY}/password", "", {"setup_token": word, "password": client.password}),
        ("DELETE", f"{IDENTITY}/me", word, None),
    ]
    for method, path, token, body in tries:
        answer = world.request(method, path, token=token, body=body)
        assert answer.status_code >= HTTPStatus.BAD_REQUEST
    ask_at_once(journey, journey.canaries.of("label that two ask for", "Acte de "))


def ask_at_once(journey: PersonalJourney, label: str) -> None:
    """Let colleagues ask for the same document at the same moment: the database refuses all but one, and logs it."""
    path = f"{DOSSIERS}/dossiers/{journey.dossier}/clients/{journey.clients[1].id}/requests"

    def ask(_: int) -> int:
        return journey.world.request("POST", path, token=journey.clerk.token, body={"others": [label]}).status_code

    with ThreadPoolExecutor(8) as colleagues:
        assert sorted(colleagues.map(ask, range(8))) == [HTTPStatus.CREATED] + [HTTPStatus.CONFLICT] * 7


def codes_of(world: World, clients: Iterable[Client]) -> Iterator[str]:
    for client in clients:
        texts = httpx.get(f"{world.sms}/messages", params={"to": client.phone}).json()
        yield from (re.findall(r"\b\d{6}\b", text["text"])[0] for text in texts)


def tokens_of(world: World, journey: Journey) -> dict[str, str]:
    """Return the secrets that open something: of sessions and of links in e-mails."""
    people: list[Member | Client] = [journey.clerk, journey.auditor, *journey.clients]
    found = {f"access token of {person.email}": person.token.rpartition(".")[2] for person in people}
    for person in people:
        for mail in httpx.get(f"{world.mail}/messages", params={"to": person.email}).json():
            links = "".join(mail["links"])
            found |= {f"link to {person.email}": token for token in re.findall(r"(?:token|invitation)=([\w-]+)", links)}
    return found


def found(told: Told, places: Iterable[tuple[str, bytes]], *, without: str = "nothing") -> set[str]:
    """Return what stands where it should not."""
    return leaks(told.canaries | told.tokens, places, codes=told.codes, without=without)


def test_logs_hold_no_personal_data_and_no_secret(told: Told, platform: Platform) -> None:
    logs = list(files_under(platform.folder / "logs"))
    names = {name for name, _ in logs}
    assert {"gateway.log", "postgres.log", "nats.log", "s3.log", *(f"{name}.log" for name in SERVICES)} <= names
    assert any(b"request-answered" in content for _, content in logs)
    assert found(told, logs) == set()


def test_spans_and_metrics_hold_no_personal_data_and_no_secret(told: Told, collector: Collector) -> None:
    def told_by_all() -> bool:
        return {span.service for span in collector.spans(told.trace)} >= set(SERVICES) - {PAGES}

    until(told_by_all, "spans of every service")
    assert found(told, collector.received) == set()


def test_the_bus_carries_no_personal_data_and_no_secret(told: Told, platform: Platform) -> None:
    store = list(files_under(platform.folder / "nats"))
    assert any(
        told.journey.dossier.encode() in content for _, content in store
    )  # it is readable, so it was looked into
    assert found(told, store, without="number") == set()


@pytest.mark.parametrize("service", SERVICES)
def test_events_entries_and_commands_hold_no_personal_data_and_no_secret(
    told: Told, platform: Platform, service: str
) -> None:
    tables = list(rows(platform, service, without=LEGITIMATE))
    assert service == PAGES or any(b"occurred_at" in content or b"occurredat" in content for _, content in tables)
    assert found(told, tables, without="number") == set()


@pytest.mark.covers("C-14")
def test_the_object_store_holds_no_document_in_clear(told: Told, platform: Platform) -> None:
    stored = list(objects(platform))
    assert len(stored) >= len(told.journey.deposits)
    assert found(told, stored) == set()


def test_the_search_finds_what_is_there(told: Told) -> None:
    """The read models and the mail are where names belong; the same search finds them there."""
    mail = httpx.get(f"{told.journey.world.mail}/messages", params={"to": told.journey.clients[0].email}).content
    assert {"last name of client 1 in mail", "reason in mail"} <= found(told, [("mail", mail)])
    for folded in (mail.hex().encode(), base64.b64encode(b"x" + mail), base64.b64encode(b"xy" + mail)):
        assert "reason in a fold" in found(told, [("a fold", folded)])
