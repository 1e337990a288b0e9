"""The platform's interface as the verbs use it: a token, pages, files."""

import argparse
import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from launcher.errors import StackError
from launcher.state import State

PATIENCE = httpx.Timeout(120.0, connect=5.0)  # an export waits for witnesses and reads whole documents
CHUNK = 64 * 1024  # bytes


class Malformed(StackError):
    """What was given is not acceptable as it is; the message says what."""


class Refused(StackError):
    """The platform turned it down; the message is its own."""


Query = Mapping[str, Any]
Json = dict[str, Any]
Verb = Callable[[argparse.Namespace], int]
UNACCEPTABLE = 2


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was received, and what its headers say of it."""

    size: int  # bytes
    headers: Mapping[str, str]


class Gateway:
    """One platform, as one person. Every method raises Refused, Malformed and StackError."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(base_url=url, headers=_bearer(token), timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, query: Query) -> Json:
        """Return the JSON at a path."""
        found: Json = self._checked(self._request("GET", path, params=_given(query))).json()
        return found

    def post(self, path: str, body: object = None, query: Query | None = None) -> Json:
        """Send JSON to a path, and return what it answers; nothing is {}."""
        return self._send("POST", path, json=body, params=_given(query or {}))

    def put(self, path: str, body: object) -> Json:
        """Put JSON at a path, and return what it answers."""
        return self._send("PUT", path, json=body)

    def delete(self, path: str) -> Json:
        """Take back what is at a path, and return what it answers."""
        return self._send("DELETE", path)

    def upload(self, path: str, query: Query, file: Path, media_type: str) -> Json:
        """Send the raw bytes of a file, and return what is answered."""
        headers = {"Content-Type": media_type, "Content-Length": str(file.stat().st_size)}
        return self._send("POST", path, content=_chunks(file), params=_given(query), headers=headers)

    def pages(self, path: str, query: Query) -> Iterator[Json]:
        """Return every page of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, {**query, "cursor": cursor})
            yield page
            cursor = page.get("next")
            if cursor is None:
                return

    def items(self, path: str, query: Query) -> list[Json]:
        """Return every item of a list."""
        return [item for page in self.pages(path, query) for item in page["items"]]

    def receive(
        self, path: str, query: Query, file: Path, progress: Callable[[int], None], ticket: str | None = None
    ) -> Received:
        """Write the answer at a path, asked for with a ticket if one is given, to a file that only its owner reads.

        The file takes its name once it is whole.
        """
        unfinished = file.with_name(f".{file.name}.part")
        headers = _bearer(ticket) if ticket else {}
        size = 0
        try:
            with self._http.stream("GET", path, params=_given(query), headers=headers) as answer:
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

    def _send(self, method: str, path: str, **options: Any) -> Json:
        headers = {"Idempotency-Key": str(uuid4())} | options.pop("headers", {})
        answer = self._checked(self._request(method, path, headers=headers, **options))
        found: Json = answer.json() if answer.content else {}
        return found

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


def verb(run: Verb) -> Verb:
    """Make 2 the exit code of a verb that was given what is not acceptable."""

    @functools.wraps(run)
    def carried_out(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except Malformed as error:
            sys.stderr.write(f"scelle: {error}\n")
            return UNACCEPTABLE

    return carried_out


@contextmanager
def asking(options: argparse.Namespace, sign_in: Callable[[Mapping[str, Any]], str]) -> Iterator[Gateway]:
    """Lend the gateway that the options name, as the bearer of their token.

    On the embedded stack, `sign_in` gives a token from what it says of itself. Raises Malformed and StackError.
    """
    url, token = options.url, _token(options.token_file)
    if url is None:
        state = State.load(options.data.resolve())
        if not state.running() or not state.summary:
            raise StackError(f"nothing runs on {options.data}; give --url, or start it with `scelle up`")
        url = state.summary["gateway"]
        token = token or sign_in(state.summary)
    if token is None:
        raise Malformed("give --token-file, or the token in SCELLE_TOKEN")
    gateway = Gateway(url, token)
    try:
        yield gateway
    finally:
        gateway.close()


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("SCELLE_TOKEN")
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise Malformed(f"the token cannot be read: {error}") from None


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _given(query: Query) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
