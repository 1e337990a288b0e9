"""A person whom identity erased is erased here too."""

import sys
from contextlib import suppress

from chassis.actor import Actor
from contracts.identity import PersonErased
from eventstore import Changed, Position, Store

from vault.application.ports import Documents, KeyRing, ObjectStore, StoredDocument
from vault.domain.document import Document
from vault.domain.erasure import Erasure


class Erasing:
    """Destroys the key of a person: the names of their files are gone.

    The documents of dossiers stay, with their sizes and digests: an office has to keep what its deeds rest on (RGPD
    art. 17(3)), and their keys are the documents' own. So does what was sent to the person in a letter, with its
    proofs, which is under legal hold; texts and files of letters that never left are destroyed.

    All keys go first, so that a storage which removes nothing keeps nothing that can be read. Then the event says so,
    with the position of the message and the rows of the read model: a crash in between brings the message again, and
    destroying twice does no harm. So nothing is claimed that was not done, and nothing is forgotten. A process that
    read the key a moment ago may hold it in memory for half a minute more; what it writes in that time reaches no row
    (read.erased_person) and opens for nobody afterwards.
    """

    def __init__(self, store: Store, documents: Documents, keys: KeyRing, objects: ObjectStore) -> None:
        self._store = store
        self._documents = documents
        self._keys = keys
        self._objects = objects

    def erase(self, erased: PersonErased, actor: Actor, position: Position) -> None:
        """Destroy the key and say so, once. Raises StorageAway: then the message comes again."""
        files = self._documents.unheld(erased.person_id)
        for file in files:
            self._keys.destroy(file.object_key)
        keys = int(self._store.keys.destroy(erased.person_id))
        sys.audit("scelle.crashpoint", "vault.keys-destroyed")
        for file in files:
            self._remove(file, actor)
        with suppress(Changed):  # it was said before: the message came under another number
            self._store.save(Erasure(person_id=erased.person_id, keys=keys), actor=actor, position=position)

    def _remove(self, file: StoredDocument, actor: Actor) -> None:
        """Remove what nobody can read any more; what a crash leaves of it is noise, and the message comes again."""
        self._objects.remove(self._objects.names(file.object_key + "/"))
        document = self._store.get(Document, file.id)
        document.destroy("person-erased")
        self._store.save(document, actor=actor)
