"""Asking for documents, deciding on what came, and taking back what nobody decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventstore import Changed, Store, UniqueViolation, retried

from dossier.application.access import Access, person
from dossier.application.conversations import Conversations
from dossier.application.office_settings import OfficeSettings
from dossier.application.ports import Register
from dossier.domain.completion import completion
from dossier.domain.document_request import DocumentRequest, State
from dossier.domain.dossier import Dossier
from dossier.domain.presets import DocumentType, folded
from dossier.domain.refusals import AlreadyAsked, DueDatePast, NothingAsked

PENDING = frozenset({State.ASKED, State.DEPOSITED, State.REFUSED})

ASKED_ONCE = "document_asked_once"
"""The index of the read model that catches two colleagues asking at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked of a client at once."""

    document_types: Sequence[str] = ()
    """Ticked types of the preset list (L-40)."""
    others: Sequence[str] = ()
    """Documents in words (L-43)."""
    due_on: date | None = None
    """The day they are expected by (C-04)."""
    message: str | None = None
    """What the office says beside them."""


class DocumentRequests:
    """The use cases of requests."""

    def __init__(
        self, store: Store, access: Access, register: Register, settings: OfficeSettings, conversations: Conversations
    ) -> None:
        self._store = store
        self._access = access
        self._register = register
        self._settings = settings
        self._conversations = conversations

    @retried
    def ask(self, actor: Actor, dossier_id: UUID, client_id: UUID, asking: Asking) -> Any:
        """Ask a client of the dossier for documents, all at once (L-39 to L-44); return the batch and its requests."""
        dossier = self._access.to_change(actor, dossier_id)
        if client_id not in dossier.client_ids:
            raise NotFound
        catalogue, due_on = self._settings.catalogue(dossier.office_id), _day(asking.due_on)
        chosen = catalogue.choose(dossier.deed_type, asking.document_types, asking.others)
        if not chosen:
            raise NothingAsked
        if already := self._already_asked(dossier_id, client_id, chosen):
            raise AlreadyAsked(already=already)
        batch_id = uuid4()
        requests = [
            DocumentRequest(
                dossier_id=dossier_id,
                office_id=dossier.office_id,
                client_id=client_id,
                document_type=document.code or None,
                label=document.label,
                batch_id=batch_id,
                due_on=due_on,
            )
            for document in chosen
        ]
        said = []
        if asking.message:
            said = [self._conversations.about_a_batch(actor, dossier, client_id, batch_id, asking.message)]
        outcome = {"batch_id": str(batch_id), "request_ids": [str(request.id) for request in requests]}
        try:
            return self._store.save(*requests, *said, actor=actor, outcome=outcome)
        except UniqueViolation as violation:
            if violation.constraint == ASKED_ONCE:
                raise AlreadyAsked(already=self._already_asked(dossier_id, client_id, chosen)) from violation
            raise

    @retried
    def validate(self, actor: Actor, request_id: UUID, version_id: UUID) -> None:
        """Accept a version (L-62, L-63); at 100 % the dossier is complete, in the same transaction (L-68)."""
        request, dossier = self._to_decide(actor, request_id)
        request.validate(version_id, person(actor))
        self._save(request, dossier, actor)

    @retried
    def refuse(self, actor: Actor, request_id: UUID, version_id: UUID, reason: str) -> None:
        """Refuse a version; the client reads the reason and deposits again (L-65, L-66)."""
        request, _ = self._to_decide(actor, request_id)
        request.refuse(version_id, reason, person(actor))
        self._store.save(request, actor=actor)

    @retried
    def cancel(self, actor: Actor, request_id: UUID) -> None:
        """Ask for the document no longer; that too can make the dossier complete."""
        request, dossier = self._to_decide(actor, request_id)
        request.cancel(person(actor))
        self._save(request, dossier, actor)

    @retried
    def withdraw(self, actor: Actor, request_id: UUID, version_id: UUID) -> None:
        """Take a file back for the client who sent it, as long as nobody has decided on it.

        Its bytes are destroyed soon afterwards (`Destroying`); the history keeps that it was there. Where the office
        already has another file of this document, the dossier may be complete then.
        """
        request = self._access.request(actor, request_id)
        dossier = self._access.as_client(actor, request.dossier_id)
        dossier.refuse_if_archived()
        request.withdraw(version_id)
        try:
            self._save(request, dossier, actor)
        except UniqueViolation as violation:
            if violation.constraint == ASKED_ONCE:  # a colleague asked for it again at the moment it was first asked
                raise AlreadyAsked(already=[request.label]) from violation
            raise

    @retried
    def expect_by(self, actor: Actor, request_id: UUID, due_on: date | None) -> None:
        """Change the day a document is expected by (C-04)."""
        request, _ = self._to_decide(actor, request_id)
        request.expect_by(_day(due_on), person(actor))
        self._store.save(request, actor=actor)

    def _already_asked(self, dossier_id: UUID, client_id: UUID, chosen: Sequence[DocumentType]) -> list[str]:
        pending = {
            folded(standing.label or "")
            for standing in self._register.standings(dossier_id)
            if standing.requested and standing.client_id == client_id and standing.state in PENDING
        }
        return [document.label for document in chosen if folded(document.label) in pending]

    def _to_decide(self, actor: Actor, request_id: UUID) -> tuple[DocumentRequest, Dossier]:
        request = self._access.request(actor, request_id)
        if actor.kind != "staff":
            raise NotAllowed
        return request, self._access.to_change(actor, request.dossier_id)

    def _save(self, request: DocumentRequest, dossier: Dossier, actor: Actor) -> None:
        states = self._states(dossier.id)
        was_complete = completion(states.values()).complete
        if request.requested:
            states[request.id] = request.state
        if completion(states.values()).complete and not was_complete:
            dossier.complete()
            self._store.save(request, dossier, actor=actor)
            return
        self._store.save(request, actor=actor)
        self._complete_after_a_twin(dossier.id, actor)

    def _states(self, dossier_id: UUID) -> dict[UUID, State]:
        standings = self._register.standings(dossier_id)
        return {standing.request_id: standing.state for standing in standings if standing.requested}

    def _complete_after_a_twin(self, dossier_id: UUID, actor: Actor) -> None:
        """Two last documents decided at the same moment each saw the other missing; whoever comes last sees both.

        The dossier is loaded first: if a twin records the completion after that, saving is refused, and if before,
        the register tells. So it is recorded once.
        """
        dossier = self._store.get(Dossier, dossier_id)
        if not completion(self._states(dossier_id).values()).complete or self._register.is_completed(dossier_id):
            return
        dossier.complete()
        try:
            self._store.save(dossier, actor=Actor.system(correlation_id=actor.correlation_id, trace=actor.trace))
        except Changed:
            return  # the twin recorded it, or another change did and the next decision will


def _day(due_on: date | None) -> str | None:
    """Return a day as events hold it; one that is past everywhere on Earth is refused."""
    if due_on is None:
        return None
    if due_on < (datetime.now(UTC) - timedelta(hours=12)).date():
        raise DueDatePast
    return due_on.isoformat()
