"""The platform's interface as these verbs use it: a token, pages, files."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from launcher.errors import StackError

JOURNAL = "/api/journal/v1"
PATIENCE = httpx.Timeout(120.0, connect=5.0)  # an export waits for witnesses and reads whole documents
CHUNK = 64 * 1024  # bytes


class Malformed(StackError):
    """What was given is not acceptable as it is; the message says what."""


class Refused(StackError):
    """The platform turned it down; the message is its own."""


Query = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was received, and what its headers say of it."""

    size: int  # bytes
    headers: Mapping[str, str]


class Gateway:
    """One platform, as one person."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, query: Query) -> dict[str, Any]:
        """Return the JSON at a path; raises Refused, Malformed, StackError."""
        answer = self._checked(self._request("GET", path, params=_given(query)))
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Send JSON to a path; raises as `get` does."""
        self._checked(self._request("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())}))

    def pages(self, path: str, query: Query) -> Iterator[dict[str, Any]]:
        """Return every page of a list; raises as `get` does."""
        cursor: str | None = None
        while True:
            page = self.get(path, {**query, "cursor": cursor})
            yield page
            cursor = page["next"]
            if cursor is None:
                return

    def receive(self, path: str, query: Query, file: Path, progress: Callable[[int], None]) -> Received:
        """Write the answer at a path to a new file that only its owner reads; raises as `get` does.

        The file takes its name once it is whole.
        """
        unfinished = file.with_name(f".{file.name}.part")
        size = 0
        try:
            with self._http.stream("GET", path, params=_given(query)) as answer:
                if answer.status_code != HTTPStatus.OK:
                    answer.read()
                    self._checked(answer)
                with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
                    for chunk in answer.iter_bytes(CHUNK):
                        output.write(chunk)
                        size += len(chunk)
                        progress(size)
        except httpx.TransportError as error:
            unfinished.unlink(missing_ok=True)
            raise StackError(f"the export broke off after {size} bytes ({type(error).__name__})") from None
        unfinished.replace(file)
        return Received(size, answer.headers)

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise StackError(f"{self._http.base_url} does not answer ({type(error).__name__})") from None

    @staticmethod
    def _checked(answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
            said = f"{problem['code']}: {problem['detail']}"
        except (ValueError, KeyError, TypeError):
            said = f"HTTP {answer.status_code}"
        raise (Malformed if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY else Refused)(said)


def _given(query: Query) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}
