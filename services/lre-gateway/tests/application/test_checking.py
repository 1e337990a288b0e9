"""Asked, compatible, incompatible: what a check counts, records, and leaves alone."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.refusal import NotAllowed, NotFound
from eventstore import AlreadyDone, Changed
from lre_gateway.application.batches import NewBatch
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.refusals import NothingReady, UnknownAttachment, UnknownRecipient
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Kind, Level, Missing


def fourteen(world: Any) -> tuple[UUID, list[UUID]]:
    """Return the batch of the seed: seven of fourteen third parties cannot get theirs."""
    good = [world.recipient(f"good{number}") for number in range(7)]
    bad = [world.recipient(f"bad{number}", consents=False) for number in range(3)]
    bad += [world.recipient(f"bad{number}", email="sans adresse") for number in range(3, 6)]
    bad += [world.recipient("bad6", consents=False, email=None)]
    letters = [NewLetter(recipient_id=one, text=f"Bonjour {one}") for one in (*good, *bad)]
    return world.batch(world.sender(), *letters), bad


@pytest.mark.covers("A-38", "A-43")
def test_case_15_fourteen_asked_seven_compatible_seven_not_and_every_cause_is_counted(world: Any) -> None:
    batch_id, _ = fourteen(world)
    report = world.checking.check(world.clerk, batch_id)
    assert (report.asked, report.compatible, report.incompatible, report.changed) == (14, 7, 7, 0)
    assert report.by_code == {"CONSENT_MISSING": 4, "EMAIL_INVALID": 3, "EMAIL_MISSING": 1}
    causes = sorted(letter.problems for letter in map(world.letter, world.letter_ids(batch_id)) if letter.problems)
    assert causes == [("CONSENT_MISSING",)] * 3 + [("EMAIL_INVALID",)] * 3 + [("EMAIL_MISSING", "CONSENT_MISSING")]


@pytest.mark.covers("A-46")
def test_case_16_mending_one_person_and_checking_again_changes_only_their_letters(world: Any) -> None:
    batch_id, bad = fourteen(world)
    before = {one: len(world.topics(one)) for one in world.letter_ids(batch_id)}
    version = world.recipients.get(world.clerk, bad[3]).version
    world.recipients.change(world.clerk, bad[3], version, {"email": "bad3@example.fr"})
    report = world.checking.check(world.clerk, batch_id)
    assert (report.compatible, report.incompatible, report.changed, report.check) == (8, 6, 1, 2)
    grown = [one for one, events in before.items() if len(world.topics(one)) > events]
    assert [world.letter(one).recipient_id for one in grown] == [bad[3]]
    assert world.checking.check(world.clerk, batch_id).check == 2, "the same report is not another one"


def test_a_check_calls_no_provider(world: Any) -> None:
    batch_id, _ = fourteen(world)
    world.provider.down = RuntimeError("nobody may call")
    assert world.checking.check(world.clerk, batch_id).asked == 14


def test_a_check_never_touches_letters_that_left(world: Any) -> None:
    _, batch_id, letters = world.submitted(3)
    world.submitting.step()
    before = [world.topics(one) for one in letters]
    report = world.checking.check(world.clerk, batch_id)
    assert [world.topics(one) for one in letters] == before
    assert (report.asked, report.compatible, report.incompatible) == (3, 3, 0)


@pytest.mark.parametrize("size", [499, 500, 501])
def test_a_check_goes_through_all_letters_slice_by_slice(world: Any, size: int) -> None:
    sender_id, person = world.sender(), world.recipient()
    first, rest = min(size, 500), max(size - 500, 0)
    new = [NewLetter(recipient_id=person, text="Bonjour")] * first
    batch_id = world.batch(sender_id, *new)
    if rest:
        world.batches.add_letters(world.clerk, batch_id, new[:rest])
    report = world.checking.check(world.clerk, batch_id)
    assert (report.asked, report.compatible) == (size, size)
    assert world.register.batch_counts(batch_id) == {State.READY: size}


def test_case_18_a_company_is_asked_for_and_no_consent(world: Any) -> None:
    firm = world.recipient("firm", consents=False, kind=Kind.PROFESSIONAL, company="Durand et fils")
    nameless = world.recipient("nameless", consents=False, kind=Kind.PROFESSIONAL)
    batch_id = world.batch(world.sender(), *(NewLetter(recipient_id=one, text="x") for one in (firm, nameless)))
    assert world.checking.check(world.clerk, batch_id).by_code == {"COMPANY_MISSING": 1}


def test_case_19_a_notice_respects_who_opted_out_and_is_refused_to_lawyers(world: Any) -> None:
    world.as_lawyers()
    person = world.recipient(consents=False)
    world.recipients.opt_out(world.clerk, person, opted_out=True)
    letter = NewLetter(recipient_id=person, text="Convocation")
    batch_id = world.batch(world.sender(), letter, level=Level.COPRO_NOTICE)
    assert world.checking.check(world.clerk, batch_id).by_code == {"LEVEL_NOT_ALLOWED": 1, "OPTED_OUT": 1}


def test_what_a_sender_lacks_is_mended_by_a_refresh_and_a_check(world: Any) -> None:
    sender_id = world.sender(Missing.TERMS, Missing.PAYMENT)
    batch_id = world.batch(sender_id, NewLetter(recipient_id=world.recipient(), text="Bonjour"))
    assert world.checking.check(world.clerk, batch_id).by_code == {"SENDER_NO_PAYMENT": 1, "SENDER_TERMS": 1}
    world.provider.senders["1"] = replace(world.provider.senders["1"], missing=frozenset())
    world.senders.refresh(world.clerk, sender_id)
    assert world.checking.check(world.clerk, batch_id).by_code == {}


@pytest.mark.covers("A-34", "A-42")
def test_paper_looks_at_the_pages_of_attachments_and_at_the_address(world: Any) -> None:
    landscape, image = world.file(b"landscape"), world.file(b"photo", media_type="image/png")
    person = world.recipient(consents=False)
    letters = [NewLetter(recipient_id=person, text="x", attachments=(one,)) for one in (landscape, image)]
    letters.append(NewLetter(recipient_id=person, text="x", attachments=(world.file(b"portrait"),)))
    report = world.checking.check(world.clerk, world.batch(world.sender(), *letters, level=Level.PAPER))
    assert report.by_code == {"NOT_A4": 2, "POSTAL_ADDRESS_INVALID": 3}


def test_case_24_the_same_letter_to_the_same_person_within_thirty_days_is_a_warning(world: Any) -> None:
    person, other, sender_id = world.recipient(), world.recipient("jean"), world.sender()
    same = NewLetter(recipient_id=person, text="Bonjour")
    first = world.batch(sender_id, same)
    world.clock.advance(days=29)
    letters = [same, NewLetter(recipient_id=person, text="Autre chose"), NewLetter(recipient_id=other, text="Bonjour")]
    second = world.checking.check(world.clerk, world.batch(sender_id, *letters))
    assert (second.compatible, second.warned, second.by_code) == (3, 1, {"POSSIBLE_DUPLICATE": 1})
    assert world.checking.check(world.clerk, first).warned == 0, "the first of two is no repetition"
    world.clock.advance(days=31)
    assert world.checking.check(world.clerk, world.batch(sender_id, same)).warned == 0


def test_a_batch_without_a_letter_that_is_ready_is_not_sent(world: Any) -> None:
    batch_id = world.batch(world.sender(), NewLetter(recipient_id=world.recipient(consents=False), text="x"))
    with pytest.raises(NothingReady):
        world.batches.submit(world.clerk, batch_id)


def test_letters_are_for_people_and_of_files_of_the_office(world: Any) -> None:
    sender_id, person = world.sender(), world.recipient()
    for letter, refusal in (
        (NewLetter(recipient_id=uuid4(), text="x"), UnknownRecipient),
        (NewLetter(recipient_id=person, text="x", attachments=(uuid4(),)), UnknownAttachment),
    ):
        with pytest.raises(refusal):
            world.batch(sender_id, letter)


@pytest.mark.covers("A-37")
def test_who_may_see_and_change_a_batch(world: Any) -> None:
    dossier_id = world.dossier(world.clerk)
    letter = NewLetter(recipient_id=world.recipient(), text="Bonjour")
    batch_id = world.batch(world.sender(), letter, dossier_id=dossier_id)
    assert world.batches.progress(world.clerk, batch_id).asked == 1
    assert world.batches.progress(world.reader, batch_id).asked == 1, "the compliance role reads everything"
    stranger, colleague = world.staff("notary", uuid4()), world.staff("collaborator")
    for actor, refusal in ((stranger, NotFound), (colleague, NotFound), (world.reader, NotAllowed)):
        with pytest.raises(refusal):
            world.checking.check(actor, batch_id)
    with pytest.raises(NotFound):
        world.letters.get(colleague, world.letter_ids(batch_id)[0])
    client = replace(world.clerk, kind="client", office_id=None)
    with pytest.raises(NotAllowed):
        world.batches.progress(client, batch_id)


def test_a_command_that_comes_twice_makes_one_batch(world: Any) -> None:
    sender_id, actor = world.sender(), world.commanded(world.clerk, "once")
    new = NewBatch(sender_id=sender_id, level=Level.QUALIFIED_LRE)
    letter = NewLetter(recipient_id=world.recipient(), text="Bonjour")
    first = world.batches.create(actor, new, [letter])
    with pytest.raises((AlreadyDone, Changed)):
        world.batches.create(actor, new, [letter])
    assert world.store.first_outcome(actor.person_id, "once")[1] == first


def test_a_letter_given_up_while_it_is_checked_stays_given_up_and_the_others_are_checked(world: Any) -> None:
    person, sender_id = world.recipient(), world.sender()
    new = NewBatch(sender_id=sender_id, level=Level.QUALIFIED_LRE)
    letters = [NewLetter(recipient_id=person, text=f"Bonjour {number}") for number in range(3)]
    made = world.batches.create(world.clerk, new, letters)
    batch_id, first = UUID(made["id"]), UUID(made["letter_ids"][0])
    asked = world.register.check_rows

    def given_up_meanwhile(*about: Any) -> Any:
        rows = asked(*about)
        if world.letter(first).state is State.DRAFT:
            world.letters.cancel(world.clerk, first)
        return rows

    world.register.check_rows = given_up_meanwhile
    world.checking.check(world.clerk, batch_id)
    assert world.letter(first).state is State.CANCELLED
    assert world.register.batch_counts(batch_id) == {State.READY: 2, State.CANCELLED: 1}
    report = world.checking.check(world.clerk, batch_id)
    assert (report.asked, report.compatible, report.incompatible) == (3, 2, 0)
