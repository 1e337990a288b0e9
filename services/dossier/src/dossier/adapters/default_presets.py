"""The deed types and documents every office begins with, from the files of the folder presets."""

import json
from pathlib import Path

from dossier.domain.presets import Catalogue, DeedType, DocumentType

FOLDER = Path(__file__).parent.parent / "presets"


def default_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read the catalogue; raise ValueError or KeyError if a file does not hold what it should."""
    return Catalogue(_deed_type(path) for path in sorted(folder.glob("*.json")))


def _deed_type(path: Path) -> DeedType:
    content = json.loads(path.read_text(encoding="utf-8"))
    documents = tuple(DocumentType(**document) for document in content["documents"])
    if len({document.code for document in documents}) != len(documents):
        raise ValueError(f"{path.name} lists a document twice")
    return DeedType(code=content["code"], label=content["label"], documents=documents)
