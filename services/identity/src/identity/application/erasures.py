"""The erasure of a person, which an office asks for (RGPD art. 17).

`Erasures` records `identity.person-erased`. From the transaction of that event on, no list, search or sign-in finds the
person and no session of theirs lives: the rows are blanked with it. `Finishing` then destroys the secrets and the key,
and says so in `identity.person-keys-destroyed`.

The order can neither lose an erasure nor claim one that was not done. The event comes first: after a crash at any
later point it is still there without its sequel, and the process that finds it so does the rest, however often that
takes; to destroy what is destroyed changes nothing. That the keys are destroyed is said last. The other services
follow the first event and say the same of theirs. Nothing here needs the bus.
"""

from contextlib import suppress
from typing import Protocol
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import NotAllowed, NotFound
from eventstore import Changed, Store

from identity.application.errors import LegalHold, StillMember
from identity.application.people import Offices, People, PersonRow
from identity.application.sessions import Sessions
from identity.domain.erasure import Basis, Erasure
from identity.domain.membership import Role
from identity.domain.person import Person

MAY_ERASE = frozenset({Role.NOTARY, Role.COMPLIANCE})
CAUSE = "person-erased"
"""Why the sessions of an erased person ended."""


class Dossiers(Protocol):
    """The dossier service."""

    def open_with(self, client_id: UUID) -> int:
        """Count the open dossiers of a client; raise a refusal of status 503 while it does not answer."""
        ...


class Secrets(Protocol):
    """What is kept of a person beside the events."""

    def destroy(self, person_id: UUID, issuer: str | None, subject: str | None) -> None:
        """Remove password, codes, links, and registrations of the subject at the identity provider."""
        ...


class Erasures:
    """Decide on an erasure and record it."""

    def __init__(self, *, store: Store, people: People, offices: Offices, dossiers: Dossiers) -> None:
        self._store, self._people, self._offices, self._dossiers = store, people, offices, dossiers

    def erase(self, actor: Actor, person_id: UUID, basis: Basis) -> None:
        """Erase a client of the caller's office, or someone whom it refused as a member; again does nothing.

        Raises:
            NotAllowed: only notaries and compliance officers decide on it.
            NotFound: the caller's office does not know this person.
            StillMember: the person is, or asks to be, a member of an office.
            LegalHold: a dossier of the client is still open; the office has to keep what its deed rests on.
            Unavailable: the dossier service cannot say.

        """
        office_id = _decider(actor)
        known = self._people.person(person_id)
        if known is None or not self._is_of(office_id, known):
            raise NotFound
        if known.erased:
            return
        self._refuse_if_held(known)
        person = self._store.get(Person, person_id)
        person.erase(office_id, basis)
        self._store.save(person, actor=actor)

    def _is_of(self, office_id: UUID, person: PersonRow) -> bool:
        if person.kind == "client":
            return person.office_id == office_id
        return any(one.person_id == person.id for one in self._offices.members(office_id, None))

    def _refuse_if_held(self, person: PersonRow) -> None:
        if self._offices.memberships(person.id):
            raise StillMember
        if person.kind == "client" and (count := self._dossiers.open_with(person.id)):
            raise LegalHold(dossiers=count)


class Finishing:
    """Carries erasures out to the end."""

    def __init__(self, *, store: Store, people: People, sessions: Sessions, secrets: Secrets) -> None:
        self._store, self._people, self._sessions, self._secrets = store, people, sessions, secrets
        self._log = get_logger()

    def finish_all(self) -> int:
        """Finish what was recorded and is not finished; return how many. One that fails is tried again next time."""
        waiting = self._people.half_erased()
        for person_id in waiting:
            try:
                self._finish(person_id)
            except Exception as error:  # noqa: BLE001 - the others must not wait for it
                self._log.error("erasure-not-finished", person_id=person_id, exc_info=error)
        return len(waiting)

    def _finish(self, person_id: UUID) -> None:
        actor = Actor.system()
        person = self._store.get(Person, person_id)  # its subject reads as None once the key is gone: then all was done
        self._sessions.end_all(person_id, CAUSE, actor)
        self._secrets.destroy(person_id, person.issuer, person.subject)
        keys = int(self._store.keys.destroy(person_id))
        with suppress(Changed):  # another process said it
            self._store.save(Erasure(person_id=person_id, keys=keys), actor=actor)


def _decider(actor: Actor) -> UUID:
    if actor.kind != "staff" or actor.office_id is None or actor.role not in MAY_ERASE:
        raise NotAllowed
    return actor.office_id
