"""Events to rows."""

import unicodedata

from eventstore import Projection, Rows

from identity.domain.contact import same_email
from identity.domain.erasure import Erasure
from identity.domain.membership import Membership, State
from identity.domain.office import Office
from identity.domain.person import Person

projection = Projection()


def searchable(*texts: str | None) -> str:
    """Return texts as they are searched: without accents and letter case."""
    flat = unicodedata.normalize("NFKD", " ".join(text for text in texts if text))
    return "".join(sign for sign in flat if not unicodedata.combining(sign)).casefold()


@projection.on(Office.Created)
def _(event: Office.Created, rows: Rows) -> None:
    rows.insert(
        "office",
        id=event.originator_id,
        crpcen=event.crpcen,
        name=event.name,
        search=searchable(event.name, event.crpcen),
    )


def _person(event: Person.Created | Person.Changed) -> dict[str, str | None]:
    return {
        "first_name": event.first_name,
        "last_name": event.last_name,
        "email": event.email,
        "same_email": event.email and same_email(event.email),
        "phone": event.phone,
        "search": searchable(event.first_name, event.last_name, event.email, event.phone) or None,
    }


_NOBODY = dict.fromkeys(("first_name", "last_name", "email", "same_email", "phone", "search", "issuer", "subject"))


@projection.on(Person.Created)
def _(event: Person.Created, rows: Rows) -> None:
    rows.insert(
        "person",
        id=event.originator_id,
        kind=event.kind,
        office_id=event.office_id,
        issuer=event.issuer if event.subject else None,
        subject=event.subject,
        email_confirmed=False,
        **_person(event),
    )


@projection.on(Person.Changed)
def _(event: Person.Changed, rows: Rows) -> None:
    rows.update("person", event.originator_id, **_person(event))


@projection.on(Person.EmailConfirmed)
def _(event: Person.EmailConfirmed, rows: Rows) -> None:
    rows.update("person", event.originator_id, email_confirmed=True)


@projection.on(Person.PasswordSet)
def _(event: Person.PasswordSet, rows: Rows) -> None:
    rows.update("person", event.originator_id, password_change=event.change_id)


@projection.on(Person.SecondFactorEnabled)
def _(event: Person.SecondFactorEnabled, rows: Rows) -> None:
    rows.update("person", event.originator_id, app_change=event.change_id)


@projection.on(Person.SecondFactorRemoved)
def _(event: Person.SecondFactorRemoved, rows: Rows) -> None:
    rows.update("person", event.originator_id, app_change=event.change_id)


@projection.on(Person.Erased)
def _(event: Person.Erased, rows: Rows) -> None:
    rows.update("person", event.originator_id, **_NOBODY, email_confirmed=False, erased_at=event.timestamp)


@projection.on(Erasure.Created)
def _(event: Erasure.Created, rows: Rows) -> None:
    rows.update("person", event.person_id, keys_destroyed=True)


@projection.on(Membership.Created)
def _(event: Membership.Created, rows: Rows) -> None:
    rows.insert(
        "membership",
        id=event.originator_id,
        person_id=event.person_id,
        office_id=event.office_id,
        role=event.role,
        state=State.REQUESTED,
        requested_at=event.timestamp,
    )


@projection.on(Membership.Approved)
def _(event: Membership.Approved, rows: Rows) -> None:
    rows.update("membership", event.originator_id, state=State.APPROVED, decided_by=event.approved_by)


@projection.on(Membership.Refused)
def _(event: Membership.Refused, rows: Rows) -> None:
    rows.update("membership", event.originator_id, state=State.REFUSED, decided_by=event.refused_by)
