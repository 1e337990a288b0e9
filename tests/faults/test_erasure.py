"""A person is erased (RGPD, art. 17): nothing of them can be read anywhere, and every proof holds as before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest
from launcher.blueprint import SERVICES
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.people import IDENTITY, Client, become_signed_in
from launcher.journey.story import Journey
from launcher.journey.world import until
from proof.leaf import parse_leaf
from proof.reading import decode
from testkit.canaries import Canaries, files_under, leaks, objects, rows
from testkit.insider import WHOLE, Insider
from testkit.stack import Platform

BASIS = "subject-request"
LOOK_SECONDS = 300  # one look reads every file of the server, hundreds of megabytes where many tests came before


@dataclass
class Erased:
    """A client who was erased, the words that stood for them, and what was exported before."""

    insider: Insider
    client: Client
    words: Canaries
    before: bytes
    places: dict[str, set[str]]


@pytest.fixture(scope="module")
def erased(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    words, folder = Canaries(), tmp_path_factory.mktemp("erased")
    files = [folder / words.of(f"name of file {number}", after=".pdf") for number in range(5)]
    for file in files:
        file.write_bytes(b"%PDF-1.7\n" + f"{words.of(f'content of {file.name}')}\n".encode() * 50)
    journey = Journey(platform.world(), Pile(files, files), print)
    journey.clients = [_client(words), _client(words)]
    journey.walk()
    insider = Insider(platform, journey)
    before = insider.intact()
    where = {service: leaks(words, rows(platform, service)) for service in SERVICES}
    _everywhere(platform, "ANALYZE")  # samples of what the tables hold would outlive it
    _erase(insider)
    yield Erased(insider, journey.clients[0], words, before, where)
    journey.world.close()


def _client(words: Canaries) -> Client:
    of, number = words.of, len(words)
    phone = f"+3361{number:02}{len(words) * 7919:06}"[:12]
    first, last = of(f"first name {number}"), of(f"last name {number}")
    return Client(first, last, of(f"e-mail {number}", after="@clients.example"), phone)


def _erase(insider: Insider) -> None:
    """Archive the dossier, which nothing keeps then, and erase both clients."""
    journey, call = insider.journey, insider.world.call
    call("POST", f"{DOSSIERS}/dossiers/{journey.dossier}/archiving", 204, token=journey.clerk.token)
    for client in journey.clients:
        path, body = f"{IDENTITY}/persons/{client.id}/erasure", {"basis": BASIS}
        call("POST", path, 202, token=journey.notary.token, body=body)
    persons = {client.id.encode() for client in journey.clients}
    until(lambda: persons <= set(_told(insider)), "the records of the erasures")


def _told(insider: Insider) -> dict[bytes, dict[str, object]]:
    found = [parse_leaf(leaf) for leaf in insider.leaves() if b'"kind":"erasure"' in leaf]
    return {str(one.body["person"]).encode(): dict(one.body) | {"actor": one.actor} for one in found}


def test_case_20_the_erasure_leaves_a_leaf_that_says_who_and_why(erased: Erased) -> None:
    """The events stay, with their commitments: what is gone is only who it was."""
    told = _told(erased.insider)[erased.client.id.encode()]
    assert (told["actor"], told["basis"]) == (erased.insider.journey.notary.id, BASIS)
    assert told["services"] == ["dossier", "identity", "lre-gateway", "messaging", "vault"]
    assert int(str(told["keys"])) > 0
    after = {item.index: item.entry for item in decode(erased.insider.intact()).items}
    assert all(after[item.index] == item.entry for item in decode(erased.before).items)


def test_what_was_exported_before_verifies_as_before(erased: Erased) -> None:
    said = erased.insider.opinion(erased.before, level=WHOLE)
    assert (said.verdict, said.level, said.failed) == ("intact", WHOLE, {})
    for service in ("dossier", "vault", "lre-gateway"):  # they may remember for half a minute what they read
        erased.insider.platform.wait_until_back(service, erased.insider.platform.kill(service))
    now = erased.insider.opinion(erased.insider.export(), level=WHOLE)
    assert (now.verdict, now.level) == ("intact", WHOLE)
    assert now.examined("opening") < said.examined("opening")


def test_what_proves_a_letter_to_the_person_stays_without_their_name(erased: Erased) -> None:
    journey = erased.insider.journey
    become_signed_in(journey.world, journey.clerk)
    mailing = journey.mailing
    assert mailing is not None
    letter = next(one for one, state in mailing.states().items() if state == "acknowledged")
    shown = mailing.call("GET", f"/letters/{letter}")
    assert (shown["recipient"], shown["recipient_email"]) == (None, None)
    assert mailing.proven(letter, "reception")
    assert mailing.proven(letter, "content")
    assert {one["kind"] for one in mailing.evidence(letter)} >= {"submission-manifest", "full-archive"}


def test_nothing_of_the_person_is_in_any_table(erased: Erased) -> None:
    assert "dossier" in erased.places
    assert any(erased.places.values())  # it was there before, where it belongs
    for service in SERVICES:
        assert leaks(erased.words, rows(erased.insider.platform, service)) == set()


def test_nothing_of_the_person_is_in_the_logs_the_bus_or_the_buckets(erased: Erased) -> None:
    folder = erased.insider.platform.folder
    for part in ("logs", "nats", "s3"):
        assert leaks(erased.words, files_under(folder / part)) == set(), part
    assert leaks(erased.words, objects(erased.insider.platform)) == set()


@pytest.mark.timeout(2 * LOOK_SECONDS)
def test_nothing_of_the_person_is_in_the_files_of_postgresql(erased: Erased) -> None:
    """Once it was told to write its tables anew, and to remove its log instead of using the files again."""
    platform = erased.insider.platform
    _everywhere(platform, "VACUUM FULL")
    with platform.server() as server:
        try:
            server.execute("ALTER SYSTEM SET wal_recycle = off")
            server.execute("SELECT pg_reload_conf()")
            until(lambda: _forgotten(platform, server, erased.words), "the files to be written anew", LOOK_SECONDS)
        finally:
            server.execute("ALTER SYSTEM RESET wal_recycle")
            server.execute("SELECT pg_reload_conf()")


def _everywhere(platform: Platform, command: LiteralString) -> None:
    for service in SERVICES:
        with platform.database(service) as connection:
            connection.execute(command)


def _forgotten(platform: Platform, server: psycopg.Connection[Any], words: Canaries) -> bool:
    for _ in range(2):  # what a checkpoint still needs, the next one removes
        server.execute("SELECT pg_switch_wal()")
        server.execute("CHECKPOINT")
    return leaks(words, files_under(platform.folder / "postgres")) == set()
