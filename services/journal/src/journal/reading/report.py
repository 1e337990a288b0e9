"""The report of a dossier: everything that happened in it, in plain words, with the proof inside."""

from uuid import UUID

from proof.bundle import Scope

from journal.log.database import Database
from journal.reading.access import Reader
from journal.reading.exports import Wanted
from journal.reading.paper import Paper
from journal.reading.press import Press, moment
from journal.reading.purposes import Intent
from journal.reading.query import at_places
from journal.reading.timeline import Event, Timeline

TITLE = "Rapport sur un dossier"


class Reports:
    """Prints reports."""

    def __init__(self, press: Press, database: Database, timeline: Timeline) -> None:
        self._press = press
        self._database = database
        self._timeline = timeline

    def of_dossier(self, reader: Reader, dossier: UUID, intent: Intent) -> bytes:
        """Return the report of a dossier as a PDF: exactly the leaves of the bundle in it. Raises as an export does."""
        wanted = Wanted(Scope("dossier", str(dossier)), reader.office_id, form="report")
        printed = self._press.begin(TITLE, reader, dossier, wanted, intent)
        with self._database.transaction() as connection:
            rows = at_places(connection, [leaf.index for leaf in printed.export.leaves])
        printed.paper.heading("Ce qui s'est passé")
        for event in self._timeline.shown(reader, rows):
            _event(printed.paper, event)
        return self._press.end(printed, TITLE)


def _event(paper: Paper, event: Event) -> None:
    actor = event.actor
    name = "personne effacée" if actor.erased else actor.name or (f"{actor.id}" if actor.id else "le système")
    paper.line(f"{event.index}. {event.meaning}", size=9, style="B")
    paper.line(f"{moment(event.recorded_at)}, par {name} ({actor.kind}), {event.type}. {_proof(event)}", size=8)


def _proof(event: Event) -> str:
    if event.sealed is None:
        return "Pas encore scellé."
    said = [f"scellé sous {event.sealed.size} feuilles"]
    said += ["cosigné par un témoin"] if event.sealed.cosigned else []
    said += [f"horodaté au plus tard le {moment(event.sealed.stamped_at)}"] if event.sealed.stamped_at else []
    return f"{', '.join(said).capitalize()}."
