"""A storage that removes nothing: what was destroyed cannot be read all the same, and is removed when it may be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from contracts.examples import example
from eventstore import Inbox
from launcher.components.seaweedfs import SeaweedFS
from testkit.lying_storage import LyingStorage
from testkit.plugin import Bucket
from vault.domain.refusals import StorageAway
from vault.wiring import Parts, message_handlers

TEXT = b"Monsieur, je vous mets en demeure."


@pytest.fixture
def storage(s3_server: SeaweedFS) -> Iterator[LyingStorage]:
    storage = LyingStorage(s3_server.access)
    yield storage
    storage.close()


@pytest.fixture
def s3(one_bucket: Bucket, storage: LyingStorage) -> Bucket:
    """Return the bucket behind the storage that lies."""
    port = storage.port
    return Bucket(replace(one_bucket.access, endpoint=f"127.0.0.1:{port}"), one_bucket.name)


@pytest.mark.fault("F44")
def test_a_lock_on_the_objects_does_not_keep_what_was_erased_readable(vault: Any, storage: LyingStorage) -> None:
    person = uuid4()
    draft = replace(vault.ticket(TEXT), issuer="lre-gateway", dossier_id=None, owner_id=person)
    assert vault.put(draft, TEXT).status_code == 201
    kept = vault.kept()
    erased = example("identity.person-erased", seq=1, subject=person, person_id=person)
    parts = Parts(vault.settings)
    inbox = Inbox(parts.store, message_handlers(parts))
    with storage.lying(locked=True) as lies:
        with pytest.raises(StorageAway):  # the message comes again
            inbox.receive([erased])
        assert lies.asked["POST"] + lies.asked["DELETE"] > 0
        assert vault.kept() == kept
        assert vault.keys_held() == 0
        assert vault.get(draft).status_code == 404
        with parts.store.connection() as connection:
            assert connection.execute("SELECT wrapped FROM ledger.subject_key").fetchall() in ([], [{"wrapped": None}])
    inbox.receive([erased])
    assert vault.kept() == []
    assert [topic for topic, _ in vault.events()].count("vault.document-destroyed") == 1
    parts.close()
