"""What happened elsewhere becomes notifications: who has to know what, by which channel."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from uuid import UUID, uuid5

from chassis.actor import Actor
from contracts.dossier import (
    DocumentDeposited,
    DocumentRefused,
    DocumentRequested,
    DocumentValidated,
    DossierCompleted,
    DueDateChanged,
    MessagePosted,
)
from contracts.identity import ClientInvited, MembershipApproved, MembershipRequested
from contracts.lre import (
    LetterAcknowledged,
    LetterBounced,
    LetterNotClaimed,
    LetterRefused,
    RecipientChangeRequested,
)
from eventstore import Position, Store

from messaging.application.ports import Deadlines, Dossiers, Letter, Letters, People, Register
from messaging.domain.deadline import Deadline
from messaging.domain.notification import Channel, Notice, Notification, Template

NAMESPACE = UUID("6b1c1f0e-8a6d-5b1f-9f5e-0d6f8f0c2a11")
BOTH = (Channel.EMAIL, Channel.IN_APP)

LetterEnd = LetterAcknowledged | LetterRefused | LetterNotClaimed | LetterBounced
_ENDS: Mapping[str, Template] = MappingProxyType(
    {
        LetterAcknowledged.TOPIC: Template.LETTER_ACKNOWLEDGED,
        LetterRefused.TOPIC: Template.LETTER_REFUSED,
        LetterNotClaimed.TOPIC: Template.LETTER_NOT_CLAIMED,
        LetterBounced.TOPIC: Template.LETTER_BOUNCED,
    }
)


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that makes a notification necessary."""

    position: Position
    subject: UUID
    """The aggregate that the event belongs to."""
    correlation_id: str = ""
    trace: str | None = None
    at: datetime | None = None
    """When it happened."""
    office_id: UUID | None = None
    """The office it is about."""
    by_a_service: bool = False
    """A service acted, for instance this one when it asked for an invitation."""

    def system(self) -> Actor:
        """Return the actor of what follows from it."""
        return Actor.system(correlation_id=self.correlation_id, trace=self.trace)


class Announcements:
    """Queue notifications. Each notification has an id made from its reason, so that a repeated event adds none."""

    def __init__(  # noqa: PLR0913, PLR0917 - each of the neighbours, and what is known here
        self,
        store: Store,
        people: People,
        dossiers: Dossiers,
        letters: Letters,
        register: Register,
        deadlines: Deadlines,
    ) -> None:
        self._store = store
        self._deadlines = deadlines
        self._people = people
        self._dossiers = dossiers
        self._letters = letters
        self._register = register

    def membership_requested(self, cause: Cause, asked: MembershipRequested) -> None:
        """Ask the newcomer to confirm the e-mail address, and every notary of the office to decide (L-20)."""
        office = self._people.office(asked.office_id)
        notaries = [notary for notary in office.notary_ids if notary != asked.person_id] if office else []
        confirmation = Notice(
            person_id=asked.person_id,
            channel=Channel.EMAIL,
            template=Template.EMAIL_CONFIRMATION,
            office_id=asked.office_id,
        )
        to_decide = for_each(
            notaries,
            BOTH,
            Notice(
                person_id=asked.person_id,
                channel=Channel.EMAIL,
                template=Template.MEMBERSHIP_PENDING,
                office_id=asked.office_id,
                about_id=asked.person_id,
            ),
        )
        self.queue(cause, [confirmation, *to_decide])

    def membership_approved(self, cause: Cause, approved: MembershipApproved) -> None:
        """Tell the new member that a notary decided; nobody decided where the identity provider vouches."""
        if approved.approved_by is not None:
            notice = Notice(
                person_id=approved.person_id,
                channel=Channel.EMAIL,
                template=Template.MEMBERSHIP_APPROVED,
                office_id=approved.office_id,
            )
            self.queue(cause, [notice])

    def client_invited(self, cause: Cause, invited: ClientInvited) -> None:
        """Send a link to a client who asked for one; an invitation that this service asked for is on its way."""
        if not cause.by_a_service:
            notice = Notice(
                person_id=invited.person_id,
                channel=Channel.EMAIL,
                template=Template.ACCESS_LINK,
                office_id=invited.office_id,
            )
            self.queue(cause, [notice])

    def document_requested(self, cause: Cause, asked: DocumentRequested) -> None:
        """Write once for all that was asked together: an invitation for the first of a dossier (L-46), then short.

        The day they are expected by is noted, for the reminders.
        """
        noted = self._deadline(asked.dossier_id, asked.office_id, asked.client_id, asked.due_on)
        self._save(cause, [*self._asked(cause, asked), *noted])

    def due_date_changed(self, cause: Cause, changed: DueDateChanged) -> None:
        """Note the new day; at the former one nothing is left to remind of."""
        self._save(cause, self._deadline(changed.dossier_id, changed.office_id, changed.client_id, changed.due_on))

    def _deadline(self, dossier_id: UUID, office_id: UUID, client_id: UUID, due_on: date | None) -> list[Deadline]:
        if due_on is None:
            return []
        day = due_on.isoformat()
        if self._deadlines.noted(Deadline.create_id(dossier_id, client_id, day)):
            return []
        return [Deadline(dossier_id=dossier_id, office_id=office_id, client_id=client_id, due_on=day)]

    def _asked(self, cause: Cause, asked: DocumentRequested) -> list[Notification]:
        invitation_id = uuid5(NAMESPACE, f"invitation/{asked.dossier_id}/{asked.client_id}")
        reminder_id = uuid5(NAMESPACE, f"requested/{asked.batch_id}/{asked.client_id}")
        known = self._register.known([invitation_id, reminder_id])
        if invitation_id not in known:
            template, notification_id = Template.INVITATION, invitation_id
        elif reminder_id not in known and self._batch_of(invitation_id) != asked.batch_id:
            template, notification_id = Template.DOCUMENTS_REQUESTED, reminder_id
        else:
            return []
        notice = Notice(
            person_id=asked.client_id,
            channel=Channel.EMAIL,
            template=template,
            office_id=asked.office_id,
            dossier_id=asked.dossier_id,
            batch_id=asked.batch_id,
        )
        return [Notification.queue(notification_id, notice, cause.position.cause)]

    def document_deposited(self, cause: Cause, deposited: DocumentDeposited) -> None:
        """Tell whoever of the office may read the dossier that a document awaits a decision (L-04, L-60)."""
        request = self._dossiers.request(cause.subject)
        if request and deposited.version_id in request.closed:
            return  # it came after the cancellation or the archiving
        notice = Notice(
            person_id=deposited.client_id,
            channel=Channel.EMAIL,
            template=Template.DOCUMENT_DEPOSITED,
            office_id=deposited.office_id,
            dossier_id=deposited.dossier_id,
            request_id=cause.subject,
            version_id=deposited.version_id,
            about_id=deposited.client_id,
        )
        self.queue(cause, for_each(self._staff(deposited.dossier_id), BOTH, notice))

    def document_refused(self, cause: Cause, refused: DocumentRefused) -> None:
        """Tell the client the reason and where to deposit again (L-06, L-66)."""
        notice = Notice(
            person_id=refused.client_id,
            channel=Channel.EMAIL,
            template=Template.DOCUMENT_REFUSED,
            office_id=refused.office_id,
            dossier_id=refused.dossier_id,
            request_id=cause.subject,
            version_id=refused.version_id,
        )
        self.queue(cause, [notice])

    def document_validated(self, cause: Cause, validated: DocumentValidated) -> None:
        """Tell the client that a document was accepted, with the other news of the moment (S-17)."""
        notice = Notice(
            person_id=validated.client_id,
            channel=Channel.EMAIL,
            template=Template.DOCUMENT_VALIDATED,
            office_id=validated.office_id,
            dossier_id=validated.dossier_id,
            request_id=cause.subject,
            version_id=validated.version_id,
        )
        self.queue(cause, [notice])

    def message_posted(self, cause: Cause, posted: MessagePosted) -> None:
        """Tell the other side that a message waits, never its words (S-21).

        What the office says beside documents it asks for is told with them.
        """
        if posted.batch_id is not None:
            return
        notice = Notice(
            person_id=posted.client_id,
            channel=Channel.EMAIL,
            template=Template.MESSAGE_RECEIVED,
            office_id=posted.office_id,
            dossier_id=posted.dossier_id,
        )
        if posted.side == "office":
            self.queue(cause, for_each([posted.client_id], BOTH, notice))
            return
        told = replace(notice, about_id=posted.client_id)
        self.queue(cause, for_each(self._staff(posted.dossier_id), BOTH, told))

    def dossier_completed(self, cause: Cause, completed: DossierCompleted) -> None:
        """Tell the staff of the dossier that nothing is missing any more."""
        notice = Notice(
            person_id=cause.subject,
            channel=Channel.IN_APP,
            template=Template.DOSSIER_COMPLETED,
            office_id=completed.office_id,
            dossier_id=cause.subject,
        )
        self.queue(cause, for_each(self._staff(cause.subject), (Channel.IN_APP,), notice))

    def letter_ended(self, cause: Cause, ended: LetterEnd) -> None:
        """Tell who prepared a letter how it ended; by e-mail at most once a day for each batch."""
        self._about_a_letter(cause, _ENDS[ended.TOPIC], ended.at)

    def change_requested(self, cause: Cause, asked: RecipientChangeRequested) -> None:
        """Tell who prepared a letter that its recipient waits for an answer."""
        self._about_a_letter(cause, Template.LETTER_CHANGE_REQUESTED, asked.at)

    def _about_a_letter(self, cause: Cause, template: Template, at: datetime) -> None:
        letter = self._letters.letter(cause.subject)
        if letter is None or not self._may_know(letter):
            return
        notice = Notice(
            person_id=letter.prepared_by,
            channel=Channel.IN_APP,
            template=template,
            office_id=letter.office_id,
            dossier_id=letter.dossier_id,
            batch_id=letter.batch_id,
            letter_id=cause.subject,
        )
        if template is Template.LETTER_CHANGE_REQUESTED:
            self.queue(cause, for_each([letter.prepared_by], BOTH, notice))
            return
        day = at.astimezone(UTC).date()
        digest_id = uuid5(NAMESPACE, f"letters-ended/{letter.batch_id}/{day}/{letter.prepared_by}")
        digest = replace(notice, channel=Channel.EMAIL, template=Template.LETTERS_ENDED, letter_id=None)
        self.queue(cause, [notice], {digest_id: digest})

    def _may_know(self, letter: Letter) -> bool:
        """Tell whether who prepared a letter is still of its office, and may still read its dossier."""
        if letter.dossier_id is not None:
            return letter.prepared_by in self._staff(letter.dossier_id)
        office = self._people.office(letter.office_id)
        return office is not None and letter.prepared_by in office.member_ids

    def _staff(self, dossier_id: UUID) -> Collection[UUID]:
        readers = self._dossiers.readers(dossier_id)
        return readers.staff_ids if readers else ()

    def _batch_of(self, notification_id: UUID) -> UUID | None:
        return self._store.get(Notification, notification_id).notice.batch_id

    def queue(
        self, cause: Cause, notices: Iterable[Notice], named: Mapping[UUID, Notice] = MappingProxyType({})
    ) -> None:
        """Queue notices of this cause, and `named` ones, which other causes may have queued before."""
        by_id = dict(named)
        for notice in notices:
            reason = f"{cause.position.cause}/{notice.template}/{notice.channel}/{notice.person_id}"
            by_id[uuid5(NAMESPACE, reason)] = notice
        known = self._register.known(by_id.keys())
        self._save(
            cause,
            [
                Notification.queue(key, notice, cause.position.cause)
                for key, notice in by_id.items()
                if key not in known
            ],
        )

    def _save(self, cause: Cause, aggregates: Collection[Notification | Deadline]) -> None:
        if aggregates:
            self._store.save(*aggregates, actor=cause.system(), position=cause.position)


def for_each(person_ids: Iterable[UUID], channels: Iterable[Channel], notice: Notice) -> list[Notice]:
    """Return a notice for each person and channel."""
    return [replace(notice, person_id=person_id, channel=channel) for person_id in person_ids for channel in channels]
