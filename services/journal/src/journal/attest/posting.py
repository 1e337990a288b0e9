"""Asking outside parties over HTTP: an answer of a stranger is read up to a limit."""

from contextlib import closing
from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body, cut one byte after the limit."""

    status: int
    body: bytes


def post(client: httpx.Client, url: str, content: bytes, media_type: str, limit: int) -> Answer:
    """Post and read at most `limit` + 1 bytes; raises httpx.HTTPError."""
    return _answer(
        client.build_request("POST", url, content=content, headers={"Content-Type": media_type}), client, limit
    )


def get(client: httpx.Client, url: str, limit: int) -> Answer:
    """Get and read at most `limit` + 1 bytes; raises httpx.HTTPError."""
    return _answer(client.build_request("GET", url), client, limit)


def _answer(request: httpx.Request, client: httpx.Client, limit: int) -> Answer:
    body = bytearray()
    with closing(client.send(request, stream=True)) as response:
        for part in response.iter_bytes():
            body += part
            if len(body) > limit:
                break
        return Answer(response.status_code, bytes(body[: limit + 1]))


def outside_client(seconds: float) -> httpx.Client:
    """Return a client for parties outside the platform; the time limit is of each step of a call."""
    return httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False)
