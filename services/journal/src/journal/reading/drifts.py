"""Whether a service's read model is what its events say: asked of the service, recorded in the log first.

A read model holds rows of every office; whoever controls one learns how many rows differ, and none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chassis.actor import Actor
from chassis.client import Unavailable
from chassis.refusal import NotFound, Refusal

from journal.log.records import Records
from journal.reading.access import Access
from journal.reading.peers import Peers
from journal.reading.purposes import Intent

COMPARED = ("identity", "dossier", "vault", "messaging", "lre-gateway")
"""Services that have a read model."""


class CompareUnderWay(Refusal):
    """This service compares itself already; ask again in a moment."""

    code, status = "compare-under-way", 409


@dataclass(frozen=True, slots=True)
class TableDrift:
    """How many rows of a table differ from what the events make of it."""

    table: str
    only_live: int
    only_rebuilt: int
    differ: int


@dataclass(frozen=True, slots=True)
class ServiceDrift:
    """A read model against the events of its service up to `store_seq`."""

    service: str
    store_seq: int
    tables: Sequence[TableDrift]


class Drifts:
    """Asks the services."""

    def __init__(self, records: Records, access: Access, peers: Peers) -> None:
        self._records = records
        self._access = access
        self._peers = peers

    def of(self, actor: Actor, intent: Intent, service: str) -> ServiceDrift:
        """Record the question, then compare. Raises NotFound, CompareUnderWay, Unavailable and LogBehind."""
        if actor.office_id is None or service not in COMPARED:
            raise NotFound
        reader = self._access.controller(actor, actor.office_id)
        self._records.append_all([intent.access({"scope": "read-model", "service": service}, reader.office_id)])
        answer = self._peers.drift(service)
        if answer.status_code == HTTPStatus.CONFLICT:
            raise CompareUnderWay
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer=service)
        said = answer.json()
        return ServiceDrift(service, said["store_seq"], [_table(one) for one in said["tables"]])


def _table(said: dict[str, Any]) -> TableDrift:
    counts = (said[kind]["count"] for kind in ("only_live", "only_rebuilt", "differ"))
    return TableDrift(said["table"], *counts)
