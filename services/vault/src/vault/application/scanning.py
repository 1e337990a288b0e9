"""Scanning: nobody opens a document before a scanner has found it clean."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import NotFound
from eventstore import Changed, Missing, Store

from vault.application.opening import Opener
from vault.application.ports import ScanFailed, Scanner, ScanQueue, StoredDocument
from vault.domain.document import Document
from vault.domain.refusals import Damaged, StorageAway
from vault.domain.scanning import Cause, Finding, ScannerName, Watch

TRIES = 3
WAITS = (timedelta(seconds=30), timedelta(minutes=5))
"""After the first failure and after the second."""
LATER = timedelta(days=1)
"""A document that could not be scanned is shown as such, and tried once a day: limits and signatures change."""
AT_ONCE = 20


class BasicScanner:
    """The built-in check where no scanner is configured: the EICAR signature, beside the type found at the deposit."""

    name: ScannerName = "basic"

    def ready(self) -> None:
        """Be ready: there is nothing to wait for."""

    def scan(self, chunks: Iterable[bytes | bytearray | memoryview]) -> Finding:
        """Look at a document."""
        watch = Watch()
        for chunk in chunks:
            watch.take(chunk)
        return watch.finding()


class Scanning:
    """Has every stored document looked at, once with success."""

    def __init__(self, *, store: Store, queue: ScanQueue, opener: Opener, scanner: Scanner) -> None:
        self._store = store
        self._queue = queue
        self._opener = opener
        self._scanner = scanner

    def scan_due(self) -> int:
        """Scan some of what waits; return how many were looked at.

        Raises ScannerAway, and leaves all as it was, while the scanner is away or its signatures are too old.
        """
        due = self._queue.due(AT_ONCE)
        if not due:
            return 0
        self._scanner.ready()
        return sum(self._scan(document) for document in due)

    def _scan(self, document: StoredDocument) -> bool:
        attempt = self._queue.claim(document.id)
        if attempt is None:
            return False
        try:
            finding = self._scanner.scan(self._opener.parts(document))
        except NotFound:  # destroyed meanwhile
            self._queue.settle(document.id)
            return True
        except ScanFailed as failed:
            self._failed(document, attempt, failed.cause)
            return True
        except (Damaged, StorageAway):
            self._failed(document, attempt, "failed")
            return True
        self._record(document, finding)
        self._queue.settle(document.id)
        return True

    def _failed(self, document: StoredDocument, attempt: int, cause: Cause) -> None:
        log = get_logger()
        if attempt < TRIES:
            log.warning("scan-failed", version_id=document.id, attempt=attempt, cause=cause)
            self._queue.postpone(document.id, WAITS[attempt - 1])
            return
        log.error("document-not-scanned", version_id=document.id, attempt=attempt, cause=cause)
        self._record(document, Finding("not-scanned", self._scanner.name, cause=cause))
        self._queue.postpone(document.id, LATER)

    def _record(self, stored: StoredDocument, finding: Finding) -> None:
        """Say so, once; whoever changed the document meanwhile, it is tried again by another round."""
        with suppress(Missing):
            for _ in range(TRIES):
                document = self._store.get(Document, stored.id)
                document.scanned(finding)
                with suppress(Changed):
                    self._store.save(document, actor=Actor.system())
                    return
