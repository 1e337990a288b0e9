"""A desk for hostile and clumsy users: an open dossier, its staff, its client, and a stranger."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from launcher.blueprint import BUCKET
from launcher.journey.deposits import DOSSIERS, wait_until_seen
from launcher.journey.story import Journey
from testkit.stack import Platform

PROBLEM = "application/problem+json"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"\n%%EOF\n"
Body = dict[str, Any]


@dataclass
class Desk:
    """An open dossier of a walked journey's office, with one client and documents asked for."""

    walked: Journey
    platform: Platform
    dossier: str
    requests: Iterator[str]

    pdf = PDF

    @property
    def staff(self) -> str:
        return self.walked.clerk.token

    @property
    def client(self) -> str:
        return self.walked.clients[0].token

    def send(self, method: str, path: str, token: str = "", **more: Any) -> httpx.Response:
        headers = ({"Authorization": f"Bearer {token}"} if token else {}) | more.pop("headers", {})
        address = path if path.startswith("http") else self.walked.world.gateway + path
        return self.walked.world.http.request(method, address, headers=headers, **more)

    def declare(self, content: bytes, request: str, **more: Any) -> httpx.Response:
        body = {"name": "pièce.pdf", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} | more
        return self.send("POST", f"{DOSSIERS}/requests/{request}/deposits", self.client, json=body)

    def given(self, content: bytes = PDF, request: str = "", **more: Any) -> Body:
        answer = self.declare(content, request or next(self.requests), **more)
        assert answer.status_code == 201, answer.text
        found: Body = answer.json()
        return found

    def deposited(self, **more: Any) -> Body:
        given = self.given(**more)
        answer = self.send("PUT", given["upload_url"], given["ticket"], content=PDF)
        assert answer.status_code == 201, answer.text
        self.seen(given)
        return given | {"path": f"{DOSSIERS}/requests/{given['request_id']}/versions/{given['version_id']}"}

    def seen(self, given: Body) -> None:
        """Wait until the dossier lists the version."""
        wait_until_seen(self.walked.world, self.staff, self.dossier, {given["version_id"]})

    def state(self) -> tuple[str, frozenset[str]]:
        """Return what the dossier lists and what the bucket of documents holds."""
        path = f"{DOSSIERS}/dossiers/{self.dossier}"
        seen = "".join(self.send("GET", path + more, self.staff).text for more in ("", "/requests"))
        client = self.platform.s3().client()
        names = {
            str(one.object_name)
            for one in client.list_objects(bucket_name=BUCKET, recursive=True)  # the journal's grow by themselves
        }
        return seen, frozenset(names)

    @staticmethod
    def refused(answer: httpx.Response, status: int, code: str) -> Body:
        """Check that the answer is a problem that says what happened, and return it."""
        assert answer.headers["content-type"] == PROBLEM, answer.text
        body: Body = answer.json()
        assert (answer.status_code, body["status"], body["code"]) == (status, status, code), answer.text
        assert body["title"]
        assert len(body["detail"].split()) > 3
        return body

    def key_file(self, service: str) -> Path:
        return self.platform.key_file(service)


@pytest.fixture(scope="session")
def desk(walked: Journey, platform: Platform) -> Desk:
    staff, client = walked.clerk.token, walked.clients[0]
    opening = {"number": f"bad-{walked.run}", "title": "Mauvaises entrées", "deed_type": "vente"}
    call = walked.world.call
    dossier = call("POST", f"{DOSSIERS}/dossiers", 201, token=staff, body=opening).json()["id"]
    path = f"{DOSSIERS}/dossiers/{dossier}/clients"
    call("POST", path, 204, token=staff, body={"client_id": client.id})
    others = {"others": [f"Pièce {number}" for number in range(30)]}
    asked = call("POST", f"{path}/{client.id}/requests", 201, token=staff, body=others).json()
    return Desk(walked, platform, dossier, iter(asked["request_ids"]))
