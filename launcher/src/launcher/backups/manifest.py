"""What a backup holds: each file with its size and digest, so that a damaged one is refused whole."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from launcher.errors import StackError
from launcher.files import write_private

FORMAT = "scelle-backup/1"
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the backup."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, folder: Path, path: Path) -> "File":
        """Describe a file that lies below the folder."""
        with path.open("rb") as content:
            digest = file_digest(content, "sha256").hexdigest()
        return cls(path.relative_to(folder).as_posix(), path.stat().st_size, digest)


def write(folder: Path, taken_at: datetime) -> int:
    """Describe everything that lies in the folder, and say that the backup is complete; return its bytes."""
    files = [File.of(folder, path) for path in _files(folder)]
    stated = {"format": FORMAT, "taken_at": taken_at.isoformat(), "files": [asdict(file) for file in files]}
    write_private(folder / NAME, json.dumps(stated, indent=1))
    return sum(file.size for file in files)


def checked(folder: Path) -> dict[str, Any]:
    """Return the manifest of a backup, none of whose files is missing, changed or strange.

    Raises StackError with the first file that differs.
    """
    try:
        stated: dict[str, Any] = json.loads((folder / NAME).read_text())
        expected = {File(**file) for file in stated["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StackError(f"{folder} is no complete backup: {NAME} is missing or cannot be read") from error
    if stated.get("format") != FORMAT:
        raise StackError(f"{folder} is a backup of another format than {FORMAT}")
    differing = expected ^ {File.of(folder, path) for path in _files(folder)}
    if differing:
        raise StackError(f"{folder} is damaged: {min(file.path for file in differing)} is not what was written")
    return stated


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / NAME)
