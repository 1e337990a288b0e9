"""Asking for documents, and deciding on what came."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventstore import Changed, Store, UniqueViolation

from dossier.application.access import Access, person
from dossier.application.dossiers import Dossiers
from dossier.application.ports import Register
from dossier.application.retrying import retried
from dossier.domain.completion import completion
from dossier.domain.document_request import DocumentRequest, State
from dossier.domain.dossier import Dossier
from dossier.domain.presets import DocumentType, folded
from dossier.domain.refusals import AlreadyAsked, NothingAsked

PENDING = frozenset({State.ASKED, State.DEPOSITED, State.REFUSED})

ASKED_ONCE = "document_asked_once"
"""The index of the read model that catches two colleagues asking at the same moment."""


class DocumentRequests:
    """The use cases of requests, for the staff of an office."""

    def __init__(self, store: Store, access: Access, register: Register, dossiers: Dossiers) -> None:
        self._store = store
        self._access = access
        self._register = register
        self._dossiers = dossiers

    def ask(
        self, actor: Actor, dossier_id: UUID, client_id: UUID, document_types: Sequence[str], others: Sequence[str]
    ) -> Any:
        """Ask a client of the dossier for documents, all at once (L-39 to L-44); return the batch and its requests."""
        dossier = self._access.to_change(actor, dossier_id)
        if client_id not in dossier.client_ids:
            raise NotFound
        chosen = self._dossiers.catalogue(dossier.office_id).choose(dossier.deed_type, document_types, others)
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
            )
            for document in chosen
        ]
        outcome = {"batch_id": str(batch_id), "request_ids": [str(request.id) for request in requests]}
        try:
            return self._store.save(*requests, actor=actor, outcome=outcome)
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
