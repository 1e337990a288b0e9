"""Why somebody reads or exports: said by whoever asks, kept in the log, required of who controls an office."""

from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import Refusal

from journal.log.records import Draft

Purpose = Literal["control", "legal-request", "data-subject-request", "incident", "own-records"]
PURPOSES: tuple[str, ...] = get_args(Purpose)
REFERENCE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9./_-]{0,63}$"

Query = dict[str, Any]


class PurposeRequired(Refusal):
    """Say why you read: the compliance role states a purpose (`purpose=control`), which the journal keeps."""

    code, status = "purpose-required", 422


@dataclass(frozen=True, slots=True)
class Intent:
    """Who asks, and why."""

    actor: Actor
    purpose: str
    reference: str | None = None

    def access(self, query: Query, office: UUID | None, dossier: UUID | None = None) -> Draft:
        """Return the record of a reading."""
        return Draft("access", self._said(query), office, dossier, self.actor.person_id, self.actor.kind)

    def export(  # noqa: PLR0913, PLR0917 - the facts of the record
        self, query: Query, office: UUID | None, dossier: UUID | None, form: str, entries: int, digest: str
    ) -> Draft:
        """Return the record of an export of so many leaves, with the hash of all their hashes."""
        body = self._said(query) | {"format": form, "entries": entries, "digest": digest}
        return Draft("export", body, office, dossier, self.actor.person_id, self.actor.kind)

    def _said(self, query: Query) -> dict[str, Any]:
        return {"purpose": self.purpose, "reference": self.reference, "query": query}


def stated(actor: Actor, purpose: Purpose | None, reference: str | None) -> Intent:
    """Return why `actor` asks; people read their own records unless they say more. Raises PurposeRequired."""
    if purpose is None and is_compliance(actor):
        raise PurposeRequired
    return Intent(actor, purpose or "own-records", reference)


def is_compliance(actor: Actor) -> bool:
    """Tell whether somebody controls an office."""
    return actor.kind == "staff" and actor.role == "compliance"
