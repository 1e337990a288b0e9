"""What others said of the signed states, as it is kept: cosignatures of witnesses, tokens of authorities, anchors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from proof.cosignature import Cosignature, Cosigner, cosignatures
from proof.note import Note, NoteInvalid, Signature

from journal.log.database import Database


@dataclass(frozen=True, slots=True)
class Token:
    """A verified answer of a time-stamping authority over the checkpoint of `size`."""

    size: int
    number: int
    response: bytes
    authority: str
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class Anchor:
    """An OpenTimestamps proof of the checkpoint of `size`; `height` is its lowest block, None while it waits."""

    size: int
    proof: bytes
    height: int | None


class Attestations:
    """Reads them, and keeps verified cosignatures; tokens are kept with the seal that records them."""

    def __init__(self, database: Database, cosigners: Sequence[Cosigner] = ()) -> None:
        self._database = database
        self.cosigners = tuple(cosigners)

    def note(self, size: int) -> bytes | None:
        """Return the note of exactly this size: its text, the log's lines, the cosignatures in the policy's order."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT note FROM journal.checkpoint WHERE size = %s AND note IS NOT NULL", (size,)
            ).fetchone()
            lines = connection.execute("SELECT vkey, line FROM journal.cosignature WHERE size = %s", (size,)).fetchall()
        if row is None:
            return None
        said = {line["vkey"]: line["line"] for line in lines}
        present = [said[one.vkey] for one in self.cosigners if one.vkey in said]
        return bytes(row["note"]) + "".join(present).encode()

    def last(self) -> bytes | None:
        """Return the note of the largest signed checkpoint; None before the first."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT max(size) AS size FROM journal.checkpoint WHERE note IS NOT NULL"
            ).fetchone()
        return self.note(row["size"]) if row and row["size"] is not None else None

    def cosigned(self, size: int) -> tuple[Cosignature, ...]:
        """Return who cosigned the checkpoint of this size, and when.

        A line that does not verify (the checkpoint was changed under it) counts for nothing. It stays in the note, so
        that whoever verifies sees it.
        """
        note = self.note(size)
        whole = Note.parse(note) if note else None
        return tuple(said for line in whole.signatures for said in self._said(whole.text, line)) if whole else ()

    def _said(self, text: str, line: Signature) -> tuple[Cosignature, ...]:
        try:
            return cosignatures(Note(text, (line,)), self.cosigners)
        except NoteInvalid:
            return ()

    def reached_by(self, cosigner: Cosigner) -> int:
        """Return the largest size that this witness cosigned; 0 before the first."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT coalesce(max(size), 0) AS size FROM journal.cosignature WHERE vkey = %s", (cosigner.vkey,)
            ).fetchone()
        return int(row["size"]) if row else 0

    def add(self, size: int, line: Signature, said: Cosignature) -> None:
        """Keep a verified cosignature; a witness that signs the same state again says nothing new."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO journal.cosignature (size, vkey, line, cosigned_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (size, vkey) DO NOTHING",
                (size, said.cosigner.vkey, line.encode().decode(), said.at),
            )

    def tokens(self, size: int) -> list[Token]:
        """Return the tokens over the checkpoint of this size, in the order in which they came."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT size, number, response, authority, stamped_at FROM journal.token WHERE size = %s"
                " ORDER BY number",
                (size,),
            ).fetchall()
        return [Token(**row | {"response": bytes(row["response"])}) for row in rows]

    def stamped(self, most: int | None = None) -> int | None:
        """Return the largest size that has a token, of those up to `most`."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT max(size) AS size FROM journal.token WHERE size <= coalesce(%s, size)", (most,)
            ).fetchone()
        return row["size"] if row else None

    def anchors(self, index: int, most: int) -> list[Anchor]:
        """Return what anchors leaf `index`, among the sizes up to `most`, as early as can be.

        Where nothing proved covers it, that is the last proved one, and the first that waits and will cover it.
        """
        query = (
            "(SELECT size, proof, height FROM journal.anchor WHERE size > %(index)s AND size <= %(most)s"
            " ORDER BY height IS NULL, size LIMIT 1) UNION ALL"
            " (SELECT size, proof, height FROM journal.anchor WHERE size <= %(index)s AND height IS NOT NULL"
            " ORDER BY size DESC LIMIT 1)"
        )
        with self._database.transaction() as connection:
            rows = connection.execute(query, {"index": index, "most": most}).fetchall()
        found = [Anchor(row["size"], bytes(row["proof"]), row["height"]) for row in rows]
        covering = [one for one in found if one.size > index and one.height is not None]
        return covering or found
