"""The pages: time to the whole answer through the gateway, p50 and p95, and what a first visit weighs.

    .venv/bin/python bench/pages.py [--dossiers 10000] [--rounds 40]

One platform of its own, from its start; the reference journey makes the demo's data. The other dossiers are saved into
the store of the dossier service by its own rules, fifty in each transaction; documents are asked for in one of twenty,
because each asking is a mail that would be on its way during the measurement, which waits until the journal has every
event. One of them is large: a hundred documents are asked for in it.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import httpx
from chassis.actor import Actor
from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier
from dossier.settings import Settings
from dossier.wiring import open_store
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.people import Client
from launcher.journey.story import NOTARY, Journey
from launcher.journey.world import World, until
from launcher.samples import make_samples
from testkit.stack import Platform

TOGETHER = 50  # dossiers in one transaction
ASKED_IN = 20  # one of so many
LARGE = 100  # documents asked for in the large dossier
GOAL_MS = 150
GOAL_FIRST, GOAL_SCRIPTS = 100_000, 60_000  # bytes
WARMING = 3  # times that each page is asked for before
CAUGHT_UP_SECONDS = 1800
INPUT = re.compile(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"')
PARTS = re.compile(r'<(script|link)\b[^>]*\b(?:src|href)="(/static/[^"]+)"')


class Page(NamedTuple):
    """A page, and in whose browser it is opened."""

    who: str
    browser: httpx.Client
    path: str


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dossiers", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    with ExitStack() as stack:
        platform, journey = walked(stack)
        world = journey.world
        office = stack.enter_context(member_browser(world, NOTARY.email, NOTARY.password))
        officer = stack.enter_context(member_browser(world, journey.auditor.email, journey.auditor.password))
        client = stack.enter_context(client_browser(world, journey.clients[0]))
        _say_why(officer)
        _weigh(world, client, journey)
        pages = _pages(journey, office, client, officer)
        _measure("demo data", pages, asked.rounds)
        if asked.dossiers:
            large = _fill(platform, journey, asked.dossiers)
            pages += _pages_of_dossier(large, office, officer)
            _measure(f"with {asked.dossiers:,} more dossiers in the office, one large", pages, asked.rounds)


def walked(stack: ExitStack) -> tuple[Platform, Journey]:
    """Start a platform of its own, on which the reference journey is walked; it ends with the stack."""
    platform = stack.enter_context(_platform())
    world = stack.enter_context(_world(platform))
    samples = make_samples(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    journey = Journey(world, Pile(samples, samples), lambda _sentence: None)
    journey.walk()
    return platform, journey


@contextmanager
def _platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="scelle-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        platform = Platform(folder / "data")
        try:
            platform.up()
            yield platform
        finally:
            platform.down()


@contextmanager
def _world(platform: Platform) -> Iterator[World]:
    world = platform.world()
    yield world
    world.close()


@contextmanager
def member_browser(world: World, email: str, password: str) -> Iterator[httpx.Client]:
    """Sign a member of the office in as a browser does."""
    with httpx.Client(base_url=world.gateway, follow_redirects=True, timeout=60, trust_env=False) as browser:
        page = browser.get("/connexion/idnot")
        page = browser.post(str(page.url), data={"identifier": email, "password": password})
        assert page.url.path.startswith(("/dossiers", "/conformite")), page.url
        yield browser


@contextmanager
def client_browser(world: World, person: Client) -> Iterator[httpx.Client]:
    """Sign a client in as a browser does."""
    with httpx.Client(base_url=world.gateway, follow_redirects=True, timeout=60, trust_env=False) as browser:
        seen = world.texts_to(person.phone)
        page = browser.post("/connexion", data={"email": person.email, "password": person.password, "suite": ""})
        fields = {name: unescape(value) for name, value in INPUT.findall(page.text)}
        page = browser.post("/connexion/code", data=fields | {"code": world.code_for(person.phone, seen)})
        assert page.url.path.startswith("/mes-dossiers"), page.url
        yield browser


def _say_why(officer: httpx.Client) -> None:
    """Say why the journal is read, which its pages ask first."""
    fields = dict(INPUT.findall(officer.get("/conformite/motif").text))
    page = officer.post("/conformite/motif", data={**fields, "purpose": "control", "suite": "/conformite"})
    assert page.url.path == "/conformite", page.url


def _pages(journey: Journey, office: httpx.Client, client: httpx.Client, officer: httpx.Client) -> list[Page]:
    """Return every kind of page, with who looks at it; the dossier of the journey is shared with the notary first."""
    path = f"{DOSSIERS}/dossiers/{journey.dossier}"
    journey.world.call("PUT", f"{path}/access", 204, token=journey.clerk.token, body={"whole_office": True})
    own = journey.clients[0]
    decided = next(one for one in journey.deposits if one.request_id in {id_ for _, id_ in journey.requests})
    dossier = f"/dossiers/{journey.dossier}"
    piece = f"{dossier}/pieces/{decided.request_id}/{decided.version_id}"
    anyone = httpx.Client(base_url=journey.world.gateway, trust_env=False)
    return [
        *(Page("anyone", anyone, path) for path in ("/", "/connexion", "/verification")),
        *(Page("office", office, path) for path in ("/dossiers", "/dossiers?q=lilas", "/dossiers?q=introuvable")),
        *(Page("office", office, path) for path in ("/dossiers/archives", "/dossiers/nouveau", "/equipe")),
        *(Page("office", office, path) for path in ("/lettres", "/notifications", f"{dossier}/clients")),
        *(Page("office", office, f"{dossier}/{rest}") for rest in ("messages", "envois", "attestation")),
        Page("office", office, f"{dossier}/clients/{own.id}/demande"),
        *(Page("office", office, path) for path in (piece, f"{piece}/apercu", f"{piece}/pages/1")),
        *(Page("client", client, path) for path in ("/mes-dossiers", f"/mes-dossiers/{journey.dossier}")),
        Page("client", client, "/mon-journal"),
        *(Page("officer", officer, path) for path in ("/conformite", "/conformite/acces", "/conformite/dossiers")),
        *_pages_of_dossier(journey.dossier, office, officer),
    ]


def _pages_of_dossier(dossier: str, office: httpx.Client, officer: httpx.Client) -> list[Page]:
    """Return the pages that grow with what is in a dossier."""
    past = f"/conformite/dossiers/{dossier}"
    replayed = (past, f"{past}/etat", f"{past}/differences?de=0&a=", f"{past}/differences/champs?de=0&a=")
    return [
        *(Page("office", office, path) for path in (f"/dossiers/{dossier}", f"/dossiers/{dossier}/journal")),
        *(Page("officer", officer, path) for path in replayed),
    ]


def _weigh(world: World, client: httpx.Client, journey: Journey) -> None:
    """Print what a browser receives at its first page, and at the page with the most scripts."""
    print("\nbytes over the wire at a first visit")
    with httpx.Client(base_url=world.gateway, trust_env=False) as anyone:
        for browser, path in ((anyone, "/connexion"), (client, f"/mes-dossiers/{journey.dossier}")):
            page = browser.get(path)
            parts = {(kind, address): _wire(anyone, unescape(address)) for kind, address in PARTS.findall(page.text)}
            whole = page.num_bytes_downloaded + sum(parts.values())
            scripts = sum(size for (kind, _), size in parts.items() if kind == "script")
            print(f"  {_named(path):26} {whole:7} B, goal {GOAL_FIRST}; of it scripts {scripts} B, goal {GOAL_SCRIPTS}")


def _wire(browser: httpx.Client, address: str) -> int:
    return browser.get(address).raise_for_status().num_bytes_downloaded


def _measure(what: str, pages: list[Page], rounds: int) -> None:
    print(f"\n{what}: milliseconds to the whole answer, {rounds} times each")
    slow = 0
    for who, browser, path in pages:
        times = []
        for _ in range(rounds + WARMING):
            began = time.perf_counter()
            answer = browser.get(path)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == HTTPStatus.OK, (path, answer.status_code)
        measured = sorted(times[WARMING:])
        p95 = measured[max(0, round(0.95 * len(measured)) - 1)]
        slow += p95 >= GOAL_MS
        late = "  late" if p95 >= GOAL_MS else ""
        middle = statistics.median(measured)
        print(
            f"  {who:7} {_named(path):42} p50 {middle:6.1f}  p95 {p95:6.1f}  {len(answer.content):7} B{late}",
            flush=True,
        )
    print(f"  pages whose p95 is {GOAL_MS} ms or more: {slow}")


def _named(path: str) -> str:
    return re.sub(r"[0-9a-f-]{36}", "…", path)


def _fill(platform: Platform, journey: Journey, number: int) -> str:
    """Save dossiers of the journey's office, each with a client, some with documents asked for; return the large."""
    os.environ |= dict(platform.part("dossier").environment)
    store, world = open_store(Settings.load()), journey.world
    me = world.call("GET", "/api/identity/v1/me", token=journey.notary.token).json()
    office, notary, client = UUID(me["office"]["id"]), UUID(me["id"]), UUID(journey.clients[1].id)
    began, large = time.monotonic(), ""
    for first in range(0, number, TOGETHER):
        made: list[Dossier | DocumentRequest] = []
        for each in range(first, min(first + TOGETHER, number)):
            dossier = Dossier(
                office_id=office, number=f"B-{each}", deed_type="vente", title=f"Vente {each}, rue des Lilas",
                note=None, whole_office=True, member_ids=[], opened_by=notary,
            )  # fmt: skip
            dossier.add_client(client)
            large = large or str(dossier.id)
            made += [dossier, *_asked(dossier, client, LARGE if each == 0 else 2 if each % ASKED_IN == 0 else 0)]
        store.save(*made, actor=Actor(person_id=notary, kind="staff", office_id=office, role="notary"))
    store.close()
    print(f"\n{number:,} dossiers saved in {time.monotonic() - began:.0f} s")
    until(lambda: _caught_up(platform), "the journal to have them", CAUGHT_UP_SECONDS)
    return large


def _asked(dossier: Dossier, client: UUID, number: int) -> list[DocumentRequest]:
    """Return so many documents asked for together."""
    batch = uuid4()
    return [
        DocumentRequest(
            dossier_id=dossier.id,
            office_id=dossier.office_id,
            client_id=client,
            label=f"Plan {each}",
            document_type=None,
            batch_id=batch,
        )
        for each in range(number)
    ]


def _caught_up(platform: Platform) -> bool:
    """Tell whether the journal has every event of the dossier service, and its index: nothing is at work then."""
    head = platform.heads()["dossier"]
    with platform.database("journal") as connection:
        row = connection.execute(
            "SELECT last, store_seq FROM journal.source JOIN journal.mentioned USING (svc) WHERE svc = 'dossier'"
        ).fetchone()
    return row == (head, head)


if __name__ == "__main__":
    main()
