"""The same letter to the same person twice: a warning, because sending again can be meant."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

WINDOW = timedelta(days=30)


def fingerprint(recipient_id: UUID, digests: Iterable[str]) -> str:
    """Return what two letters share that say the same to the same person; the order of files makes no difference."""
    told = "\n".join([str(recipient_id), *sorted(digests)])
    return hashlib.sha256(told.encode()).hexdigest()
