"""A document that an office asked of a client, or that a client sends unasked, from the request to the decision."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from chassis.refusal import NotFound
from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from dossier.domain.refusals import DecidedAlready, NothingToDecide, ReasonMissing, RequestClosed
from dossier.domain.text import visible


class State(StrEnum):
    """Where a request or a version stands.

    A request is never closed or withdrawn, a version neither asked nor cancelled.
    """

    ASKED = "asked"
    DEPOSITED = "deposited"
    REFUSED = "refused"
    VALIDATED = "validated"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    """Kept, but nobody decides on it: the request was cancelled or the dossier archived first."""
    WITHDRAWN = "withdrawn"
    """Its depositor took it back before anyone decided: the bytes are destroyed, the history stays."""


@dataclass(slots=True)
class Version:
    """One file deposited for a request."""

    state: State
    size: int
    """Bytes."""
    replaced: bool = False
    """A later deposit took the place of this refused version."""
    replaces: UUID | None = None
    """The refused version whose place it took."""


class DocumentRequest(Aggregate):
    """One document of one client; it may need several files, and each file is decided on its own (L-56, L-62)."""

    TOPIC = "dossier.document-request"

    class Created(AggregateCreated):
        """The office asks for it; requests made together share the batch."""

        TOPIC = "dossier.document-requested"
        class_version = 2
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        document_type: str | None
        label: Annotated[str | None, Personal(of="client_id")]
        batch_id: UUID
        due_on: str | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Nothing had a due date before."""
            state["due_on"] = None

    class Offered(AggregateCreated):
        """The client sends it unasked; it never counts in the completion."""

        TOPIC = "dossier.document-offered"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        label: Annotated[str | None, Personal(of="client_id")]

    class Deposited(AggregateEvent):
        """The vault holds a version; `state` is that of the request afterwards, here and below."""

        TOPIC = "dossier.document-deposited"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        version_id: UUID
        size: int
        media_type: str
        replaces: UUID | None
        state: str

    class Validated(AggregateEvent):
        """The office accepts the version."""

        TOPIC = "dossier.document-validated"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        version_id: UUID
        actor_id: UUID
        state: str

    class Refused(AggregateEvent):
        """The office refuses the version; the client reads the reason."""

        TOPIC = "dossier.document-refused"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        version_id: UUID
        reason: Annotated[str | None, Personal(of="client_id")]
        actor_id: UUID
        state: str

    class Withdrawn(AggregateEvent):
        """The client takes the version back before a decision."""

        TOPIC = "dossier.document-withdrawn"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        version_id: UUID
        state: str

    class DueDateChanged(AggregateEvent):
        """The office expects it by another day, or at any time (C-04)."""

        TOPIC = "dossier.due-date-changed"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        actor_id: UUID
        due_on: str | None

    class Cancelled(AggregateEvent):
        """The office no longer asks for it."""

        TOPIC = "dossier.request-cancelled"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        actor_id: UUID

    @event(Created)
    def __init__(  # noqa: PLR0913 - the facts of the request
        self,
        due_on: str | None = None,  # before the star: the library takes no default of what comes after it
        *,
        dossier_id: UUID,
        office_id: UUID,
        client_id: UUID,
        label: str | None,
        document_type: str | None = None,
        batch_id: UUID | None = None,
    ) -> None:
        self.dossier_id = dossier_id
        self.office_id = office_id
        self.client_id = client_id
        self.label = label
        self.document_type = document_type
        self.batch_id = batch_id
        self.due_on = due_on
        """The day it is expected by, YYYY-MM-DD."""
        self.cancelled = False
        self.versions: dict[UUID, Version] = {}

    @classmethod
    def offered(cls, request_id: UUID, *, dossier_id: UUID, office_id: UUID, client_id: UUID, label: str) -> Self:
        """Return the document a client sends unasked (L-59)."""
        return cls._create(
            cls.Offered, id=request_id, dossier_id=dossier_id, office_id=office_id, client_id=client_id, label=label
        )

    @property
    def requested(self) -> bool:
        """Whether the office asked for it."""
        return self.batch_id is not None

    @property
    def state(self) -> State:
        """Where the request stands."""
        return State.CANCELLED if self.cancelled else state_of(self.versions.values())

    def deposit(self, version_id: UUID, size: int, media_type: str, *, archived: bool = False) -> None:
        """Take in a version that the vault stored; it takes the place of the earliest refused one (L-66, L-67).

        A version that came already does nothing. One that comes late, after a cancellation or the archiving of the
        dossier, is kept because its depositor has a receipt; but it is closed, and the request stands as before.
        """
        if version_id in self.versions:
            return
        late = archived or self.cancelled
        refused = (known for known, version in self.versions.items() if _awaits_another(version))
        self._trigger(self.Deposited, version_id=version_id, size=size, media_type=media_type,
                      replaces=None if late else next(refused, None),
                      state=(self.state if late else State.DEPOSITED).value)  # fmt: skip

    def validate(self, version_id: UUID, actor_id: UUID) -> None:
        """Accept a version that waits for a decision (L-62, L-63)."""
        state = self._decide(version_id, State.VALIDATED)
        self._trigger(self.Validated, version_id=version_id, actor_id=actor_id, state=state.value)

    def refuse(self, version_id: UUID, reason: str, actor_id: UUID) -> None:
        """Refuse a version that waits for a decision, and say why (L-65)."""
        state = self._decide(version_id, State.REFUSED)
        if not visible(reason):
            raise ReasonMissing
        self._trigger(self.Refused, version_id=version_id, reason=reason, actor_id=actor_id, state=state.value)

    def withdraw(self, version_id: UUID) -> None:
        """Take back a version that waits for a decision; the refused one whose place it took waits for another again.

        A version that was taken back already does nothing.
        """
        version = self.versions.get(version_id)
        if version is None:
            raise NotFound
        if version.state is State.WITHDRAWN:
            return
        if self.cancelled:
            raise RequestClosed
        if version.state is not State.DEPOSITED:
            raise DecidedAlready
        others = [
            replace(other, replaced=other.replaced and known != version.replaces)
            for known, other in self.versions.items()
            if known != version_id
        ]
        self._trigger(self.Withdrawn, version_id=version_id, state=state_of(others).value)

    def cancel(self, actor_id: UUID) -> None:
        """Ask for it no longer; it leaves the completion."""
        if self.cancelled or not self.requested:
            raise RequestClosed
        self._trigger(self.Cancelled, actor_id=actor_id)

    def expect_by(self, due_on: str | None, actor_id: UUID) -> None:
        """Change the day it is expected by, none for at any time; nothing happens if it is that day already."""
        if self.cancelled or not self.requested:
            raise RequestClosed
        if due_on != self.due_on:
            self._trigger(self.DueDateChanged, actor_id=actor_id, due_on=due_on)

    def _trigger(self, event_class: type[AggregateEvent], **facts: object) -> None:
        self.trigger_event(
            event_class, dossier_id=self.dossier_id, office_id=self.office_id, client_id=self.client_id, **facts
        )

    def _decide(self, version_id: UUID, decision: State) -> State:
        """Return the state of the request once the version is decided."""
        version = self.versions.get(version_id)
        if version is None:
            raise NotFound
        if self.cancelled:
            raise RequestClosed
        if version.state is not State.DEPOSITED:
            raise NothingToDecide
        others = [other for known, other in self.versions.items() if known != version_id]
        return state_of([*others, replace(version, state=decision)])

    @event(Deposited)
    def _deposited(self, version_id: UUID, size: int, replaces: UUID | None, state: str) -> None:
        self.versions[version_id] = Version(state_on_arrival(state), size, replaces=replaces)
        if replaces is not None:
            self.versions[replaces].replaced = True

    @event(Validated)
    def _validated(self, version_id: UUID) -> None:
        self.versions[version_id].state = State.VALIDATED

    @event(Refused)
    def _refused(self, version_id: UUID) -> None:
        self.versions[version_id].state = State.REFUSED

    @event(Withdrawn)
    def _withdrawn(self, version_id: UUID) -> None:
        version = self.versions[version_id]
        version.state = State.WITHDRAWN
        if version.replaces is not None:
            self.versions[version.replaces].replaced = False

    @event(DueDateChanged)
    def _expected_by(self, due_on: str | None) -> None:
        self.due_on = due_on

    @event(Cancelled)
    def _cancelled(self) -> None:
        self.cancelled = True


def state_of(versions: Iterable[Version]) -> State:
    """Return where a request with these versions stands: what the office or the client has to do comes first."""
    states = {version.state for version in versions if not version.replaced}
    for state in (State.DEPOSITED, State.REFUSED, State.VALIDATED):
        if state in states:
            return state
    return State.ASKED


def state_on_arrival(request: str) -> State:
    """Return the state of a version that was deposited, from that of its request afterwards."""
    return State.DEPOSITED if request == State.DEPOSITED else State.CLOSED


def state_seen(version: State, request: State, *, archived: bool) -> State:
    """Return a version's state as people see it: one still undecided when request or dossier closed is closed too."""
    closed = archived or request is State.CANCELLED
    return State.CLOSED if closed and version is State.DEPOSITED else version


def _awaits_another(version: Version) -> bool:
    return version.state is State.REFUSED and not version.replaced
