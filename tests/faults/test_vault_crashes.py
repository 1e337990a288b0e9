"""The vault dies at each step of an upload: it goes on from the last whole part, and there is one document or none."""

import hashlib
import os
import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from launcher.blueprint import BUCKET
from launcher.journey.deposits import DOSSIERS, wait_until_seen
from launcher.journey.story import Journey
from launcher.journey.world import World, until
from launcher.processes import Running
from testkit.crashing import armed, died
from testkit.fault_report import ROUNDS, Tally
from testkit.insider import Insider
from testkit.oracle import one_history
from testkit.stack import Platform

PART = 8 << 20
CONTENT = b"%PDF-1.7\n" + os.urandom(2 * PART)
"""Two whole parts, and a third of a few bytes."""
DIGEST = hashlib.sha256(CONTENT).hexdigest()
TUS = {"Tus-Resumable": "1.0.0"}

pytestmark = pytest.mark.timeout(900 + 90 * ROUNDS)


@dataclass
class Client:
    """A client of a dossier of the walked journey's office, with documents to deposit."""

    auditor: Insider
    dossier: str
    requests: Iterator[str]

    @property
    def journey(self) -> Journey:
        return self.auditor.journey

    def declare(self) -> dict[str, Any]:
        """Declare the file for the next request; return where the bytes go, and the ticket."""
        path, body = next(self.requests), {"name": "acte.pdf", "size": len(CONTENT), "sha256": DIGEST}
        token = self.journey.clients[0].token
        world = self.journey.world
        answer = world.call("POST", f"{DOSSIERS}/requests/{path}/deposits", 201, token=token, body=body)
        given: dict[str, Any] = answer.json()
        return given

    def shown(self, given: dict[str, Any]) -> list[tuple[str, str]]:
        """Return the versions that the dossier lists for the request, each with the digest of what comes back."""
        world, token = self.journey.world, self.journey.clerk.token
        wait_until_seen(world, token, self.dossier, {given["version_id"]})
        listed = world.call("GET", f"{DOSSIERS}/dossiers/{self.dossier}/requests", token=token).json()["items"]
        versions = next(one["versions"] for one in listed if one["id"] == given["request_id"])
        return [(version["id"], self.digest(given["request_id"], version["id"])) for version in versions]

    def digest(self, request: str, version: str) -> str:
        world, token = self.journey.world, self.journey.clerk.token
        path = f"{DOSSIERS}/requests/{request}/versions/{version}/views"
        view = world.call("POST", path, 201, token=token).json()
        return hashlib.sha256(world.fetch(view["url"], view["ticket"])).hexdigest()


@pytest.fixture(scope="module")
def client(platform: Platform, walked: Journey) -> Client:
    call, staff, client = walked.world.call, walked.clerk.token, walked.clients[0]
    opening = {"number": f"coffre-{walked.run}", "title": "Pannes du coffre", "deed_type": "vente"}
    dossier = call("POST", f"{DOSSIERS}/dossiers", 201, token=staff, body=opening).json()["id"]
    path = f"{DOSSIERS}/dossiers/{dossier}/clients"
    call("POST", path, 204, token=staff, body={"client_id": client.id})

    def requests() -> Iterator[str]:
        for number in range(10_000):
            asked = call(
                "POST",
                f"{path}/{client.id}/requests",
                201,
                token=walked.clerk.token,
                body={"others": [f"Pièce {number}"]},
            )
            yield asked.json()["request_ids"][0]

    return Client(Insider(platform, walked), str(dossier), requests())


def uploaded(platform: Platform, given: dict[str, Any]) -> list[int]:
    """Upload, and go on from where the vault says whenever it was away; return those places."""
    world = platform.world()
    places: list[int] = []
    address = urljoin(world.gateway, given["upload_url"]).removesuffix("/content") + "/upload"
    headers = {"Authorization": f"Bearer {given['ticket']}"} | TUS
    while not places or places[-1] < len(CONTENT):
        places.append(begun(world, address, headers))
        more = {"Upload-Offset": str(places[-1]), "Content-Type": "application/offset+octet-stream"}
        try:
            world.http.patch(address, headers=headers | more, content=CONTENT[places[-1] :])
        except httpx.TransportError:
            continue  # it died
    world.close()
    return places


def begun(world: World, address: str, headers: dict[str, str]) -> int:
    """Begin the upload or find it; return how much of it the vault has."""
    length = {"Upload-Length": str(len(CONTENT))}
    answer = world.patiently(lambda: world.http.post(address, headers=headers | length))
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Upload-Offset"])


def dies(process: Running, sent: Future[list[int]]) -> bool:
    """Wait until the vault has died, or until the client has given up; raise what made it give up."""
    until(lambda: process.popen.poll() is not None or sent.done(), "the vault to die")
    if process.popen.poll() is None:
        raise AssertionError(f"it did not die, and the client went on at {sent.result()}")
    return died(process)


CASES = [
    pytest.param("vault.after-upload", 1, marks=pytest.mark.fault("F4")),
    pytest.param("vault.after-part", 3, marks=pytest.mark.fault("F5")),
    pytest.param("vault.after-last-part", 1, marks=pytest.mark.fault("F6")),
    pytest.param("vault.after-event", 1, marks=pytest.mark.fault("F7")),
]


@pytest.mark.parametrize(("point", "passes"), CASES)
def test_the_vault_dies_there_and_the_document_is_stored_once(
    client: Client, tally: Tally, point: str, passes: int
) -> None:
    platform, chance = client.auditor.platform, random.Random(point)  # noqa: S311 - the same moments in every run
    for round_ in range(ROUNDS):
        if round_ % 5 == 4:  # a token lives for ten minutes
            client.journey.renew_tokens()
        given = client.declare()
        with ThreadPoolExecutor(1) as sender:
            with armed(platform, "vault", f"{point}:{chance.randint(1, passes)}") as process:
                sent = sender.submit(uploaded, platform, given)
                assert dies(process, sent)
            places = sent.result()
        assert all(place % PART == 0 or place == len(CONTENT) for place in places)
        tally.compare(1, {(given["version_id"], DIGEST)}, client.shown(given))
    reaped(platform)
    one_history(client.auditor)


def reaped(platform: Platform) -> None:
    """Let a day pass for what no event speaks of: then nothing of it is in the bucket, and it has no key."""
    with platform.database("vault") as connection:
        connection.execute("UPDATE vault.data_key SET begun_at = begun_at - interval '25 hours' WHERE NOT kept")
        platform.wait_until_back("vault", platform.kill("vault"))

        def nothing_in_doubt() -> bool:
            row = connection.execute("SELECT count(*) FROM vault.data_key WHERE NOT kept").fetchone()
            return row == (0,)

        until(nothing_in_doubt, "what is in doubt to be settled")
        keys = {row[0] for row in connection.execute("SELECT object_key FROM vault.data_key").fetchall()}
    stored = platform.s3().client().list_objects(bucket_name=BUCKET, recursive=True)
    assert {str(one.object_name).partition("/")[0] for one in stored} == keys
