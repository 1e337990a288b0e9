"""Reaping: what a crash in the middle of a deposit left in the bucket is removed a day later."""

from datetime import timedelta

from eventstore import Missing, Store

from vault.application.ports import Attempt, KeyRing, ObjectStore, Uploads
from vault.domain.document import Document

ORPHAN_AGE = timedelta(hours=24)


class Reaper:
    """Removes the objects and keys of attempts, uploads among them, that did not end in an event."""

    def __init__(self, *, store: Store, keys: KeyRing, objects: ObjectStore, uploads: Uploads) -> None:
        self._store = store
        self._keys = keys
        self._objects = objects
        self._uploads = uploads

    def reap(self, older_than: timedelta = ORPHAN_AGE) -> int:
        """Remove what old attempts left; return how many. The events decide, never the read model."""
        self._uploads.sweep()
        reaped = 0
        for attempt in self._keys.in_doubt(older_than):
            if self._succeeded(attempt):
                self._keys.keep(attempt.object_key)
                continue
            self._objects.remove(self._objects.names(attempt.object_key + "/"))
            self._keys.destroy(attempt.object_key)
            reaped += 1
        return reaped

    def _succeeded(self, attempt: Attempt) -> bool:
        try:
            return self._store.get(Document, attempt.version_id).object_key == attempt.object_key
        except Missing:
            return False
