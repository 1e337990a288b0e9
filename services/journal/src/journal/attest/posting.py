"""Asking outside parties over HTTP: an answer of a stranger is read up to a limit."""

from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body, cut one byte after the limit."""

    status: int
    body: bytes


def post(client: httpx.Client, url: str, content: bytes, media_type: str, limit: int) -> Answer:
    """Post and read at most `limit` + 1 bytes; raises httpx.HTTPError."""
    body = bytearray()
    with client.stream("POST", url, content=content, headers={"Content-Type": media_type}) as response:
        for part in response.iter_bytes():
            body += part
            if len(body) > limit:
                break
        return Answer(response.status_code, bytes(body[: limit + 1]))


def outside_client(seconds: float) -> httpx.Client:
    """Return a client for parties outside the platform; the time limit is of each step of a call."""
    return httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False)
