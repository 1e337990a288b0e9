"""What the journal asks of the other services, at the time of reading: names, rights, contents, and what they hold."""

import base64
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
from chassis.client import ServiceClient, Unavailable
from chassis.feed import Stretch, read_bulk
from contracts import Envelope
from proof.bundle import Observation, Opening
from proof.canonical import NotCanonical, parse
from proof.entry import encoded

from journal.log.leaf import Leaf

PAGE = 500  # events of one answer
PARALLEL = 8  # calls at once
COMPARE_SECONDS = 55.0
PERSONS = 100  # ids of one question


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read a dossier, as the dossier service says."""

    office_id: UUID
    number: str
    staff_ids: frozenset[str]
    client_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """How a person is called now; nothing is left of one who was erased."""

    name: str | None
    erased: bool


@dataclass(frozen=True, slots=True)
class ReadBy:
    """The code that read an event: the version of its service, and the hash of its rules for events of earlier ones."""

    version: str
    upcasts: str

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> "ReadBy | None":
        """Read the answer of a service; None from a service that does not say."""
        said = answer.get("read_by")
        return cls(said["version"], said["upcasts"]) if said else None


@dataclass(frozen=True, slots=True)
class Payload:
    """What an event says, as it was stored, and as its service reads it now if that differs."""

    opening: Opening
    upcast: Mapping[str, Any] | None
    read_by: ReadBy | None


class Peers:
    """The other services, by name."""

    def __init__(self, clients: Mapping[str, ServiceClient]) -> None:
        self._clients = clients

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def envelopes(self, svc: str, after: int, limit: int) -> list[Envelope]:
        """Return the events of a service that follow number `after`, to fill a hole of the bus."""
        answer = self._found(svc, "/internal/events", {"after": after, "limit": limit}) or {"items": []}
        return [Envelope.parse(item) for item in answer["items"]]

    def readers(self, dossier: UUID) -> Readers | None:
        """Return who may read a dossier; None if the dossier service knows none."""
        answer = self._found("dossier", f"/internal/dossiers/{dossier}/readers")
        if answer is None:
            return None
        staff, clients = frozenset(answer["staff_ids"]), frozenset(answer["client_ids"])
        return Readers(UUID(answer["office_id"]), answer["number"], staff, clients)

    def persons(self, ids: Iterable[str]) -> dict[str, Person]:
        """Return the persons that identity knows among `ids`; nobody while identity does not answer."""
        asked = sorted(set(ids))
        found: dict[str, Person] = {}
        try:
            for start in range(0, len(asked), PERSONS):
                page = ",".join(asked[start : start + PERSONS])
                answer = self._found("identity", "/internal/persons", {"ids": page}) or {"items": []}
                found |= {item["id"]: _person(item) for item in answer["items"]}
        except Unavailable:
            return {}
        return found

    def office_name(self, office: UUID) -> str | None:
        """Return how the office is called; None while identity does not say."""
        try:
            answer = self._found("identity", f"/internal/offices/{office}")
        except Unavailable:
            return None
        return answer["name"] if answer else None

    def rows(self, svc: str, after: int, limit: int) -> list[dict[str, Any]]:
        """Return what the store of a service holds after number `after`: stored bytes and entries as bytes."""
        answer = self._found(svc, "/internal/rows", {"after": after, "limit": limit}) or {"items": []}
        return list(map(_row, answer["items"]))

    def aggregates(self, svc: str, at: Sequence[str]) -> dict[str, Any]:
        """Return what a service holds of aggregates and what they were, each asked for as `id:number,number`."""
        answer = self._found(svc, "/internal/aggregates", {"at": at})
        if answer is None:
            raise Unavailable(peer=svc)
        for item in answer["items"]:
            item["rows"] = list(map(_row, item["rows"]))
        return answer

    def bulk(self, svc: str, after: int, until: int, length: int) -> Generator[Stretch]:
        """Read what the store of a service holds from number `after` + 1 to `until`, `length` numbers at a time.

        Raises Unavailable, perhaps after some of them. Close it if it is not read out.
        """
        if svc not in self._clients:
            raise Unavailable(peer=svc)
        return read_bulk(self._clients[svc], after, until, length)

    def states(self, svc: str, leaves: Sequence[Leaf]) -> dict[int, bytes]:
        """Return the stored bytes of the events of some leaves (in their order) as the service holds them now.

        An event that the service no longer has is absent, and so is one whose row is not about this leaf any more.
        """
        held: dict[int, bytes] = {}
        wanted = {leaf.entry.store_seq: leaf for leaf in leaves}
        numbers = sorted(wanted)
        while numbers:
            window = [number for number in numbers if number < numbers[0] + PAGE]
            place = {"after": window[0] - 1, "limit": window[-1] - window[0] + 1}
            for row in self.rows(svc, **place):
                leaf = wanted.get(row["storeseq"])
                if leaf is not None and is_row_of(leaf, row):
                    held[row["storeseq"]] = row["state"]
            numbers = numbers[len(window) :]
        return held

    def openings(self, places: Sequence[tuple[str, int]]) -> list[Opening | None]:
        """Return the opening of each (service, number); None where there is none any more."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(lambda place: self._opening(*place), places))

    def payloads(self, places: Sequence[tuple[str, int]]) -> list[Payload | None]:
        """Return what each (service, number) says, as it was stored and as it is read; None as in `openings`."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(lambda place: self._payload(*place), places))

    def observations(self, versions: Sequence[str]) -> list[Observation]:
        """Return what the bucket holds now for each document version."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(self._observation, versions))

    def drift(self, svc: str) -> httpx.Response:
        """Return a service's comparison of its read model with its events, which takes a while. Raises Unavailable."""
        if svc not in self._clients:
            raise Unavailable(peer=svc)
        return self._clients[svc].request("GET", "/internal/drift", timeout=COMPARE_SECONDS)

    def _opening(self, svc: str, number: int) -> Opening | None:
        answer = self._found(svc, "/internal/openings", {"seq": number})
        return None if answer is None else _opening(answer)

    def _payload(self, svc: str, number: int) -> Payload | None:
        answer = self._found(svc, "/internal/openings", {"seq": number, "upcast": "true"})
        opening = None if answer is None else _opening(answer)
        if answer is None or opening is None:
            return None
        lifted = answer.get("upcast")
        return Payload(opening, json.loads(lifted) if lifted else None, ReadBy.parse(answer))

    def _observation(self, version: str) -> Observation:
        answer = self._found("vault", f"/internal/documents/{version}/observation")
        digest = answer and answer["manifest_sha256"]
        return Observation(version, encoded(bytes.fromhex(digest)) if digest else None)

    def _found(self, svc: str, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the JSON of an answer, None for a 404; raise Unavailable for anything else."""
        if svc not in self._clients:
            raise Unavailable(peer=svc)
        response = self._clients[svc].get(path, params)
        if response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return None
        if response.status_code != HTTPStatus.OK:
            raise Unavailable(peer=svc)
        answer: dict[str, Any] = response.json()
        return answer


def is_row_of(leaf: Leaf, row: Mapping[str, Any]) -> bool:
    """Tell whether a row of a store is the one that a leaf is about."""
    entry = leaf.event
    if entry is None or (row["type"], row["agg"], row["agg_ver"]) != (entry.type, entry.agg, entry.agg_ver):
        return False
    return bool(row["entry"] == leaf.data)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: base64.b64decode(row[name]) for name in ("entry", "state")}


def _opening(answer: Mapping[str, Any]) -> Opening | None:
    try:
        return Opening(parse(answer["payload"].encode()), base64.b64decode(answer["salt"]))
    except NotCanonical:
        return None


def _person(item: Mapping[str, Any]) -> Person:
    if item.get("erased"):
        return Person(None, erased=True)
    return Person(" ".join(filter(None, (item.get("first_name"), item.get("last_name")))) or None, erased=False)
