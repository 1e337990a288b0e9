"""A person whom identity erased is erased here too."""

from contextlib import suppress

from chassis.actor import Actor
from contracts.identity import PersonErased
from eventstore import Changed, Position, Store

from dossier.domain.erasure import Erasure


class Erasing:
    """Destroys the key of a person: labels of requests and reasons of refusals about them are gone.

    The key goes first, then the event says so, with the position of the message and the rows of the read model: a crash
    in between brings the message again, and destroying twice does no harm. So nothing is claimed that was not done, and
    nothing is forgotten. A process that read the key a moment ago may hold it in memory for half a minute more; what
    it writes in that time reaches no row (read.erased_person) and opens for nobody afterwards.

    Numbers, titles and notes of dossiers stay: they are the office's, which has to keep its files, and under keys of
    the dossiers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def erase(self, erased: PersonErased, actor: Actor, position: Position) -> None:
        """Destroy the key and say so, once."""
        keys = int(self._store.keys.destroy(erased.person_id))
        with suppress(Changed):  # it was said before: the message came under another number
            self._store.save(Erasure(person_id=erased.person_id, keys=keys), actor=actor, position=position)
