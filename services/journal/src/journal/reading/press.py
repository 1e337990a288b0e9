"""What every printed page has: the office, the state of the log, how to verify, the bundle inside, the seal."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from proof.checkpoint import Checkpoint
from proof.note import Note

from journal.reading.access import Reader
from journal.reading.exports import Export, Exports, Wanted
from journal.reading.paper import CODE, Paper, Seal
from journal.reading.peers import Peers
from journal.reading.purposes import Intent

PARIS = ZoneInfo("Europe/Paris")

_HOW = (
    "Comment vérifier. Ce PDF contient, en pièce jointe, le dossier de preuve {name}. Enregistrez-le, et obtenez de "
    "l'office, par une autre voie, la politique de confiance du journal. La commande « scelle verify {name} --policy "
    "politique.json --document fichier » contrôle, sans réseau, que le fichier est celui qui a été déposé et que rien "
    "n'a été altéré. Le dossier de preuve contient aussi un mode d'emploi pour tout vérifier à la main avec sha256sum "
    "et openssl. Pour un seul fichier : son SHA-256 doit être l'un de ceux qui figurent ci-dessus."
)
_LIMITS = (
    "Ces pages résument le dossier de preuve ; à elles seules elles ne sont pas une preuve. Le journal prouve ce qui a "
    "été enregistré. Les dates ci-dessus sont celles des serveurs ; les jetons d'horodatage et les cosignatures des "
    "témoins, s'il y en a, sont dans le dossier de preuve."
)
_SEALED = "Ce PDF porte le sceau électronique de l'organisation : toute modification se voit dans un lecteur de PDF."
_NOT_SEALED = "Ce PDF ne porte pas de sceau électronique : seul le dossier de preuve en pièce jointe se vérifie."


@dataclass(frozen=True, slots=True)
class Printed:
    """Pages that have begun, and the export that they are about."""

    paper: Paper
    export: Export


class Press:
    """Prints exports."""

    def __init__(self, exports: Exports, peers: Peers, seal: Seal | None = None) -> None:
        """Without `seal` the pages are not sealed, and say so."""
        self._exports = exports
        self._peers = peers
        self._seal = seal

    def holds(self, dossier: UUID, event_type: str) -> bool:
        """Tell whether the log has an event of this type of a dossier; raises NotFound."""
        return self._exports.holds(dossier, event_type)

    def begin(self, title: str, reader: Reader, dossier: UUID, wanted: Wanted, intent: Intent) -> Printed:
        """Make the export, and begin its pages. Raises as `Exports.export` does."""
        export = self._exports.export(reader, wanted, intent)
        readers = self._peers.readers(dossier)
        paper = Paper(title, datetime.now(UTC))
        paper.line(f"Office : {self._peers.office_name(reader.office_id) or reader.office_id}")
        paper.line(f"Dossier : {readers.number if readers else dossier}")
        paper.line(f"Identifiant : {export.bundle.scope.id}")
        paper.line(f"Écritures scellées : {len(export.leaves)}")
        return Printed(paper, export)

    def end(self, printed: Printed, reason: str) -> bytes:
        """Add the state of the log, how to verify, the bundle and the seal; returns the PDF."""
        paper, export = printed.paper, printed.export
        note = export.sealed.note
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        name = f"{export.bundle.scope.id}.lcp"
        paper.heading("État du journal")
        paper.line(f"Racine de l'arbre (SHA-256) : {checkpoint.root.hex()}")
        paper.line(f"Nombre de feuilles : {checkpoint.size}")
        for line in note.decode().splitlines():
            paper.line(_shortened(line), size=7, family=CODE)
        for text in (_HOW.format(name=name), _LIMITS, _SEALED if self._seal else _NOT_SEALED):
            paper.line(text, size=9)
        paper.attach(f"{checkpoint.size}.note", note, "Point de contrôle signé", "text/plain")
        paper.attach(name, export.bundle.encode(), "Dossier de preuve", "application/zip")
        pdf = paper.bytes()
        return self._seal.seal(pdf, reason) if self._seal else pdf


def moment(instant: datetime) -> str:
    """Return an instant as it was in Paris."""
    return instant.astimezone(PARIS).strftime("%d/%m/%Y à %H:%M:%S (heure de Paris)")


def _shortened(line: str, most: int = 200) -> str:
    """Keep a post-quantum signature from filling a page; the attachment has it whole."""
    return line if len(line) <= most else f"{line[:most]}… ({len(line)} caractères, entière en pièce jointe)"
