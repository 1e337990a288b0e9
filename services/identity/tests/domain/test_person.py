from uuid import uuid4

import pytest
from eventstore.personal import personal_fields
from identity.domain.erasure import Basis, Erasure
from identity.domain.person import Person
from identity.domain.refusals import AlreadyConfirmed, PersonErased
from identity.domain.sign_in import Session


def a_client() -> Person:
    client = Person(
        kind="client",
        office_id=uuid4(),
        first_name="Jeanne",
        last_name="Dupont",
        email="j@example.org",
        phone="+33612340464",
    )
    client.collect_events()
    return client


def test_what_tells_something_about_the_person_is_personal() -> None:
    assert set(personal_fields(Person.Created)) == {"first_name", "last_name", "email", "phone", "subject"}
    assert set(personal_fields(Person.Changed)) == {"first_name", "last_name", "email", "phone"}


def test_a_correction_carries_the_whole_and_is_said_once() -> None:
    client = a_client()
    client.change(phone="+33612340465")
    client.change(phone="+33612340465")
    (changed,) = client.collect_events()
    assert isinstance(changed, Person.Changed)
    assert (changed.first_name, changed.phone) == ("Jeanne", "+33612340465")


@pytest.mark.covers("L-19")
def test_another_address_has_to_be_confirmed_again() -> None:
    client = a_client()
    client.confirm_email()
    with pytest.raises(AlreadyConfirmed):
        client.confirm_email()
    client.change(email="other@example.org")
    assert not client.email_confirmed


def test_a_session_ends_once() -> None:
    session = Session(person_id=uuid4(), session_id=uuid4(), office_id=None, means="oidc")
    session.collect_events()
    session.end("asked")
    session.end("asked")
    (ended,) = session.collect_events()
    assert (ended.session_id, ended.cause) == (session.id, "asked")


def test_an_erasure_says_who_asked_and_why_and_nothing_personal() -> None:
    client, office_id = a_client(), uuid4()
    client.erase(office_id, Basis.RETENTION_ENDED)
    (erased,) = client.collect_events()
    assert (erased.person_id, erased.office_id, erased.basis) == (client.id, office_id, "retention-ended")
    assert personal_fields(Person.Erased) == {}


def test_a_first_password_is_told_from_one_that_replaces_another() -> None:
    client, changes = a_client(), [uuid4(), uuid4()]
    client.collect_events()
    for change in changes:
        client.set_password(change)
    assert [(event.change_id, event.first) for event in client.collect_events()] == [
        (changes[0], True),
        (changes[1], False),
    ]


def test_nothing_more_is_written_about_an_erased_person() -> None:
    client = a_client()
    client.erase(uuid4(), Basis.SUBJECT_REQUEST)
    for act in (
        lambda: client.change(last_name="Durand"),
        client.confirm_email,
        lambda: client.set_password(uuid4()),
        lambda: client.enable_second_factor(uuid4()),
        lambda: client.remove_second_factor("asked", uuid4()),
        lambda: client.erase(uuid4(), Basis.SUBJECT_REQUEST),
    ):
        with pytest.raises(PersonErased):
            act()


def test_a_person_is_erased_once() -> None:
    person_id = uuid4()
    assert Erasure(person_id=person_id, keys=1).id == Erasure(person_id=person_id, keys=0).id
    assert Erasure(person_id=person_id, keys=1).id != Erasure(person_id=uuid4(), keys=1).id
