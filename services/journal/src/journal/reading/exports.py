"""The verifiable export: what was sealed, cosigned and stamped, beside what the stores hold at that moment.

Each export is itself recorded before anything is shown, and the head after it says how far the office had come.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.logging import get_logger
from chassis.refusal import NotFound, Refusal
from proof.bundle import Bundle, Scope

from journal.attest.attestations import Attestations
from journal.attest.stamping import Stamper
from journal.attest.witnessing import Witnesses
from journal.log.checkpoints import Checkpoints, ForkRefused, PublishedUnknown, Sealed
from journal.log.database import Database
from journal.log.heads import EXPORT, append_head
from journal.log.leaf import Leaf
from journal.log.records import Records, record
from journal.log.scope import digest_of, leaves_of
from journal.reading.access import Reader
from journal.reading.gathering import Gathering, document_versions, items
from journal.reading.peers import Peers
from journal.reading.purposes import Intent

MOST_EARLIER = 8  # checkpoints that one export may be compared with
WITNESS_SECONDS = STAMP_SECONDS = 3.0  # how long an export waits for others


MOST_LEAVES = 100_000  # of one bundle, which the verifier reads at once


class ExportTooLarge(Refusal):
    """This is more than one bundle holds; export its dossiers one by one."""

    code, status = "export-too-large", 422


class CheckpointUnknown(Refusal):
    """The log never signed a checkpoint of that size."""

    code, status = "checkpoint-unknown", 422


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is exported, and how.

    `earlier` are sizes of checkpoints that the reader holds, whose growth the bundle then proves; without `contents`
    nothing is disclosed in clear. `dossier` is that of a document version.
    """

    scope: Scope
    office: UUID
    dossier: UUID | None = None
    earlier: Sequence[int] = ()
    contents: bool = True
    form: str = "bundle"

    def query(self) -> dict[str, object]:
        """Return what the record of the export says was asked for."""
        known = [str(size) for size in self.earlier]
        return {"scope": self.scope.kind, "id": self.scope.id, "known": known, "contents": self.contents}


@dataclass(frozen=True, slots=True)
class Export:
    """A bundle and the leaves in it, already read."""

    bundle: Bundle
    leaves: Sequence[Leaf]
    sealed: Sealed


class Exports:
    """Makes bundles."""

    def __init__(  # noqa: PLR0913, PLR0917 - everybody who has a part in an export
        self,
        database: Database,
        records: Records,
        checkpoints: Checkpoints,
        attestations: Attestations,
        witnesses: Witnesses,
        stamper: Stamper,
        peers: Peers,
        most: int = MOST_LEAVES,
    ) -> None:
        """`most` is how many leaves a bundle may have."""
        self._database = database
        self._records = records
        self._checkpoints = checkpoints
        self._attestations = attestations
        self._witnesses = witnesses
        self._stamper = stamper
        self._peers = peers
        self._most = most

    def export(self, reader: Reader, wanted: Wanted, intent: Intent) -> Export:
        """Record the export, have what the log holds sealed, cosigned and stamped, then gather the bundle.

        Raises NotFound for a scope without an event, ExportTooLarge, CheckpointUnknown, LogBehind, Unavailable.
        """
        earlier = {size: self._known(size) for size in wanted.earlier[:MOST_EARLIER]}
        below = self._record(wanted, intent)
        sealed = self._seal()
        if sealed is None:
            raise NotFound
        found = self._found(wanted.scope, min(below, sealed.size))
        final = self._attested(sealed, found, least=max([sealed.size, *earlier]))
        gathering = Gathering(self._database, self._attestations)
        with_states = items(found, gathering.paths(found, final), self._peers, reader if wanted.contents else None)
        notes, tokens = gathering.notes(final, found[0].index, earlier)
        anchored, anchors = gathering.anchors(final, max((leaf.index for leaf in found if leaf.event), default=-1))
        notes |= anchored
        bundle = Bundle(
            scope=wanted.scope,
            items=with_states,
            checkpoints=notes,
            observations=tuple(self._peers.observations(document_versions(found))),
            consistency=gathering.growth(notes, final),
            tokens=tokens,
            anchors=anchors,
        )
        sys.audit("scelle.crashpoint", "journal.export-gathered")
        return Export(bundle, found, Sealed(final.size, final.root, notes[final.size]))

    def holds(self, dossier: UUID, event_type: str) -> bool:
        """Tell whether the log has an event of this type of a dossier; raises NotFound for a dossier without events."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT bool_or(type = %s) AS held FROM journal.entry WHERE dossier = %s AND kind = 'event'",
                (event_type, dossier),
            ).fetchone()
        if row is None or row["held"] is None:
            raise NotFound
        return bool(row["held"])

    def _record(self, wanted: Wanted, intent: Intent) -> int:
        """Record the export and the head after it; returns the place under which everything is shown."""
        scope, dossier = wanted.scope, UUID(wanted.scope.id) if wanted.scope.kind == "dossier" else wanted.dossier
        with self._records.writing() as appender:
            entries, digest = digest_of(appender.connection, scope.kind, scope.id)
            if not entries:
                raise NotFound
            if entries > self._most:
                raise ExportTooLarge
            draft = intent.export(wanted.query(), wanted.office, dossier, wanted.form, entries, digest)
            record(appender, [draft])
            if scope.kind != "aggregate":
                append_head(appender, EXPORT, wanted.office, dossier)
            return appender.size

    def _seal(self) -> Sealed | None:
        try:
            return self._checkpoints.seal()
        except (ForkRefused, PublishedUnknown):
            get_logger().exception("export-of-a-damaged-log")  # the last signed state shows where it is damaged
            return self._checkpoints.last()

    def _found(self, scope: Scope, below: int) -> list[Leaf]:
        """Return what is shown: nothing above the last head of the scope, which then says that nothing was left out."""
        with self._database.transaction() as connection:
            found = leaves_of(connection, scope.kind, scope.id, below)
            heads = [leaf.index for leaf in found if _is_head(leaf, scope)]
            if heads and heads[-1] < found[-1].index:
                found = leaves_of(connection, scope.kind, scope.id, heads[-1] + 1)
        if not found:
            raise NotFound
        return found

    def _attested(self, sealed: Sealed, found: Sequence[Leaf], least: int) -> Sealed:
        """Have the state cosigned and stamped; returns the state that the bundle is best proven under.

        That may be a later one: a witness that went on to it signs no smaller one any more.
        """
        self._witnesses.ask(sealed, WITNESS_SECONDS)
        end = max((leaf.index for leaf in found if leaf.event), default=-1)
        self._stamper.cover(end, STAMP_SECONDS)
        states = [sealed, self._checkpoints.last(), self._checkpoints.at(self._attestations.stamped() or 0)]
        good = [state for state in states if state and state.size >= least]

        def attested(state: Sealed) -> tuple[bool, bool, int]:
            stamped = self._attestations.stamped(state.size) or 0
            return self._witnesses.quorum_met(state.size), stamped > end, -state.size

        return max(good, key=attested)

    def _known(self, size: int) -> bytes:
        sealed = self._checkpoints.at(size)
        if sealed is None:
            raise CheckpointUnknown
        return sealed.note


def _is_head(leaf: Leaf, scope: Scope) -> bool:
    return leaf.entry.kind == "head" and (leaf.entry.dossier is None or scope.kind == "dossier")
