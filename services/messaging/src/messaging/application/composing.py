"""A queued notification becomes a message: names, addresses and reasons are asked of their owners now, and not kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from messaging.application.ports import Dossiers, Letters, Link, Mail, People, Person, Templates
from messaging.domain.notification import Notice, Notification, Template

ENDS: Mapping[str, str] = MappingProxyType(
    {"acknowledged": "accepted", "refused": "refused", "not-claimed": "unclaimed", "bounced": "bounced"}
)
"""How a letter ended, and the name of its number in the template."""


class NobodyToWriteTo(Exception):
    """The person was erased or has no address, or what the message is about does not exist any more."""


@dataclass(frozen=True, slots=True)
class Composer:
    """Write messages. `public_url` is where the links lead, `domain` what the message ids end with."""

    people: People
    dossiers: Dossiers
    letters: Letters
    templates: Templates
    public_url: str
    domain: str

    def compose(self, notification: Notification) -> Mail:
        """Return the message; raises NobodyToWriteTo, or a refusal of status 503 while an owner does not answer."""
        notice = notification.notice
        person, values = self._values(notice)
        if person is None or not person.email:
            raise NobodyToWriteTo
        subject, text, html = self.templates.render(notice.template, {"name": person.name, **values})
        return Mail(
            message_id=f"<{notification.id}@{self.domain}>", to=person.email, subject=subject, text=text, html=html
        )

    def _values(self, notice: Notice) -> tuple[Person | None, dict[str, str]]:
        match notice.template:
            case Template.EMAIL_CONFIRMATION | Template.INVITATION | Template.ACCESS_LINK:
                return _linked(self._link(notice))
            case Template.MEMBERSHIP_PENDING:
                newcomer = self._person(_given(notice.about_id))
                return self._office_member(notice, {"newcomer": newcomer.name, "url": self._url("equipe")})
            case Template.MEMBERSHIP_APPROVED | Template.DOCUMENTS_REQUESTED:
                path = f"mes-dossiers/{notice.dossier_id}" if notice.dossier_id else "connexion"
                return self._office_member(notice, {"url": self._url(path)})
            case Template.DOCUMENT_DEPOSITED | Template.DOSSIER_COMPLETED:
                return self._about_a_dossier(notice)
            case Template.DOCUMENT_REFUSED:
                return self._about_a_refusal(notice)
            case Template.LETTERS_ENDED | Template.LETTER_CHANGE_REQUESTED:
                return self._about_letters(notice)
            case (
                Template.LETTER_ACKNOWLEDGED
                | Template.LETTER_REFUSED
                | Template.LETTER_NOT_CLAIMED
                | Template.LETTER_BOUNCED
            ):
                raise NobodyToWriteTo  # these are shown in the application only
            case unknown:
                assert_never(unknown)

    def _link(self, notice: Notice) -> Link | None:
        if notice.template is Template.INVITATION:
            return self.people.invitation(notice.person_id, _given(notice.office_id))
        if notice.template is Template.ACCESS_LINK:
            return self.people.access_link(notice.person_id, _given(notice.office_id))
        return self.people.email_confirmation(notice.person_id)

    def _about_a_dossier(self, notice: Notice) -> tuple[Person, dict[str, str]]:
        dossier = self.dossiers.readers(_given(notice.dossier_id))
        if dossier is None or notice.person_id not in dossier.staff_ids:
            raise NobodyToWriteTo  # the dossier was closed to this person meanwhile
        values = {"number": dossier.number, "title": dossier.title, "url": self._url(f"dossiers/{notice.dossier_id}")}
        if notice.request_id:
            request = self.dossiers.request(notice.request_id)
            values["label"] = request.label if request else ""
        return self._person(notice.person_id), values

    def _about_a_refusal(self, notice: Notice) -> tuple[Person, dict[str, str]]:
        request = self.dossiers.request(_given(notice.request_id))
        reason = request.refusals.get(_given(notice.version_id)) if request else None
        if request is None or reason is None:
            raise NobodyToWriteTo
        url = self._url(f"mes-dossiers/{notice.dossier_id}?demande={notice.request_id}")
        return self._office_member(notice, {"label": request.label, "reason": reason, "url": url})

    def _about_letters(self, notice: Notice) -> tuple[Person, dict[str, str]]:
        if notice.template is Template.LETTER_CHANGE_REQUESTED:
            return self._of_the_office(notice, {"url": self._url(f"lettres/{notice.letter_id}")})
        standing = self.letters.standing(_given(notice.batch_id))
        if standing is None:
            raise NobodyToWriteTo
        counts = {name: standing.by_state.get(state, 0) for state, name in ENDS.items()}
        ended = sum(counts.values())
        values = {name: str(count) for name, count in counts.items()}
        values |= {
            "ended": str(ended),
            "asked": str(standing.asked),
            "url": self._url(f"lettres?lot={notice.batch_id}"),
        }
        return self._of_the_office(notice, values)

    def _of_the_office(self, notice: Notice, values: dict[str, str]) -> tuple[Person, dict[str, str]]:
        """Write to somebody who is still of the office, and may still read the dossier if there is one."""
        if notice.dossier_id is not None:
            dossier = self.dossiers.readers(notice.dossier_id)
            if dossier is None or notice.person_id not in dossier.staff_ids:
                raise NobodyToWriteTo
        office = self.people.office(_given(notice.office_id))
        if office is None or notice.person_id not in office.member_ids:
            raise NobodyToWriteTo
        return self._person(notice.person_id), {"office": office.name, **values}

    def _office_member(self, notice: Notice, values: dict[str, str]) -> tuple[Person, dict[str, str]]:
        office = self.people.office(_given(notice.office_id))
        if office is None:
            raise NobodyToWriteTo
        return self._person(notice.person_id), {"office": office.name, **values}

    def _person(self, person_id: UUID) -> Person:
        person = self.people.person(person_id)
        if person is None:
            raise NobodyToWriteTo
        return person

    def _url(self, path: str) -> str:
        return f"{self.public_url.rstrip('/')}/{path}"


def _linked(link: Link | None) -> tuple[Person | None, dict[str, str]]:
    return (link.person, {"office": link.office_name, "url": link.url}) if link else (None, {})


def _given(identifier: UUID | None) -> UUID:
    """Return an id that every notice of this template has."""
    if identifier is None:
        raise NobodyToWriteTo
    return identifier
