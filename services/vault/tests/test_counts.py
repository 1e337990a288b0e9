"""What operators are told of the bucket."""

import hashlib
from typing import Any

from vault.readmodel.counts import open_uploads, orphan_objects, unscanned


def test_objects_without_a_key_are_counted_and_those_of_documents_and_uploads_are_not(vault: Any) -> None:
    store, objects = vault.parts.store, vault.parts.objects
    vault.put(vault.ticket())
    begun = vault.ticket()
    url = f"/documents/{begun.version_id}/upload"
    headers = {**vault.bearer(begun), "Tus-Resumable": "1.0.0", "Upload-Length": str(begun.size)}
    assert vault.http.post(url, headers=headers).status_code == 201
    assert (orphan_objects(store, objects), open_uploads(store)) == (0, 1)
    assert unscanned(store) == {"waiting": 0, "given-up": 0}
    for number in range(2):
        objects.put(f"{'ab' * 16}/{number:05d}", b"x", hashlib.sha256(b"x").digest())
    assert orphan_objects(store, objects) == 2
