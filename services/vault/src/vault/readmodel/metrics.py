"""What the vault measures of itself; what alarms about it is in docs/runbooks/alerts.md."""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Thread

from chassis.logging import get_logger
from chassis.metrics import Metric, Reading
from eventstore import Store

from vault.application.ports import ObjectStore
from vault.readmodel import counts

ORPHANS_SECONDS = 3600.0
VAULT: Mapping[str, Metric] = {
    "vault_unscanned_documents": Metric(
        "{document}", "Documents that nobody can open yet: waiting for a scanner, or given up for a day", ("state",)
    ),
    "vault_unscanned_age_seconds": Metric("s", "Since the oldest document that waits for a scanner was stored"),
    "vault_open_uploads": Metric("{upload}", "Resumable uploads under way"),
    "vault_orphan_objects": Metric("{object}", "Objects in the bucket for which there is no key; counted every hour"),
}
_AGE = (
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(stored_at)), 0)::float AS age"
    " FROM read.document WHERE scan IS NULL"
)


class Readings:
    """Tells how the vault stands. The bucket is listed in a thread of its own: that may take minutes."""

    def __init__(self, store: Store, objects: ObjectStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._objects, self._clock = store, objects, clock
        self._orphans: int | None = None
        self._counting: Thread | None = None
        self._next = clock()

    def __call__(self) -> Iterable[Reading]:
        """Return what there is to say now; of orphans, what was counted last."""
        for state, count in counts.unscanned(self._store).items():
            yield "vault_unscanned_documents", count, {"state": state}
        with self._store.connection() as connection:
            row = connection.execute(_AGE).fetchone()
        yield "vault_unscanned_age_seconds", row["age"] if row else 0.0, {}
        yield "vault_open_uploads", counts.open_uploads(self._store), {}
        self._count_now_and_then()
        if self._orphans is not None:
            yield "vault_orphan_objects", self._orphans, {}

    def settled(self) -> None:
        """Wait until a count that was begun is done."""
        if self._counting is not None:
            self._counting.join()

    def _count_now_and_then(self) -> None:
        if self._clock() >= self._next and not (self._counting and self._counting.is_alive()):
            self._next = self._clock() + ORPHANS_SECONDS
            self._counting = Thread(target=self._count, daemon=True, name="vault-orphans")
            self._counting.start()

    def _count(self) -> None:
        try:
            self._orphans = counts.orphan_objects(self._store, self._objects)
        except Exception as error:  # noqa: BLE001 - whatever is away, the other numbers go on
            get_logger().warning("metrics-unread", error=type(error).__qualname__)
