"""The pages: time to the whole answer through the gateway, p50 and p95, on the demo's data and with many dossiers.

    .venv/bin/python bench/pages.py [--dossiers 10000] [--rounds 60] [--mebibytes 1024]

Then an upload through the pages that is cut at 60 %: how many bytes are sent twice. One platform of its own, from its
start; the reference journey makes the demo's data. The other dossiers are saved into the store of the dossier service
by its own rules, fifty in each transaction; documents are asked for in one of twenty, because each asking is a mail
that would be on its way during the measurement, which waits until the journal has every event.
"""

import argparse
import hashlib
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
from urllib.parse import urljoin
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

MEBIBYTE = 1 << 20
PART, PARTS = 8 * MEBIBYTE, 4  # as static/deposit.js sends
CUT = 0.6
PAUSE_SECONDS = 1.0  # as static/deposit.js waits
TOGETHER = 50  # dossiers in one transaction
ASKED_IN = 20  # one of so many
GOAL_MS = 150
CAUGHT_UP_SECONDS = 1800
INPUT = re.compile(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"')
Pages = list[tuple[str, httpx.Client, str]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dossiers", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--mebibytes", type=int, default=1024)
    asked = parser.parse_args()
    with ExitStack() as stack:
        platform = stack.enter_context(_platform())
        world = stack.enter_context(_world(platform))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        samples = make_samples(folder)
        journey = Journey(world, Pile(samples, samples), lambda _sentence: None)
        journey.walk()
        office = stack.enter_context(_office(world))
        client = stack.enter_context(_client(world, journey.clients[0]))
        pages = _pages(journey, office, client)
        _measure("demo data", pages, asked.rounds)
        if asked.dossiers:
            _fill(platform, journey, asked.dossiers)
            _measure(f"with {asked.dossiers:,} more dossiers in the office", pages, asked.rounds)
        if asked.mebibytes:
            _upload(world, journey, client, asked.mebibytes * MEBIBYTE)


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
def _office(world: World) -> Iterator[httpx.Client]:
    """Sign a notary in as a browser does."""
    with httpx.Client(base_url=world.gateway, follow_redirects=True, timeout=60, trust_env=False) as browser:
        page = browser.get("/connexion/idnot")
        form = {"identifier": NOTARY.email, "password": NOTARY.password}
        assert browser.post(str(page.url), data=form).url.path == "/dossiers"
        yield browser


@contextmanager
def _client(world: World, person: Client) -> Iterator[httpx.Client]:
    """Sign a client in as a browser does."""
    with httpx.Client(base_url=world.gateway, follow_redirects=True, timeout=60, trust_env=False) as browser:
        seen = world.texts_to(person.phone)
        page = browser.post("/connexion", data={"email": person.email, "password": person.password, "suite": ""})
        fields = {name: unescape(value) for name, value in INPUT.findall(page.text)}
        page = browser.post("/connexion/code", data=fields | {"code": world.code_for(person.phone, seen)})
        assert page.url.path.startswith("/mes-dossiers"), page.url
        yield browser


def _pages(journey: Journey, office: httpx.Client, client: httpx.Client) -> Pages:
    """Return every kind of page, with who looks at it; the dossier of the journey is shared with the notary first."""
    path = f"{DOSSIERS}/dossiers/{journey.dossier}"
    journey.world.call("PUT", f"{path}/access", 204, token=journey.clerk.token, body={"whole_office": True})
    own = journey.clients[0]
    decided = next(one for one in journey.deposits if one.request_id in {id_ for _, id_ in journey.requests})
    dossier = f"/dossiers/{journey.dossier}"
    anyone = httpx.Client(base_url=journey.world.gateway, trust_env=False)
    return [
        *(("anyone", anyone, path) for path in ("/", "/connexion", "/verification")),
        *(("office", office, path) for path in ("/dossiers", "/dossiers?q=lilas", "/dossiers/archives")),
        *(("office", office, path) for path in ("/dossiers/nouveau", "/equipe", "/lettres", "/notifications")),
        ("office", office, dossier),
        ("office", office, f"{dossier}/clients"),
        ("office", office, f"{dossier}/clients/{own.id}/demande"),
        ("office", office, f"{dossier}/pieces/{decided.request_id}/{decided.version_id}"),
        ("office", office, f"{dossier}/journal"),
        ("client", client, "/mes-dossiers"),
        ("client", client, f"/mes-dossiers/{journey.dossier}"),
        ("client", client, "/mon-journal"),
    ]


def _measure(what: str, pages: Pages, rounds: int) -> None:
    print(f"\n{what}: milliseconds to the whole answer, {rounds} times each")
    slow = 0
    for who, browser, path in pages:
        times = []
        for _ in range(rounds + 3):
            began = time.perf_counter()
            answer = browser.get(path)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == HTTPStatus.OK, (path, answer.status_code)
        measured = sorted(times[3:])
        p95 = measured[max(0, round(0.95 * len(measured)) - 1)]
        slow += p95 >= GOAL_MS
        named = re.sub(r"[0-9a-f-]{36}", "…", path)
        print(f"  {who:7} {named:38} p50 {statistics.median(measured):6.1f}  p95 {p95:6.1f}  {len(answer.content):7} B")
    print(f"  pages whose p95 is {GOAL_MS} ms or more: {slow}")


def _fill(platform: Platform, journey: Journey, number: int) -> None:
    """Save dossiers of the journey's office, each with a client, some with two documents asked for."""
    os.environ |= dict(platform.part("dossier").environment)
    store, world = open_store(Settings.load()), journey.world
    me = world.call("GET", "/api/identity/v1/me", token=journey.notary.token).json()
    office, notary, client = UUID(me["office"]["id"]), UUID(me["id"]), UUID(journey.clients[1].id)
    began = time.monotonic()
    for first in range(0, number, TOGETHER):
        made: list[Dossier | DocumentRequest] = []
        for each in range(first, min(first + TOGETHER, number)):
            dossier = Dossier(
                office_id=office, number=f"B-{each}", deed_type="vente", title=f"Vente {each}, rue des Lilas",
                note=None, whole_office=True, member_ids=[], opened_by=notary,
            )  # fmt: skip
            dossier.add_client(client)
            made.append(dossier)
            batch = uuid4()
            made += [
                DocumentRequest(
                    dossier_id=dossier.id,
                    office_id=office,
                    client_id=client,
                    label=label,
                    document_type=None,
                    batch_id=batch,
                )
                for label in ("Plan", "Bail")
                if each % ASKED_IN == 0
            ]
        store.save(*made, actor=Actor(person_id=notary, kind="staff", office_id=office, role="notary"))
    store.close()
    print(f"\n{number:,} dossiers saved in {time.monotonic() - began:.0f} s")
    until(lambda: _caught_up(platform), "the journal to have them", CAUGHT_UP_SECONDS)


def _caught_up(platform: Platform) -> bool:
    """Tell whether the journal has every event of the dossier service: nothing else is at work then."""
    with platform.database("journal") as connection:
        row = connection.execute("SELECT max(store_seq) FROM journal.entry WHERE svc = 'dossier'").fetchone()
    return bool(row and row[0] == platform.heads()["dossier"])


def _upload(world: World, journey: Journey, client: httpx.Client, size: int) -> None:
    """Upload a file as static/deposit.js does, cut in the middle of a request."""
    block = os.urandom(16 * MEBIBYTE)
    page = client.get(f"/mes-dossiers/{journey.dossier}")
    csrf = re.search(r'data-csrf="([^"]+)"', page.text)
    assert csrf, page.text[:500]
    ours = {"X-CSRF-Token": csrf[1]}
    told = {"name": "grand.pdf", "size": size, "sha256": _digest(block, size), "label": "Mesure"}
    answer = client.post(f"/mes-dossiers/{journey.dossier}/depots", json=told, headers=ours)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    place = urljoin(world.gateway, answer.json()["upload"])
    began, sent, offset, cut = time.monotonic(), 0, 0, False
    while offset < size:
        end = min(offset + PART * PARTS, size)
        breaks = int(size * CUT) if not cut and end > size * CUT else None
        passed = [0]
        headers = {**ours, "Upload-Offset": str(offset), "Content-Length": str(end - offset)}
        try:
            answer = client.patch(place, content=_piece(block, offset, end, breaks, passed), headers=headers)
            offset = int(answer.headers["Upload-Offset"])
        except _Cut:
            cut = True
            time.sleep(PAUSE_SECONDS)
            offset = until(lambda: _standing(client, place, ours), "the offset")
        sent += passed[0]
    seconds = time.monotonic() - began
    print(f"\nupload of {size / MEBIBYTE:.0f} MiB through the pages, cut at {CUT:.0%}: {seconds:.1f} s")
    print(f"  {size / MEBIBYTE / seconds:.0f} MiB/s; sent twice {(sent - size) / MEBIBYTE:.2f} MiB, goal 8 at most")


class _Cut(Exception):
    """The line breaks here."""


def _piece(block: bytes, start: int, end: int, breaks: int | None, passed: list[int]) -> Iterator[bytes]:
    while start < end:
        if breaks is not None and start >= breaks:
            raise _Cut
        chunk = _bytes(block, start, min(start + MEBIBYTE // 4, end))
        passed[0] += len(chunk)
        start += len(chunk)
        yield chunk


def _standing(client: httpx.Client, place: str, ours: dict[str, str]) -> int | None:
    """Return where the upload stands, once nobody is at it any more."""
    answer = client.head(place, headers=ours)
    return int(answer.headers["Upload-Offset"]) if answer.status_code == HTTPStatus.OK else None


def _bytes(block: bytes, start: int, end: int) -> bytes:
    """Return a piece of a file that begins as a PDF and repeats the block."""
    head = b"%PDF-1.7\n"[start:end] if start < len(b"%PDF-1.7\n") else b""
    start += len(head)
    rest = bytearray()
    while start < end:
        place = start % len(block)
        piece = block[place : place + end - start]
        rest += piece
        start += len(piece)
    return head + bytes(rest)


def _digest(block: bytes, size: int) -> str:
    digest = hashlib.sha256()
    for start in range(0, size, MEBIBYTE):
        digest.update(_bytes(block, start, min(start + MEBIBYTE, size)))
    return digest.hexdigest()


if __name__ == "__main__":
    main()
