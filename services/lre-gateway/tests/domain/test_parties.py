"""Recipients with their consents, senders with their codes, batches with their reports, and the words for it all."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from lre_gateway.domain import words
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.office_settings import Choices, OfficeSettings
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.refusals import (
    CodesLocked,
    NothingWithdrawn,
    NotTheHolder,
    SenderRevoked,
    UnknownEntity,
)
from lre_gateway.domain.sender import LOCK, WRONG_CODES, Sender
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import ConsentState, HoldMode, Level, Missing, Trade

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOLDER, OTHER, DOCUMENT = uuid4(), uuid4(), uuid4()


def a_recipient() -> Recipient:
    recipient = Recipient(
        office_id=uuid4(), subject_id=uuid4(), person_id=None, kind="individual", last_name="Durand",
        first_name="Ada", company=None, email="ada@example.fr", postal=None,
    )  # fmt: skip
    recipient.collect_events()
    return recipient


def a_sender(*missing: Missing) -> Sender:
    sender = Sender(
        office_id=uuid4(), provider="ar24", holder_id=HOLDER, account_email="etude@example.fr", requested_by=OTHER,
        at=NOW,
    )  # fmt: skip
    sender.refresh("12", frozenset(missing), NOW)
    sender.collect_events()
    return sender


def names(aggregate: Any) -> list[str]:
    return [event.TOPIC.removeprefix("lre-gateway.") for event in aggregate.collect_events()]


# ---- consents


@pytest.mark.covers("A-16", "A-17")
def test_a_consent_by_hand_names_who_wrote_it_and_the_document_that_shows_it() -> None:
    recipient, consent = a_recipient(), uuid4()
    recipient.record_consent(consent, NOW, HOLDER, DOCUMENT)
    (event,) = recipient.collect_events()
    assert (event.author_id, event.document_id, event.source) == (HOLDER, DOCUMENT, "hand")  # type: ignore[attr-defined]
    assert recipient.consent is not None
    assert (recipient.consent.id, recipient.consent.state) == (consent, ConsentState.ACCEPTED)


def test_only_a_consent_that_stands_can_be_withdrawn() -> None:
    recipient = a_recipient()
    with pytest.raises(NothingWithdrawn):
        recipient.withdraw_consent(uuid4(), HOLDER, NOW)
    recipient.record_consent(uuid4(), NOW, HOLDER, DOCUMENT)
    recipient.withdraw_consent(uuid4(), HOLDER, NOW + DAY)
    assert recipient.party.consent is not None
    assert recipient.party.consent.state is ConsentState.WITHDRAWN
    with pytest.raises(NothingWithdrawn):
        recipient.withdraw_consent(uuid4(), HOLDER, NOW + DAY)


def test_the_providers_refusal_wins_over_an_older_entry_by_hand_and_not_over_a_younger_one() -> None:
    older, younger = a_recipient(), a_recipient()
    older.record_consent(uuid4(), NOW - DAY, HOLDER, DOCUMENT)
    assert older.answered(uuid4(), ConsentState.REFUSED, NOW)
    younger.record_consent(uuid4(), NOW + DAY, HOLDER, DOCUMENT)
    assert not younger.answered(uuid4(), ConsentState.REFUSED, NOW)
    assert older.party.consent is not None
    assert younger.party.consent is not None
    assert (older.party.consent.state, younger.party.consent.state) == (ConsentState.REFUSED, ConsentState.ACCEPTED)


def test_a_withdrawal_at_the_office_stands_against_what_the_provider_heard_before() -> None:
    recipient = a_recipient()
    recipient.answered(uuid4(), ConsentState.ACCEPTED, NOW - DAY)
    recipient.withdraw_consent(uuid4(), HOLDER, NOW)
    assert not recipient.answered(uuid4(), ConsentState.ACCEPTED, NOW - DAY)
    assert recipient.answered(uuid4(), ConsentState.ACCEPTED, NOW + DAY)


def test_an_answer_that_is_known_is_no_news() -> None:
    recipient = a_recipient()
    assert recipient.answered(uuid4(), ConsentState.ACCEPTED, NOW)
    assert not recipient.answered(uuid4(), ConsentState.ACCEPTED, NOW)
    assert not recipient.answered(uuid4(), ConsentState.ACCEPTED, NOW + DAY)
    assert names(recipient) == ["consent-recorded"]


@pytest.mark.parametrize("state", [ConsentState.ACCEPTED, ConsentState.REFUSED])
def test_a_pending_request_takes_nothing_back(state: ConsentState) -> None:
    recipient = a_recipient()
    recipient.answered(uuid4(), state, NOW)
    assert not recipient.answered(uuid4(), ConsentState.REQUESTED, NOW + DAY)
    recipient.asked(uuid4(), NOW + DAY, HOLDER)
    assert recipient.consent is not None
    assert recipient.consent.state is (state if state is ConsentState.ACCEPTED else ConsentState.REQUESTED)


def test_an_expired_consent_may_be_asked_for_again() -> None:
    recipient = a_recipient()
    recipient.answered(uuid4(), ConsentState.EXPIRED, NOW)
    assert recipient.answered(uuid4(), ConsentState.REQUESTED, NOW + DAY)


def test_what_does_not_change_is_not_said() -> None:
    recipient = a_recipient()
    recipient.change(email="ada@example.fr", first_name="Ada")
    recipient.opt_out(opted_out=False, actor_id=HOLDER, at=NOW)
    assert names(recipient) == []
    recipient.change(email="ada.durand@example.fr")
    recipient.opt_out(opted_out=True, actor_id=HOLDER, at=NOW)
    assert names(recipient) == ["recipient-changed", "recipient-opted-out"]
    assert (recipient.party.email, recipient.party.first_name, recipient.party.opted_out) == (
        "ada.durand@example.fr",
        "Ada",
        True,
    )


# ---- senders and codes


@pytest.mark.covers("A-04", "A-05")
def test_case_26_five_wrong_codes_in_a_row_lock_for_a_quarter_of_an_hour() -> None:
    sender = a_sender()
    left = [sender.code_refused(HOLDER, NOW) for _ in range(WRONG_CODES)]
    assert left == [4, 3, 2, 1, 0]
    for moment in (NOW, NOW + LOCK - timedelta(seconds=1)):
        with pytest.raises(CodesLocked):
            sender.refuse_unless_releasable(HOLDER, moment)
    sender.refuse_unless_releasable(HOLDER, NOW + LOCK)
    assert sender.code_refused(HOLDER, NOW + LOCK) == 4


def test_case_26_a_right_code_forgets_the_wrong_ones() -> None:
    sender = a_sender()
    for _ in range(WRONG_CODES - 1):
        sender.code_refused(HOLDER, NOW)
    sender.authenticated("otp", 3, HOLDER, NOW)
    assert sender.code_refused(HOLDER, NOW) == WRONG_CODES - 1


def test_no_event_of_a_sender_has_a_place_for_a_code() -> None:
    sender = a_sender()
    sender.code_refused(HOLDER, NOW)
    sender.authenticated("otp", 3, HOLDER, NOW)
    said = [set(vars(event)) for event in sender.collect_events()]
    assert not {"code", "otp", "hash", "grant", "secret"} & set.union(*said)


def test_case_29_only_who_holds_the_key_releases() -> None:
    with pytest.raises(NotTheHolder):
        a_sender().refuse_unless_releasable(OTHER, NOW)


def test_case_13_an_account_that_takes_its_leave_back_is_told_once() -> None:
    sender = a_sender()
    for _ in range(2):
        sender.refresh("12", frozenset({Missing.LINK}), NOW)
    assert names(sender) == ["sender-refreshed", "sender-access-lost"]
    assert not sender.linked
    sender.refresh("", frozenset(), NOW)
    assert (sender.linked, sender.account) == (True, "12")


def test_an_account_that_the_office_gave_up_is_linked_again_only_by_asking() -> None:
    sender = a_sender()
    sender.revoke(HOLDER, NOW)
    with pytest.raises(SenderRevoked):
        sender.revoke(HOLDER, NOW)
    sender.refresh("12", frozenset(), NOW)
    assert not sender.linked
    sender.ask_again(HOLDER, NOW)
    sender.refresh("12", frozenset(), NOW)
    assert sender.linked


@pytest.mark.covers("A-26", "A-27")
def test_one_method_may_pay_for_several_entities_and_an_unknown_entity_is_refused() -> None:
    sender = a_sender()
    for entity in ("etude", "syndic-a", "syndic-a"):
        sender.map_payment(entity, "Syndic A", "stripe-47146", HOLDER)
    assert names(sender) == ["payment-method-mapped"] * 2
    assert sender.method_of("syndic-a") == "stripe-47146"
    assert sender.method_of(None) is None
    with pytest.raises(UnknownEntity):
        sender.method_of("syndic-b")


def test_an_account_has_the_same_id_however_its_address_is_typed() -> None:
    office: UUID = uuid4()
    assert Sender.create_id(office, "ar24", " Etude@Example.fr") == Sender.create_id(office, "ar24", "etude@example.fr")


# ---- batches, settings, words


def a_batch() -> Batch:
    return Batch(
        office_id=uuid4(), dossier_id=None, sender_id=uuid4(), level="qualified-lre", hold_mode="deferred_submit",
        entity=None, payment_method=None, print=None, created_by=HOLDER, at=NOW,
    )  # fmt: skip


@pytest.mark.covers("A-38", "A-46")
def test_case_15_a_report_is_numbered_when_it_says_something_new() -> None:
    batch = a_batch()
    batch.extend(14)
    batch.checked(7, 7, 0, NOW)
    batch.checked(7, 7, 0, NOW)
    batch.checked(8, 6, 0, NOW)
    assert names(batch) == ["batch-created", "batch-extended", "batch-checked", "batch-checked"]
    assert (batch.asked, batch.check, batch.report) == (14, 2, (8, 6, 0))


def test_a_submission_pauses_goes_on_and_ends_and_says_each_once() -> None:
    batch = a_batch()
    batch.pause("maintenance", NOW)
    batch.finish(NOW)
    batch.submit(7, HOLDER, NOW)
    for _ in range(2):
        batch.pause("maintenance", NOW)
    for _ in range(2):
        batch.resume(NOW)
    for _ in range(2):
        batch.finish(NOW)
    batch.submit(2, HOLDER, NOW)
    said = ["batch-created", "batch-submitted", "batch-paused", "batch-resumed", "batch-finished", "batch-submitted"]
    assert names(batch) == said
    assert (batch.submission, batch.finished) == (2, False)


def test_an_office_chooses_and_what_it_chose_already_is_not_said() -> None:
    settings = OfficeSettings(
        office_id=uuid4(), trade="lawyer", retention_years=10, hold_mode="deferred_submit", actor_id=HOLDER
    )
    settings.change(Choices(Trade.LAWYER, 10, HoldMode.DEFERRED_SUBMIT), HOLDER)
    settings.change(Choices(Trade.LAWYER, 12, HoldMode.DEFERRED_SUBMIT), HOLDER)
    assert names(settings) == ["office-settings-chosen", "office-settings-changed"]
    assert settings.choices.retention_years == 12


def test_case_55_only_the_qualified_level_is_called_a_registered_letter_electronically() -> None:
    for level in Level:
        said = f"{words.NAMES[level]} {words.SHORT[level]}".casefold()
        calls_itself = [reserved for reserved in words.RESERVED if reserved.casefold() in said]
        assert bool(calls_itself) is (level is Level.QUALIFIED_LRE)
    states = " ".join(words.STATES.values()).casefold()
    assert not any(reserved.casefold() in states for reserved in words.RESERVED)
    assert set(words.STATES) == set(State)
