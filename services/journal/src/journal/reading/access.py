"""Who may read the journal of a dossier: decided here and nowhere else.

The compliance role of an office reads all of its dossiers; other staff and clients read those that the dossier service
says they may. Everybody else gets the answer of a dossier that does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound

from journal.log.database import Database
from journal.reading.peers import Peers
from journal.reading.purposes import is_compliance


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who may read a dossier; a client is shown what is about them."""

    office_id: UUID
    client_id: str | None = None

    def may_open(self, data: Mapping[str, Any]) -> bool:
        """Tell whether the clear fields of an event, or a state, may be shown; files of letters never to clients."""
        if self.client_id is None:
            return True
        of_letter = "legal_hold" in data and data.get("issuer") != "dossier"
        return not of_letter and self.client_id in (data.get("client_id"), data.get("owner_id"))

    def may_name(self, actor: str, kind: str) -> bool:
        """Tell whether the name of whoever acted may be shown: clients do not see each other's."""
        return self.client_id is None or kind != "client" or actor == self.client_id


class Access:
    """The decision, from the journal's own entries and the dossier service."""

    def __init__(self, database: Database, peers: Peers) -> None:
        self._database = database
        self._peers = peers

    def reader(self, actor: Actor, dossier: UUID) -> Reader:
        """Return what `actor` may see of `dossier`; raises NotFound."""
        if is_compliance(actor) and actor.office_id is not None:
            if self._office(dossier) != actor.office_id:
                raise NotFound
            return Reader(actor.office_id)
        readers = self._peers.readers(dossier) if actor.kind in {"staff", "client"} else None
        person = str(actor.person_id)
        if readers is None:
            raise NotFound
        if actor.kind == "client" and person in readers.client_ids:
            return Reader(readers.office_id, client_id=person)
        if actor.kind == "staff" and actor.office_id == readers.office_id and person in readers.staff_ids:
            return Reader(readers.office_id)
        raise NotFound

    def controller(self, actor: Actor, office: UUID) -> Reader:
        """Return what `actor` may see of a whole office: only its own compliance role reads it. Raises NotFound."""
        if not is_compliance(actor) or actor.office_id != office:
            raise NotFound
        return Reader(office)

    def dossier_of(self, version: UUID) -> UUID:
        """Return the dossier that a document version is in; raises NotFound also for one of a personal safe."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT dossier FROM journal.entry WHERE svc = 'vault' AND agg = %s AND dossier IS NOT NULL"
                " ORDER BY agg_ver LIMIT 1",
                (version,),
            ).fetchone()
        if row is None:
            raise NotFound
        return UUID(str(row["dossier"]))

    def _office(self, dossier: UUID) -> UUID | None:
        """Return the office that opened the dossier, as the log says."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT office FROM journal.entry WHERE svc = 'dossier' AND agg = %s AND agg_ver = 1", (dossier,)
            ).fetchone()
        return row["office"] if row else None
