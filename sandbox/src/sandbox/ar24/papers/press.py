"""Prints and seals: the only place that loads what printing and sealing need."""

from datetime import datetime
from pathlib import Path

from sandbox.ar24.papers import pages
from sandbox.ar24.papers.seal import Seal
from sandbox.ar24.truth.model import Consent, File, Letter, Sender


class Press:
    """Makes papers, sealed with the keys that a folder keeps."""

    def __init__(self, folder: Path) -> None:
        self._seal = Seal(folder)

    def proof(self, kind: str, letter: Letter, sender: Sender, files: list[File], at: datetime) -> bytes:
        """Make the proof of a fact of this instant."""
        return self._seal.seal(pages.proof(kind, letter, sender, files, at), at, pages.PROOFS[kind].title)

    def content(self, letter: Letter, sender: Sender, files: list[File]) -> bytes:
        """Make the text of a letter and the list of its files."""
        return self._seal.seal(pages.content(letter, sender, files), letter.created, "Contenu")

    def consent(self, given: Consent, sender: Sender) -> bytes:
        """Make the proof of what a recipient answered."""
        return self._seal.seal(pages.consent(given, sender), given.at, "Consentement")
