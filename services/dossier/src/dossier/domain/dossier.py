"""A dossier of an office: what it is about, who of the office may see it, and which clients take part."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from dossier.domain.refusals import ClientAlreadyAdded, DossierArchivedAlready


class Dossier(Aggregate):
    """One matter of an office. Title and note name people: they are personal data of the dossier itself."""

    TOPIC = "dossier.dossier"

    class Created(AggregateCreated):
        """An office opened the dossier (L-25 to L-27)."""

        TOPIC = "dossier.dossier-opened"
        office_id: UUID
        number: str
        deed_type: str
        title: Annotated[str | None, Personal(of="originator_id")]
        note: Annotated[str | None, Personal(of="originator_id")]
        whole_office: bool
        member_ids: list[str]
        opened_by: UUID

    class Edited(AggregateEvent):
        """Number, title, deed type and note as they are from now on (L-45)."""

        TOPIC = "dossier.dossier-edited"
        office_id: UUID
        number: str
        deed_type: str
        title: Annotated[str | None, Personal(of="originator_id")]
        note: Annotated[str | None, Personal(of="originator_id")]

    class AccessChanged(AggregateEvent):
        """Who of the office may see it from now on (L-30)."""

        TOPIC = "dossier.access-changed"
        whole_office: bool
        member_ids: list[str]

    class ClientAdded(AggregateEvent):
        """A client takes part (L-34, L-37)."""

        TOPIC = "dossier.client-added"
        client_id: UUID

    class Completed(AggregateEvent):
        """Every document asked for is validated (L-68)."""

        TOPIC = "dossier.dossier-completed"
        office_id: UUID

    class Archived(AggregateEvent):
        """Nothing changes in it any more (L-69)."""

        TOPIC = "dossier.dossier-archived"
        office_id: UUID

    @event(Created)
    def __init__(  # noqa: PLR0913 - what the form asks for
        self,
        *,
        office_id: UUID,
        number: str,
        deed_type: str,
        title: str | None,
        note: str | None,
        whole_office: bool,
        member_ids: list[str],
        opened_by: UUID,
    ) -> None:
        self.office_id = office_id
        self.number = number
        self.deed_type = deed_type
        self.title = title
        self.note = note
        self.whole_office = whole_office
        self.opened_by = opened_by
        self.member_ids = frozenset({opened_by, *map(UUID, member_ids)})
        self.client_ids: set[UUID] = set()
        self.archived = False

    def may_be_seen_by(self, member_id: UUID) -> bool:
        """Tell whether a member of its office may see it; whoever opened it always may (L-27)."""
        return self.whole_office or member_id in self.member_ids

    def edit(self, *, number: str, title: str | None, deed_type: str, note: str | None) -> None:
        """Change what it is about; nothing happens if nothing differs."""
        self.refuse_if_archived()
        if (number, title, deed_type, note) != (self.number, self.title, self.deed_type, self.note):
            self.trigger_event(
                self.Edited, office_id=self.office_id, number=number, title=title, deed_type=deed_type, note=note
            )

    def change_access(self, *, whole_office: bool, member_ids: Iterable[UUID]) -> None:
        """Open it to the whole office or to chosen members only."""
        self.refuse_if_archived()
        self._change_access(whole_office=whole_office, member_ids=sorted(map(str, member_ids)))

    def add_client(self, client_id: UUID) -> None:
        """Let a client take part."""
        self.refuse_if_archived()
        if client_id in self.client_ids:
            raise ClientAlreadyAdded
        self._add_client(client_id=client_id)

    def complete(self) -> None:
        """Record that every document asked for is validated."""
        self.trigger_event(self.Completed, office_id=self.office_id)

    def archive(self) -> None:
        """Put it away."""
        self.refuse_if_archived()
        self.trigger_event(self.Archived, office_id=self.office_id)

    def refuse_if_archived(self) -> None:
        """Raise DossierArchivedAlready if nothing may change in it any more."""
        if self.archived:
            raise DossierArchivedAlready

    @event(Edited)
    def _edit(self, *, number: str, title: str | None, deed_type: str, note: str | None) -> None:
        self.number, self.title, self.deed_type, self.note = number, title, deed_type, note

    @event(AccessChanged)
    def _change_access(self, *, whole_office: bool, member_ids: list[str]) -> None:
        self.whole_office = whole_office
        self.member_ids = frozenset({self.opened_by, *map(UUID, member_ids)})

    @event(ClientAdded)
    def _add_client(self, *, client_id: UUID) -> None:
        self.client_ids.add(client_id)

    @event(Completed)
    def _complete(self) -> None:
        """Nothing follows for the rules: a later request opens the dossier again by itself."""

    @event(Archived)
    def _archive(self) -> None:
        self.archived = True
