"""Verbs that copy an embedded stack and bring it back."""

import os
from pathlib import Path
from typing import Any

from launcher.verbs import add_verb


def add(verbs: Any) -> None:
    """Declare them."""
    what = "copy everything of the running stack into a new folder, keys included"
    _add(verbs, "backup", what, "launcher.backups.taking:backup", "where the backup is written; new or empty")
    what = "bring a backup back into an empty data folder"
    _add(verbs, "restore", what, "launcher.backups.restoring:restore", "where the backup is")


def _add(verbs: Any, name: str, what: str, run: str, folder: str) -> None:
    verb = add_verb(verbs, name, what, run)
    verb.add_argument("folder", type=Path, metavar="FOLDER", help=folder)
    data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
    verb.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
    verb.add_argument("--json", action="store_true", help="print one JSON object on the last line of stdout")
