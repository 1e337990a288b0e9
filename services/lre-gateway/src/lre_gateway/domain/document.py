"""A file that goes with a letter, frozen by its digest; its bytes are in the vault."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self
from uuid import UUID


class Role(StrEnum):
    """What the file is in the letter."""

    TEXT = "text"
    """The text of the letter, as a PDF."""
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file of a letter. Its name is an office's free text and stands elsewhere."""

    version_id: UUID
    role: Role
    size: int
    """Bytes."""
    sha256: str
    """Of the bytes, hexadecimal."""
    media_type: str
    manifest_sha256: str | None = None
    """Of what the vault stores, hexadecimal; none if the vault did not say."""
    a4: bool | None = None
    """Whether every page is A4 portrait; none if nobody looked, which only paper needs."""

    def plain(self) -> dict[str, Any]:
        """Return it as an event holds it."""
        return {
            "version_id": str(self.version_id),
            "role": self.role.value,
            "size": self.size,
            "sha256": self.sha256,
            "media_type": self.media_type,
            "manifest_sha256": self.manifest_sha256,
            "a4": self.a4,
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read what `plain` made."""
        return cls(**{**plain, "version_id": UUID(plain["version_id"]), "role": Role(plain["role"])})
