"""Hands out proofs, contents and archives; what was handed out once is the same bytes ever after."""

import io
import zipfile
from datetime import datetime

from sandbox.ar24.papers import pages
from sandbox.ar24.papers.seal import Seal
from sandbox.ar24.truth.clock import PARIS
from sandbox.ar24.truth.model import Consent, File, Letter, Sender, State
from sandbox.ar24.truth.world import World

KINDS = {"ar": State.ACCEPTED, "rf": State.REFUSED, "ng": State.NEGLECTED, "bc": State.BOUNCED}
_ALTERED = b"\n% altered\n"


class Desk:
    """The papers of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seal = Seal.in_folder(world.folder / "seal")

    def proof(self, letter: Letter, kind: str) -> bytes | None:
        """Return a proof; None: its fact has not happened."""
        at = dated(letter, kind)
        if at is None:
            return None
        reason = pages.PROOFS[kind].title
        printed = self._kept(letter, f"proof-{kind}", at, reason)
        return printed + _ALTERED if self._world.faults.proofs_altered else printed

    def content(self, letter: Letter) -> bytes:
        """Return the text of a letter and the list of its files."""
        return self._kept(letter, "content", letter.created, "Contenu")

    def archive(self, letter: Letter) -> bytes:
        """Return everything about a letter: content, files, and the proofs of what has happened."""
        inside = {f"contenu-{letter.id}.pdf": self.content(letter)}
        for file in self.files(letter):
            inside[f"pieces/{file.id}-{file.name.replace('/', '_')}"] = self.bytes_of(file)
        for kind in ("ev", *KINDS):
            printed = self.proof(letter, kind)
            if printed is not None:
                inside[f"preuve-{kind}-{letter.id}.pdf"] = printed
        at = (letter.ended or letter.sent or letter.created).astimezone(PARIS)
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in inside.items():
                stamp = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)
                archive.writestr(zipfile.ZipInfo(name, stamp), data)
        return whole.getvalue()

    def consent(self, consent: Consent, sender: Sender) -> bytes:
        """Return what a recipient answered to a sender."""
        return self._seal.seal(pages.consent(consent, sender), consent.at, "Consentement")

    def files(self, letter: Letter) -> list[File]:
        """Return the files of a letter."""
        return [one for one in (self._world.store.get(File, number) for number in letter.files) if one is not None]

    def bytes_of(self, file: File) -> bytes:
        """Return the bytes of a file."""
        return self._world.store.content(f"file-{file.id}") or b""

    def _kept(self, letter: Letter, what: str, at: datetime, reason: str) -> bytes:
        name = f"{what}-{letter.id}"
        known = self._world.store.content(name)
        if known is not None:
            return known
        sender, files = self._world.sender(letter.sender_id), self.files(letter)
        if what == "content":
            printed = pages.content(letter, sender, files, at)
        else:
            printed = pages.proof(what.removeprefix("proof-"), letter, sender, files, at)
        sealed = self._seal.seal(printed, at, reason)
        with self._world.store.transaction():
            first = self._world.store.content(name)
            if first is None:
                self._world.store.put_content(name, sealed)
        return first or sealed


def dated(letter: Letter, kind: str) -> datetime | None:
    """Return the instant of the fact that a proof of this kind states."""
    return letter.sent if kind == "ev" else letter.ends.get(KINDS[kind])
