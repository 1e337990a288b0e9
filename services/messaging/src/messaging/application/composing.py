"""Queued notifications become a message: names, addresses and reasons are asked of their owners now, and not kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import assert_never

from messaging.application.addressing import Addressing, Letter, NobodyToWriteTo, given
from messaging.application.news import News
from messaging.application.ports import Dossiers, Letters, Link, Mail, People, Templates
from messaging.domain.notification import Notice, Notification, Template

ENDS: Mapping[str, str] = MappingProxyType(
    {"acknowledged": "accepted", "refused": "refused", "not-claimed": "unclaimed", "bounced": "bounced"}
)
"""How a letter ended, and the name of its number in the template."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message, and the notifications that it does not tell because their reader may not know any more."""

    mail: Mail
    dropped: Sequence[Notification]


@dataclass(frozen=True, slots=True)
class Composer:
    """Write messages. `public_url` is where the links lead, `domain` what the message ids end with."""

    people: People
    dossiers: Dossiers
    letters: Letters
    templates: Templates
    public_url: str
    domain: str

    def compose(self, notifications: Sequence[Notification]) -> Composed:
        """Return the message that tells these, all of one person; its id is made from the first of them.

        Raises NobodyToWriteTo, NothingLeft, or a refusal of status 503 while an owner does not answer.
        """
        first, dropped = notifications[0], list[Notification]()
        if len(notifications) == 1:
            template, (person, values) = first.notice.template, self._values(first.notice)
        else:
            template, ((person, values), dropped) = Template.DIGEST, self._news.several(notifications)
        if not person.email:
            raise NobodyToWriteTo
        subject, text, html = self.templates.render(template, {"name": person.name, **values})
        return Composed(Mail(first.id, f"<{first.id}@{self.domain}>", person.email, subject, text, html), dropped)

    @property
    def _addressing(self) -> Addressing:
        return Addressing(self.people, self.public_url)

    @property
    def _news(self) -> News:
        return News(self.dossiers, self.templates, self._addressing)

    def _values(self, notice: Notice) -> Letter:
        match notice.template:
            case Template.EMAIL_CONFIRMATION | Template.INVITATION | Template.ACCESS_LINK:
                return _linked(self._link(notice))
            case Template.MEMBERSHIP_PENDING | Template.MEMBERSHIP_APPROVED:
                return self._about_a_membership(notice)
            case (
                Template.DOCUMENTS_REQUESTED
                | Template.DOCUMENT_DEPOSITED
                | Template.DOCUMENT_VALIDATED
                | Template.DOCUMENT_REFUSED
                | Template.DOSSIER_COMPLETED
                | Template.MESSAGE_RECEIVED
                | Template.REMINDER
                | Template.REMINDER_OVERDUE
                | Template.DEADLINE_PASSED
            ):
                return self._news.one(notice)
            case Template.LETTERS_ENDED | Template.LETTER_CHANGE_REQUESTED:
                return self._about_letters(notice)
            case (
                Template.PASSWORD_CHANGED
                | Template.AUTHENTICATOR_ON
                | Template.AUTHENTICATOR_OFF
                | Template.AUTHENTICATOR_OFF_BY_OFFICE
            ):
                return self._addressing.for_the_office(notice, {"when": self.templates.moment(notice.at or "")})
            case (
                Template.LETTER_ACKNOWLEDGED
                | Template.LETTER_REFUSED
                | Template.LETTER_NOT_CLAIMED
                | Template.LETTER_BOUNCED
                | Template.DIGEST
            ):
                raise NobodyToWriteTo  # the first are shown in the application only; no single notice is a digest
            case unknown:
                assert_never(unknown)

    def _link(self, notice: Notice) -> Link | None:
        if notice.template is Template.INVITATION:
            return self.people.invitation(notice.person_id, given(notice.office_id))
        if notice.template is Template.ACCESS_LINK:
            return self.people.access_link(notice.person_id, given(notice.office_id))
        return self.people.email_confirmation(notice.person_id)

    def _about_a_membership(self, notice: Notice) -> Letter:
        at = self._addressing
        if notice.template is Template.MEMBERSHIP_APPROVED:
            return at.for_the_office(notice, {"url": at.url("connexion")})
        newcomer = at.person(given(notice.about_id))
        return at.for_the_office(notice, {"newcomer": newcomer.name, "url": at.url("equipe")})

    def _about_letters(self, notice: Notice) -> Letter:
        url = self._addressing.url
        if notice.template is Template.LETTER_CHANGE_REQUESTED:
            return self._of_the_office(notice, {"url": url(f"lettres/{notice.letter_id}")})
        standing = self.letters.standing(given(notice.batch_id))
        if standing is None:
            raise NobodyToWriteTo
        counts = {name: standing.by_state.get(state, 0) for state, name in ENDS.items()}
        values = {name: str(count) for name, count in counts.items()} | {
            "ended": str(sum(counts.values())),
            "asked": str(standing.asked),
            "url": url(f"lettres?lot={notice.batch_id}"),
        }
        return self._of_the_office(notice, values)

    def _of_the_office(self, notice: Notice, values: dict[str, str]) -> Letter:
        """Write to somebody who is still of the office, and may still read the dossier if there is one."""
        if notice.dossier_id is not None:
            dossier = self.dossiers.readers(notice.dossier_id)
            if dossier is None or notice.person_id not in dossier.staff_ids:
                raise NobodyToWriteTo
        office = self.people.office(given(notice.office_id))
        if office is None or notice.person_id not in office.member_ids:
            raise NobodyToWriteTo
        return self._addressing.person(notice.person_id), {"office": office.name, **values}


def _linked(link: Link | None) -> Letter:
    if link is None:
        raise NobodyToWriteTo
    return link.person, {"office": link.office_name, "url": link.url}
