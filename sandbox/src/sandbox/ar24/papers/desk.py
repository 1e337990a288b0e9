"""Hands out proofs, contents and archives; what was handed out once is the same bytes ever after."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sandbox.ar24.papers import keys
from sandbox.ar24.truth.clock import PARIS
from sandbox.ar24.truth.model import Consent, File, Letter, Sender, State
from sandbox.ar24.truth.world import World

if TYPE_CHECKING:
    from sandbox.ar24.papers.press import Press

KINDS = {"ar": State.ACCEPTED, "rf": State.REFUSED, "ng": State.NEGLECTED, "bc": State.BOUNCED}
_ALTERED = 10  # the place of a byte in the comment that a PDF begins with: the file reads on, its seal is broken


class Desk:
    """The papers of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._folder = world.folder / "seal"
        keys.ensure(self._folder)

    @cached_property
    def _press(self) -> "Press":
        # What printing needs would be most of what the process loads at its start.
        from sandbox.ar24.papers.press import Press  # noqa: PLC0415 - see above

        return Press(self._folder)

    def proof(self, letter: Letter, kind: str) -> bytes | None:
        """Return a proof; None: its fact has not happened."""
        at = dated(letter, kind)
        if at is None:
            return None
        sender, files = self._world.sender(letter.sender_id), self.files(letter)
        name = f"proof-{kind}-{letter.id}"
        printed = self._kept(name, lambda: self._press.proof(kind, letter, sender, files, at))
        if self._world.faults.proofs_altered:
            return printed[:_ALTERED] + bytes([printed[_ALTERED] ^ 1]) + printed[_ALTERED + 1 :]
        return printed

    def content(self, letter: Letter) -> bytes:
        """Return the text of a letter and the list of its files."""
        sender, files = self._world.sender(letter.sender_id), self.files(letter)
        return self._kept(f"content-{letter.id}", lambda: self._press.content(letter, sender, files))

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
        return self._press.consent(consent, sender)

    def files(self, letter: Letter) -> list[File]:
        """Return the files of a letter."""
        return [one for one in (self._world.store.get(File, number) for number in letter.files) if one is not None]

    def bytes_of(self, file: File) -> bytes:
        """Return the bytes of a file."""
        return self._world.store.content(f"file-{file.id}") or b""

    def _kept(self, name: str, made: Callable[[], bytes]) -> bytes:
        known = self._world.store.content(name)
        if known is not None:
            return known
        printed = made()
        with self._world.store.transaction():
            first = self._world.store.content(name)
            if first is None:
                self._world.store.put_content(name, printed)
        return first or printed


def dated(letter: Letter, kind: str) -> datetime | None:
    """Return the instant of the fact that a proof of this kind states."""
    return letter.sent if kind == "ev" else letter.ends.get(KINDS[kind])
