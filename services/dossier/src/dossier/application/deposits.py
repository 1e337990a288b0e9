"""Tickets for the vault, and what the vault says it stored."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4, uuid5

from chassis.actor import Actor
from chassis.refusal import IdempotencyKeyReused, NotAllowed, NotFound
from chassis.tokens import Action, Signer, Ticket
from contracts.vault import DocumentStored
from eventstore import AlreadyDone, Changed, Missing, Position, Store

from dossier.application.access import Access, person
from dossier.domain.document_request import DocumentRequest, State, Version
from dossier.domain.dossier import Dossier
from dossier.domain.refusals import EmptyFile, NotValidated, RequestClosed, Withdrawn


@dataclass(frozen=True, slots=True)
class Declared:
    """What a client says of the file they are about to send."""

    name: str
    size: int
    """Bytes."""
    sha256: str | None
    """Hexadecimal, lower case; none if the sender cannot tell, then the vault finds it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A ticket and the address to show it at."""

    request_id: UUID
    version_id: UUID
    url: str
    ticket: str


class Deposits:
    """The use cases of files; their bytes never come here."""

    def __init__(self, store: Store, access: Access, signer: Signer, vault_url: str) -> None:
        self._store = store
        self._access = access
        self._signer = signer
        self._vault_url = vault_url

    def deposit(self, actor: Actor, request_id: UUID, declared: Declared) -> Pass:
        """Let the client send one file for a request of theirs (L-53 to L-58); nothing is recorded until it is stored.

        The same Idempotency-Key leads to the same version, with a new ticket. Raises IdempotencyKeyReused if the key
        came with something else.
        """
        request = self._access.request(actor, request_id)
        self._access.as_client(actor, request.dossier_id).refuse_if_archived()
        if request.cancelled:
            raise RequestClosed
        _refuse_if_empty(declared)
        self._remember(actor)
        return self._pass(actor, request, _id(actor, request_id), declared, "deposit")

    def offer(self, actor: Actor, dossier_id: UUID, label: str, declared: Declared) -> Pass:
        """Let the client send a document that nobody asked for (L-59); the request's id is made from the command.

        Raises IdempotencyKeyReused if the key came with something else.
        """
        dossier = self._access.as_client(actor, dossier_id)
        dossier.refuse_if_archived()
        _refuse_if_empty(declared)
        self._remember(actor)
        request_id = _id(actor, dossier_id)
        request = DocumentRequest.offered(
            request_id, dossier_id=dossier_id, office_id=dossier.office_id, client_id=person(actor), label=label
        )
        try:
            known = self._store.get(DocumentRequest, request_id)
        except Missing:
            try:
                self._store.save(request, actor=replace(actor, command=None))
            except Changed:
                known = self._store.get(DocumentRequest, request_id)
            else:
                known = request
        return self._pass(actor, known, _id(actor, request_id), declared, "deposit")

    def view(self, actor: Actor, request_id: UUID, version_id: UUID) -> Pass:
        """Let a member of the office look at a version (L-62)."""
        request = self._access.request(actor, request_id)
        if actor.kind != "staff":
            raise NotAllowed
        version = _version(request, version_id)
        if version.state is State.WITHDRAWN:
            raise Withdrawn
        return self._pass(actor, request, version_id, Declared("", version.size, ""), "view")

    def download(self, actor: Actor, request_id: UUID, version_id: UUID) -> Pass:
        """Let the office or the client keep a copy of a validated version (L-64)."""
        request = self._access.request(actor, request_id)
        version = _version(request, version_id)
        if version.state is not State.VALIDATED:
            raise NotValidated
        return self._pass(actor, request, version_id, Declared("", version.size, ""), "download")

    def take_in(self, stored: DocumentStored, actor: Actor, position: Position) -> None:
        """Record that the vault stored a version, together with the position of the vault's message."""
        request = self._store.get(DocumentRequest, stored.request_id)
        archived = self._store.get(Dossier, request.dossier_id).archived
        request.deposit(stored.version_id, stored.size, stored.media_type, archived=archived)
        self._store.save(request, actor=actor, position=position)

    def _remember(self, actor: Actor) -> None:
        """Note what came with the Idempotency-Key, or compare it with what came first.

        It is kept under a name of its own, which no header can hold: commands under their plain key are answered
        again, and a ticket is made anew each time.
        """
        if actor.command is None:
            return
        command = replace(actor.command, key=f"{actor.command.key}\nticket")
        first = self._store.first_outcome(person(actor), command.key)
        if first is None:
            try:
                self._store.save(actor=replace(actor, command=command))
            except AlreadyDone as done:  # a twin was faster
                first = done.fingerprint, None
        if first is not None and first[0] != command.fingerprint:
            raise IdempotencyKeyReused

    def _pass(
        self, actor: Actor, request: DocumentRequest, version_id: UUID, declared: Declared, action: Action
    ) -> Pass:
        ticket = Ticket(
            action=action,
            version_id=version_id,
            request_id=request.id,
            dossier_id=request.dossier_id,
            office_id=request.office_id,
            actor_id=person(actor),
            actor_kind=actor.kind,
            owner_id=request.client_id,
            name=declared.name,
            size=declared.size,
            sha256=declared.sha256 or "",
        )
        url = f"{self._vault_url}/documents/{version_id}/content"
        return Pass(request.id, version_id, url, self._signer.ticket(ticket))


def _refuse_if_empty(declared: Declared) -> None:
    if declared.size == 0:
        raise EmptyFile


def _version(request: DocumentRequest, version_id: UUID) -> Version:
    if version_id not in request.versions:
        raise NotFound
    return request.versions[version_id]


def _id(actor: Actor, within: UUID) -> UUID:
    """Return a new id, the same one for the same command."""
    if actor.command is None:
        return uuid4()
    return uuid5(within, f"{actor.person_id}:{actor.command.key}")
