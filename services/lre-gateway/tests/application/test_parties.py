"""Senders, recipients and consents, as the staff of an office works with them; and lists of people brought in."""

from dataclasses import fields, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound, Refusal, Stale
from contracts.examples import example
from contracts.identity import PersonErased
from eventstore import Position, SubjectErased
from lre_gateway.application.batches import NewBatch
from lre_gateway.application.importing import MOST_ROWS, ImportRow
from lre_gateway.application.provider import ConsentAnswer, ProviderAway, SenderStatus
from lre_gateway.application.recipients import NewRecipient
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.office_settings import Choices
from lre_gateway.domain.party import Postal
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.refusals import (
    ConsentDateInFuture,
    ErasedByIdentity,
    NotAClient,
    NotAMember,
    ProviderSilent,
    RecipientKnown,
    SenderAway,
    SenderKnown,
    SenderRevoked,
    TooMany,
    UnknownAttachment,
    UnknownEntity,
    UnknownPaymentMethod,
)
from lre_gateway.domain.vocabulary import ConsentState, HoldMode, Kind, Level, Missing, Trade

# ---- senders


@pytest.mark.covers("A-11", "A-12")
def test_case_11_12_an_account_is_asked_for_then_accepted_then_mended_until_nothing_is_missing(world: Any) -> None:
    email = "martin@etude.example"
    sender_id = UUID(world.senders.request_link(world.notary, email)["id"])
    assert world.senders.refresh(world.notary, sender_id).missing == {Missing.LINK}
    seen = []
    for missing in ({Missing.TERMS, Missing.PAYMENT, Missing.CREDENTIAL}, {Missing.CREDENTIAL}, frozenset[Missing]()):
        status = SenderStatus(account="9", linked=True, missing=frozenset(missing), email=email)
        world.provider.senders["9"] = status
        seen.append(world.senders.refresh(world.clerk, sender_id).missing)
    assert seen == [{Missing.TERMS, Missing.PAYMENT, Missing.CREDENTIAL}, {Missing.CREDENTIAL}, set()]
    with pytest.raises(SenderKnown):
        world.senders.request_link(world.clerk, " Martin@etude.example")


def test_the_holder_of_the_key_is_a_member_of_the_office(world: Any) -> None:
    with pytest.raises(NotAMember):
        world.senders.request_link(world.clerk, "a@etude.example", uuid4())
    sender_id = UUID(world.senders.request_link(world.clerk, "a@etude.example", world.notary.person_id)["id"])
    assert world.senders.get(world.reader, sender_id).holder_id == world.notary.person_id


def test_nothing_is_recorded_of_an_account_while_the_provider_is_away(world: Any) -> None:
    world.provider.down = ProviderAway()
    with pytest.raises(ProviderSilent):
        world.senders.request_link(world.notary, "a@etude.example")
    assert world.store.read(0, 10) == []


def test_a_revoked_account_sends_nothing_until_it_is_asked_for_again(world: Any) -> None:
    sender_id = world.sender()
    batch_id = world.batch(sender_id, NewLetter(recipient_id=world.recipient(), text="x"))
    world.senders.revoke(world.notary, sender_id)
    for call in (world.senders.refresh, world.senders.payment_methods, world.senders.order_credential):
        with pytest.raises(SenderRevoked):
            call(world.notary, sender_id)
    assert world.checking.check(world.clerk, batch_id).by_code == {"SENDER_NOT_LINKED": 1}
    world.senders.request_link(world.notary, "etude@example.fr")
    world.senders.refresh(world.notary, sender_id)
    assert world.checking.check(world.clerk, batch_id).by_code == {}


@pytest.mark.covers("A-26")
def test_a_payment_method_is_one_of_the_account(world: Any) -> None:
    sender_id = world.sender()
    with pytest.raises(UnknownPaymentMethod):
        world.senders.map_payment(world.notary, sender_id, "syndic-a", "Syndic A", "stripe-1")
    world.senders.map_payment(world.notary, sender_id, "syndic-a", "Syndic A", "stripe-47146")
    letter = NewLetter(recipient_id=world.recipient(), text="x")
    batch_id = world.batch(sender_id, letter, entity="syndic-a")
    assert world.letter(world.letter_ids(batch_id)[0]).payment_method == "stripe-47146"
    with pytest.raises(UnknownEntity):
        world.batch(sender_id, letter, entity="syndic-b")


@pytest.mark.covers("A-22")
def test_the_link_for_consents_is_the_accounts_own(world: Any) -> None:
    assert world.senders.consent_link(world.clerk, world.sender()) == "https://provider.example/consent/1"
    unlinked = UUID(world.senders.request_link(world.notary, "b@etude.example")["id"])
    with pytest.raises(SenderAway):
        world.senders.consent_link(world.clerk, unlinked)


def test_the_compliance_role_reads_and_changes_nothing_and_other_offices_find_nothing(world: Any) -> None:
    sender_id, recipient_id = world.sender(), world.recipient()
    assert world.recipients.get(world.reader, recipient_id).email == "ada@example.fr"
    reader = world.reader
    for change in (
        lambda: world.senders.request_link(reader, "c@etude.example"),
        lambda: world.senders.revoke(reader, sender_id),
        lambda: world.recipients.add(reader, NewRecipient(kind=Kind.INDIVIDUAL)),
        lambda: world.consents.withdraw(reader, [recipient_id]),
        lambda: world.settings.change(reader, 0, Choices()),
        lambda: world.attachments.place(reader),
        lambda: world.batches.create(reader, NewBatch(sender_id=sender_id, level=Level.PAPER)),
    ):
        with pytest.raises(NotAllowed):
            change()
    stranger = world.staff("notary", uuid4())
    for look in (
        lambda: world.senders.get(stranger, sender_id),
        lambda: world.recipients.get(stranger, recipient_id),
        lambda: world.consents.withdraw(stranger, [recipient_id]),
        lambda: world.recipients.erase(stranger, recipient_id),
    ):
        with pytest.raises(NotFound):
            look()


# ---- recipients and consents


def test_a_client_of_the_office_is_in_the_register_once_under_their_own_key(world: Any) -> None:
    client = uuid4()
    new = NewRecipient(kind=Kind.INDIVIDUAL, last_name="Durand", first_name="Ada", person_id=client)
    with pytest.raises(NotAClient):
        world.recipients.add(world.clerk, new)
    world.town.clients[world.office] = {client}
    recipient_id = UUID(world.recipients.add(world.clerk, new)["id"])
    assert world.recipients.get(world.clerk, recipient_id).subject_id == client
    with pytest.raises(RecipientKnown):
        world.recipients.add(world.clerk, new)


def test_a_recipient_is_changed_as_it_was_read(world: Any) -> None:
    recipient_id = world.recipient()
    version = world.recipients.get(world.clerk, recipient_id).version
    address = Postal(line1="1 rue de la Paix", postcode="75002", city="Paris")
    now = world.recipients.change(world.clerk, recipient_id, version, {"postal": address, "kind": Kind.PROFESSIONAL})
    party = world.recipients.get(world.clerk, recipient_id).party
    assert (party.postal, party.kind, now) == (address, Kind.PROFESSIONAL, version + 1)
    with pytest.raises(Stale):
        world.recipients.change(world.clerk, recipient_id, version, {"email": None})


@pytest.mark.covers("A-16", "A-17", "A-19", "A-24")
def test_consents_are_written_down_for_a_selection_all_or_none(world: Any) -> None:
    people = [world.recipient(f"p{number}", consents=False) for number in range(3)]
    paper = world.file(b"signed")
    with pytest.raises(NotFound):
        world.consents.record(world.clerk, [*people, uuid4()], paper)
    with pytest.raises(UnknownAttachment):
        world.consents.record(world.clerk, people, uuid4())
    with pytest.raises(ConsentDateInFuture):
        world.consents.record(world.clerk, people, paper, world.clock().replace(year=2030))
    assert all(world.recipients.get(world.clerk, one).consent is None for one in people)
    changes = world.consents.record(world.clerk, people, paper)
    assert [(one.recipient_id, one.before, one.after) for one in changes] == [
        (one, None, ConsentState.ACCEPTED) for one in people
    ]
    assert [one.after for one in world.consents.withdraw(world.clerk, people[:2])] == [ConsentState.WITHDRAWN] * 2


@pytest.mark.covers("A-15", "A-18", "A-19", "A-21")
def test_a_refresh_returns_the_persons_whom_it_changed_and_no_others(world: Any) -> None:
    sender_id = world.sender()
    ada, jean, anne, zoe = (world.recipient(name, consents=False) for name in ("ada", "jean", "anne", "zoe"))
    world.consents.record(world.clerk, [zoe], world.file(b"signed"))
    world.clock.advance(hours=1)
    world.provider.answers += [
        ConsentAnswer(email="ADA@example.fr", state=ConsentState.REQUESTED, at=world.clock()),
        ConsentAnswer(email="jean@example.fr", state=ConsentState.REFUSED, at=world.clock()),
        ConsentAnswer(email="stranger@example.fr", state=ConsentState.ACCEPTED, at=world.clock()),
        ConsentAnswer(email="zoe@example.fr", state=ConsentState.REFUSED, at=world.clock()),
    ]
    world.clock.advance(hours=1)
    world.provider.answers.append(ConsentAnswer(email="ada@example.fr", state=ConsentState.ACCEPTED, at=world.clock()))
    only = world.consents.refresh(world.clerk, sender_id, [ada, anne])
    assert [(one.recipient_id, one.after) for one in only] == [(ada, ConsentState.ACCEPTED)]
    changed = {one.recipient_id: (one.before, one.after) for one in world.consents.refresh(world.clerk, sender_id)}
    assert changed == {
        jean: (None, ConsentState.REFUSED),
        zoe: (ConsentState.ACCEPTED, ConsentState.REFUSED),
    }
    assert world.consents.refresh(world.clerk, sender_id) == ()


def test_consents_are_read_again_every_six_hours_and_after_an_error_sooner(world: Any) -> None:
    world.sender()
    ada = world.recipient(consents=False)
    world.provider.down = ProviderAway()
    assert world.consent_refreshing.step() == 0
    world.provider.down = None
    world.provider.answers.append(ConsentAnswer(email="ada@example.fr", state=ConsentState.ACCEPTED, at=world.clock()))
    assert world.consent_refreshing.step() == 0
    world.clock.advance(minutes=15)
    assert world.consent_refreshing.step() == 1
    world.provider.answers.append(ConsentAnswer(email="ada@example.fr", state=ConsentState.REFUSED, at=world.clock()))
    world.clock.advance(hours=5)
    assert world.consent_refreshing.step() == 0
    world.clock.advance(hours=1)
    assert world.consent_refreshing.step() == 1
    assert world.recipients.get(world.clerk, ada).consent.state is ConsentState.REFUSED


def test_a_person_is_asked_through_the_provider_unless_they_agreed(world: Any) -> None:
    sender_id, agreed, silent = world.sender(), world.recipient("ada"), world.recipient("jean", consents=False)
    changes = world.consents.request(world.clerk, sender_id, [agreed, silent])
    assert [(one.recipient_id, one.after) for one in changes] == [(silent, ConsentState.REQUESTED)]
    assert [one.email for one in world.provider.answers] == ["jean@example.fr"]


@pytest.mark.covers("A-62")
def test_case_56_what_we_have_said_to_a_recipient_before_acceptance_names_nobody_else_and_no_matter(world: Any) -> None:
    """Only providers write to recipients. Besides the letter, which they hide, they are asked one thing by us."""
    asked: list[dict[str, Any]] = []
    world.provider.request_consent = lambda account, addressee: asked.append(
        {"account": account, **{one.name: getattr(addressee, one.name) for one in fields(addressee)}}
    )
    dossier_id, sender_id = world.dossier(world.clerk), world.sender()
    person = world.recipient("jean", consents=False)
    letter = NewLetter(recipient_id=person, subject="Congé pour vente", text="Vous êtes congédié")
    world.batch(sender_id, letter, dossier_id=dossier_id)
    world.consents.request(world.clerk, sender_id, [person])
    (told,) = asked
    assert told == {
        "account": "1", "kind": Kind.INDIVIDUAL, "last_name": "Durand", "first_name": "Jean", "company": None,
        "email": "jean@example.fr", "postal": None,
    }  # fmt: skip


# ---- settings


def test_settings_are_chosen_by_notaries_as_they_were_read(world: Any) -> None:
    choices = Choices(Trade.PROPERTY_MANAGER, 12, HoldMode.DEFERRED_SUBMIT)
    with pytest.raises(NotAllowed):
        world.settings.change(world.clerk, 0, choices)
    assert world.settings.get(world.reader).version == 0
    assert world.settings.change(world.notary, 0, choices) == 1
    with pytest.raises(Stale):
        world.settings.change(world.notary, 0, choices)
    assert world.settings.change(world.notary, 1, replace(choices, retention_years=15)) == 2
    assert world.settings.get(world.clerk).choices.retention_years == 15


def test_a_provider_without_drafts_lets_letters_wait_here_whatever_the_office_chose(world: Any) -> None:
    world.provider.drafts = False
    batch_id = world.batch(world.sender(), NewLetter(recipient_id=world.recipient(), text="x"))
    assert world.letter(world.letter_ids(batch_id)[0]).hold_mode is HoldMode.DEFERRED_SUBMIT


# ---- lists


def row(line: int, **changed: Any) -> ImportRow:
    facts: dict[str, Any] = {
        "line": line, "kind": Kind.INDIVIDUAL, "last_name": "Durand", "first_name": f"Ada{line}",
        "email": f"ada{line}@example.fr", "text": f"Bonjour {line}",
    }  # fmt: skip
    return ImportRow(**{**facts, **changed})


def test_a_list_becomes_a_batch_and_people_are_found_again(world: Any) -> None:
    sender_id, known = world.sender(), world.recipient("ada2")
    world.recipients.change(world.clerk, known, 2, {"first_name": "Ada2"})
    rows = [row(number) for number in range(2, 252)] + [row(252, first_name="Ada2", email="ADA2@example.fr")]
    new = NewBatch(sender_id=sender_id, level=Level.QUALIFIED_LRE)
    done = world.importing.import_rows(world.clerk, new, rows)
    assert (done["letters"], done["recipients_added"], done["refused"]) == (251, 249, ())
    letters = [world.letter(one) for one in world.letter_ids(UUID(done["batch_id"]))]
    assert [one.recipient_id for one in letters].count(known) == 2
    assert world.checking.check(world.clerk, UUID(done["batch_id"])).by_code == {"CONSENT_MISSING": 249}


def test_a_line_that_cannot_be_used_makes_no_letter_and_the_others_do(world: Any) -> None:
    class Unprintable(Refusal):
        """The text cannot be printed."""

        code, status = "text-not-printable", 422

    pdf = world.writing._renderer.pdf

    def printed(text: str) -> bytes:
        if "☠" in text:
            raise Unprintable
        return bytes(pdf(text))

    world.writing._renderer.pdf = printed
    rows = [row(2), row(3, text="☠"), row(4), row(5, attachments=(uuid4(),)), row(6, first_name=None)]
    done = world.importing.import_rows(
        world.clerk, NewBatch(sender_id=world.sender(), level=Level.QUALIFIED_LRE), rows
    )  # fmt: skip
    assert (done["letters"], done["recipients_added"]) == (3, 3)
    assert [(one["line"], one["code"]) for one in done["refused"]] == [
        (3, "TEXT_NOT_PRINTABLE"),
        (5, "UNKNOWN_ATTACHMENT"),
    ]


def test_a_list_cut_in_the_middle_goes_on_where_it_stopped(world: Any) -> None:
    new = NewBatch(sender_id=world.sender(), level=Level.QUALIFIED_LRE)
    actor, rows = world.commanded(world.clerk, "list"), [row(number) for number in range(2, 452)]
    store, calls = world.vault.store, 0

    def cut(*about: Any, **facts: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 300:
            raise ProviderAway
        return store(*about, **facts)

    world.vault.store = cut
    with pytest.raises(ProviderAway):
        world.importing.import_rows(actor, new, rows)
    done = world.importing.import_rows(actor, new, rows)
    assert done["letters"] == 450
    letters = [world.letter(one) for one in world.letter_ids(UUID(done["batch_id"]))]
    assert len({one.recipient_id for one in letters}) == 450
    assert world.store.first_outcome(world.clerk.person_id, "list")[1]["letters"] == 450


def test_a_list_has_an_end(world: Any) -> None:
    new = NewBatch(sender_id=world.sender(), level=Level.QUALIFIED_LRE)
    with pytest.raises(TooMany):
        world.importing.import_rows(world.clerk, new, [row(2)] * (MOST_ROWS + 1))


# ---- erasing


def test_case_57_erasing_a_person_keeps_the_proofs_and_removes_the_rest(world: Any) -> None:
    client = uuid4()
    world.town.clients[world.office] = {client}
    recipient_id = world.recipient("ada", person_id=client)
    sender_id = world.sender()
    gone = world.batch(sender_id, NewLetter(recipient_id=recipient_id, text="Partie"))
    world.batches.submit(world.clerk, gone)
    world.work()
    (left,) = world.letter_ids(gone)
    world.releases.release(world.notary, [left], world.code(sender_id))
    world.work()
    draft = world.batch(sender_id, NewLetter(recipient_id=recipient_id, text="Pas partie"))
    erased = PersonErased(person_id=client, office_id=world.office, basis="subject-request")
    position = Position("identity", 1, 1)
    world.erasing.erase(erased, Actor.system(), position)
    proofs = world.letter(left).evidence
    assert proofs
    assert all(world.vault.files[one.version_id][3] for one in proofs), "held by law"
    assert world.states([left, *world.letter_ids(draft)]) == ["in-transit", "cancelled"]
    party = world.recipients.get(world.clerk, recipient_id).party
    assert (party.last_name, party.first_name, party.email) == (None, None, None)
    assert world.letter(left).sent_to[:2] == (None, None)
    with world.store.connection() as connection:
        held = str(connection.execute("SELECT * FROM read.recipient").fetchall())
        held += str(connection.execute("SELECT * FROM read.letter").fetchall())
    assert "Durand" not in held
    assert "ada@example.fr" not in held
    with pytest.raises(SubjectErased):
        world.recipients.change(
            world.clerk, recipient_id, world.store.get(Recipient, recipient_id).version, {"email": "x"}
        )
    world.erasing.erase(erased, Actor.system(), Position("identity", 1, 2))
    said = [one for one in world.store.read(0, 10_000) if one.topic.endswith("person-keys-destroyed")]
    assert [(one.plain["keys"], one.plain["evidence_kept"]) for one in said] == [(1, len(proofs))]
    assert example("lre-gateway.person-keys-destroyed").data.keys() == {"person_id", "keys", "evidence_kept"}


def test_case_57_a_letter_under_way_to_an_erased_person_is_followed_to_its_end(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1)
    world.work()
    world.recipients.erase(world.notary, world.letter(letter_id).recipient_id)
    sender_id = world.letter(letter_id).sender_id
    items = world.releases.release(world.notary, [letter_id], world.code(sender_id))
    assert [(item["outcome"], item["problem"]) for item in items] == [("refused", "EMAIL_MISSING")]
    world.letters.cancel(world.clerk, letter_id)
    assert world.states([letter_id]) == ["cancelled"]


def test_case_57_the_office_erases_who_has_no_account_and_identity_who_has_one(world: Any) -> None:
    client = uuid4()
    world.town.clients[world.office] = {client}
    with_account, without = world.recipient("ada", person_id=client), world.recipient("jean")
    with pytest.raises(NotAllowed):
        world.recipients.erase(world.clerk, without)
    with pytest.raises(ErasedByIdentity):
        world.recipients.erase(world.notary, with_account)
    for _ in range(2):
        world.recipients.erase(world.reader, without)
    assert world.recipients.get(world.clerk, without).party.email is None
    assert [one.topic for one in world.store.read(0, 1_000)].count("lre-gateway.person-keys-destroyed") == 1
