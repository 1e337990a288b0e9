"""Who sends made-up requests, and the names of things that exist: without them every answer would be 404."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from launcher.journey.deposits import DOSSIERS
from launcher.journey.letters import LETTERS
from launcher.journey.people import IDENTITY, Client, Member
from launcher.journey.story import JOURNAL, MESSAGES, Journey

PREFIXES = {
    "identity": IDENTITY,
    "dossier": DOSSIERS,
    "vault": "/api/vault/v1",
    "messaging": MESSAGES,
    "lre-gateway": LETTERS,
    "journal": JOURNAL,
}
POINTS = ("0", "7", "checkpoint:12", "2026-03-02T09:30:00Z", "2999-01-01T00:00:00+01:00")
Values = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody: a name, and the token that they send; nobody has none."""

    name: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a walked journey, and what they know by name."""

    journey: Journey
    _known: dict[str, Values] = field(default_factory=dict)

    @property
    def gateway(self) -> str:
        """Return the address of the platform."""
        return self.journey.world.gateway

    def document(self, service: str) -> dict[str, Any]:
        """Return the OpenAPI document of a service, as everybody reads it."""
        found: dict[str, Any] = self.journey.world.call("GET", f"{PREFIXES[service]}/openapi.json").json()
        return found

    def parts(self, service: str) -> tuple[Part, ...]:
        """Return who calls a service, whoever may do most first; the tokens are fresh."""
        journey = self.journey
        if service == "vault":
            tickets = (Part("a depositor", self._deposit()["ticket"]), Part("a reader", self._look()["ticket"]))
            return (*tickets, Part("nobody"), Part("a person", journey.clerk.token))
        people: dict[str, Member | Client] = {
            "a clerk": journey.clerk,
            "a client": journey.clients[0],
            "a notary": journey.notary,
            "a compliance officer": journey.auditor,
            "a stranger": journey.stranger,
        }
        if service == "journal":
            people = {"a compliance officer": journey.auditor, **people}
        return (*(Part(name, person.token) for name, person in people.items()), Part("nobody"))

    def values(self, service: str) -> Values:
        """Return values of parameters and members that lead somewhere, by name."""
        if service not in self._known:
            self._known[service] = self._values(service)
        return self._known[service]

    def _values(self, service: str) -> Values:
        journey = self.journey
        clients = tuple(client.id for client in journey.clients)
        versions = tuple(deposited.version_id for deposited in journey.deposits)
        known: dict[str, tuple[Any, ...]] = {
            "dossier_id": (journey.dossier,),
            "dossier": (journey.dossier,),
            "client_id": clients,
            "person_id": (*clients, journey.clerk.id),
            "person": clients,
            "actor": (journey.clerk.id, *clients),
            "request_id": tuple(deposited.request_id for deposited in journey.deposits),
            "version_id": versions,
            "document": versions,
            "office_id": self._offices(),
            "membership_id": self._ids(f"{IDENTITY}/memberships", journey.notary.token),
            "notification_id": self._ids(f"{MESSAGES}/notifications", journey.clerk.token),
            "service": ("identity", "dossier", "vault", "messaging", "lre-gateway", "journal"),
            "aggregate_id": (journey.dossier, *versions),
            "at": POINTS,
            "from": POINTS if service == "journal" else (0, 1, 7),
            "to": POINTS if service == "journal" else (1, 7, 12),
            "purpose": ("control",),
            "code": ("bail-habitation", "vente"),
            "crpcen": ("75999",),
            "email": (journey.clients[0].email,),
        }
        if service == "vault":
            known["version_id"] = (self._deposit()["version_id"], *versions)
        if service == "lre-gateway" and journey.mailing is not None:
            known |= self._letters()
        there = {name: tuple(one for one in values if one is not None) for name, values in known.items()}
        return {name: values for name, values in there.items() if values}

    def _letters(self) -> dict[str, tuple[Any, ...]]:
        mailing = self.journey.mailing
        assert mailing is not None  # noqa: S101 - the caller looked
        token = self.journey.clerk.token
        return {
            "batch_id": (mailing.batch,),
            "letter_id": tuple(mailing.letters),
            "sender_id": (mailing.sender,),
            "recipient_id": self._ids(f"{LETTERS}/recipients", token),
            "version_id": tuple(one["version_id"] for one in mailing.evidence(mailing.letters[0])),
            "provider": ("ar24",),
        }

    def _offices(self) -> tuple[str, ...]:
        me = self.journey.world.call("GET", f"{IDENTITY}/me", token=self.journey.clerk.token).json()
        return (str(me["office"]["id"]),)

    def _ids(self, path: str, token: str) -> tuple[str, ...]:
        found = self.journey.world.call("GET", path, token=token).json()["items"]
        return tuple(str(one["id"]) for one in found)

    def _deposit(self) -> dict[str, Any]:
        """Let the client announce a file of one byte, which nobody sends."""
        client = self.journey.clients[0]
        body = {"name": "x.pdf", "size": 1, "sha256": "ab" * 32, "label": "Plan"}
        path = f"{DOSSIERS}/dossiers/{self.journey.dossier}/deposits"
        return self._json(self.journey.world.request("POST", path, token=client.token, body=body))

    def _look(self) -> dict[str, Any]:
        deposited = self.journey.deposits[0]
        path = f"{DOSSIERS}/requests/{deposited.request_id}/versions/{deposited.version_id}/views"
        return self._json(self.journey.world.request("POST", path, token=self.journey.clerk.token))

    @staticmethod
    def _json(answer: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = answer.raise_for_status().json()
        return found
