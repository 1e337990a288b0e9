"""The answer to a deposit."""

from datetime import datetime
from uuid import UUID

from chassis.http import example
from pydantic import BaseModel

from vault.application.ports import StoredDocument


class Receipt(BaseModel):
    """What is stored: the depositor can compare it with the file."""

    model_config = example(
        {
            "version_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
            "size": 482133,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "media_type": "application/pdf",
            "stored_at": "2026-11-21T09:30:00.123456Z",
        }
    )

    version_id: UUID
    size: int
    sha256: str
    media_type: str
    stored_at: datetime

    @classmethod
    def of(cls, document: StoredDocument) -> "Receipt":
        """Return the receipt of a stored version."""
        return cls(
            version_id=document.id,
            size=document.size,
            sha256=document.sha256,
            media_type=document.media_type,
            stored_at=document.stored_at,
        )
