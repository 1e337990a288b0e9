"""Letters at their provider: read again, followed, proven, and watched; nothing is believed but what is read."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.refusal import NotAllowed, NotFound
from eventstore import rebuild
from lre_gateway.application.polling import Cadence
from lre_gateway.application.ports import RawHint
from lre_gateway.application.provider import Fact, ProviderAway, RecipientChange
from lre_gateway.domain.evidence import ATTEMPTS
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.refusals import NoSuchChange, NotReissuable
from lre_gateway.domain.vocabulary import EvidenceKind, HoldMode, Level, Status


def transit(world: Any, count: int = 1) -> tuple[list[UUID], list[str]]:
    """Return letters that their sender released, and the provider's references of them."""
    sender_id, _, letters = world.submitted(count)
    world.work()
    world.releases.release(world.notary, letters, world.code(sender_id))
    world.work()
    return letters, [world.provider.ref_of(one) for one in letters]


def happens(world: Any, ref: str, *statuses: Status) -> None:
    """Let things happen to a letter, three minutes apart, and let the workers see each."""
    for status in statuses:
        world.clock.advance(minutes=3)
        world.provider.happens(ref, status)
        world.work()


@pytest.mark.covers("A-55", "A-56", "A-58")
@pytest.mark.parametrize(
    ("end", "proof"),
    [
        (Status.ACKNOWLEDGED, "reception"),
        (Status.REFUSED, "refusal"),
        (Status.NOT_CLAIMED, "non-claim"),
        (Status.BOUNCED, "non-delivery"),
    ],
)
def test_case_34_35_36_37_a_letter_ends_with_the_dates_of_the_provider_and_its_proofs(
    world: Any, end: Status, proof: str
) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED, end)
    letter = world.letter(letter_id)
    dates = {fact.status: fact.at for fact in world.provider.letters[ref].facts}
    assert (letter.state.value, letter.sent_at, letter.ended_at) == (end.value, dates[Status.NOTIFIED], dates[end])
    kinds = {one.kind.value for one in letter.evidence}
    assert {"submission-manifest", "deposit-and-sending", "content", proof} <= kinds
    assert letter.pending == ()


def test_case_49_each_terminal_fact_has_its_proof_in_the_vault_within_five_minutes(world: Any) -> None:
    letters, refs = transit(world, 4)
    ends = [Status.ACKNOWLEDGED, Status.REFUSED, Status.NOT_CLAIMED, Status.BOUNCED]
    world.clock.advance(minutes=3)
    for ref, end in zip(refs, ends, strict=True):
        world.provider.happens(ref, Status.NOTIFIED)
        world.provider.happens(ref, end, world.clock() + timedelta(seconds=1))
    told_at = world.clock() + timedelta(seconds=1)
    for _ in range(10):  # the workers run every half minute for five minutes
        world.clock.advance(seconds=30)
        world.work()
    for letter_id in letters:
        for proof in world.letter(letter_id).evidence:
            office, content, stored, held = world.vault.files[proof.version_id]
            assert (office, held) == (world.office, True)
            assert hashlib.sha256(content).hexdigest() == proof.sha256 == stored.sha256
            assert hashlib.sha512(content).hexdigest() == proof.sha512
            assert proof.fetched_at - told_at < timedelta(minutes=5)
        assert world.letter(letter_id).pending == ()
    entries = [json.loads(one.entry) for one in world.store.read(0, 10_000) if one.topic.endswith("evidence-stored")]
    assert all(len(entry["docs"]) == 1 for entry in entries)
    assert {entry["docs"][0]["ref"] for entry in entries} == {
        str(proof.version_id) for letter_id in letters for proof in world.letter(letter_id).evidence
    }


def test_the_manifest_says_what_was_submitted_to_whom_and_on_which_consent(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    proof = next(one for one in world.letter(letter_id).evidence if one.kind is EvidenceKind.SUBMISSION_MANIFEST)
    told = json.loads(world.vault.files[proof.version_id][1])
    letter = world.letter(letter_id)
    assert (told["letter"], told["provider_ref"], told["level"]) == (str(letter_id), ref, "qualified-lre")
    assert told["recipient"] == {"name": "Person0 Durand", "email": "person0@example.fr"}
    assert told["consent"] == str(world.recipients.get(world.clerk, letter.recipient_id).consent.id)
    assert [one["sha256"] for one in told["documents"]] == [one.sha256 for one in letter.documents]


@pytest.mark.parametrize("hold_mode", list(HoldMode))
def test_a_record_proves_who_let_a_letter_leave_with_which_kind_of_code_and_when(
    world: Any, hold_mode: HoldMode
) -> None:
    world.hold_mode = hold_mode
    world.restart()
    given_at = world.clock()
    (letter_id,), _ = transit(world)
    letter = world.letter(letter_id)
    proof = next(one for one in letter.evidence if one.kind is EvidenceKind.SENDER_AUTH_RECORD)
    _, content, _, held = world.vault.files[proof.version_id]
    told = json.loads(content)
    assert content == json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert (told["format"], told["letter"]) == ("scelle-sender-auth-record/1", str(letter_id))
    assert (told["released_by"], told["holder"], told["means"]) == (*[str(world.notary.person_id)] * 2, "otp")
    assert (told["authenticated_at"], told["released_at"]) == (given_at.isoformat(), given_at.isoformat())
    assert told["documents"] == [one.sha256 for one in letter.documents]
    assert held
    assert proof.sha256 == hashlib.sha256(content).hexdigest()
    code = world.provider.code_of["1"]
    assert code not in content.decode()
    assert world.topics(letter_id).count("letter-released") == 1


def test_a_level_that_needs_no_code_has_no_record_of_one(world: Any) -> None:
    _, _, (letter_id,) = world.submitted(1, level=Level.SIMPLE_ERDS)
    world.work()
    assert "letter-released" not in world.topics(letter_id)
    assert {one.kind.value for one in world.letter(letter_id).evidence} == {"submission-manifest"}


@pytest.mark.covers("A-57")
def test_a_proof_that_is_late_is_fetched_when_it_comes(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    world.provider.evidence_late = True
    happens(world, ref, Status.NOTIFIED)
    assert world.letter(letter_id).pending == ("deposit-and-sending", "content")
    world.provider.evidence_late = False
    world.clock.advance(minutes=1)
    world.work()
    assert world.letter(letter_id).pending == ()


def test_proofs_of_an_end_do_not_wait_for_those_that_are_late(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    world.provider.evidence_late = True
    happens(world, ref, Status.NOTIFIED)
    for _ in range(9):
        world.clock.advance(hours=3)
        world.work()
    world.provider.happens(ref, Status.ACKNOWLEDGED)
    world.provider.evidence_late = False
    world.clock.advance(hours=4)
    world.polling.step()
    world.fetching.step()
    assert world.letter(letter_id).pending == ()


def test_a_proof_that_does_not_come_in_seven_days_is_missing_and_told(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    world.provider.evidence_late = True
    happens(world, ref, Status.NOTIFIED)
    began = world.clock()
    for _ in range(ATTEMPTS + 2):
        world.clock.advance(hours=6)
        world.fetching.step()
        if world.letter(letter_id).missing:
            break
    assert world.letter(letter_id).missing == ("deposit-and-sending", "content")
    assert timedelta(days=6) < world.clock() - began < timedelta(days=10)
    assert world.topics(letter_id).count("evidence-missing") == 2
    assert not world.fetching.step()


def test_fetching_again_after_a_crash_changes_nothing(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED)
    before = dict(world.vault.files)
    letter, sender = world.letter(letter_id), world.senders.get(world.notary, world.letter(letter_id).sender_id)
    for proof in letter.evidence:
        assert world.fetching._fetch_one(letter, sender, proof.kind)
    assert world.vault.files == before
    assert len(world.letter(letter_id).evidence) == len(letter.evidence)


def test_case_38_a_letter_that_is_looked_at_for_three_days_stays_notified(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED)
    events = world.topics(letter_id)
    for _ in range(18):
        world.clock.advance(hours=4)
        world.work()
    assert world.states([letter_id]) == ["notified"]
    assert world.topics(letter_id) == events


@pytest.mark.covers("A-65")
@pytest.mark.parametrize(("accept", "name"), [(True, "recipient-change-accepted"), (False, "recipient-change-refused")])
def test_case_39_a_change_of_recipient_is_asked_and_answered(world: Any, *, accept: bool, name: str) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED)
    change = RecipientChange(id="31", at=world.clock(), last_name="Durand", first_name="Anne")
    world.provider.letters[ref].changes.append(change)
    world.clock.advance(minutes=3)
    world.work()
    with pytest.raises(NotAllowed):
        world.letters.answer_change(world.reader, letter_id, "31", accept=accept)
    world.letters.answer_change(world.clerk, letter_id, "31", accept=accept)
    assert world.topics(letter_id)[-2:] == ["recipient-change-requested", name]
    with pytest.raises(NoSuchChange):
        world.letters.answer_change(world.clerk, letter_id, "31", accept=accept)


@pytest.mark.covers("A-61")
def test_case_40_a_window_is_near_then_overdue_when_no_fact_comes(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED)
    said = []
    for _ in range(20):
        world.clock.advance(days=1)
        world.deadlines.step()
        said.append([name for name in world.topics(letter_id) if name.startswith("deadline-")])
    assert said[11] == []
    assert said[13] == ["deadline-near"]
    assert said[16] == ["deadline-near"]
    assert said[19] == ["deadline-near", "deadline-overdue"]


def test_case_41_what_nobody_saw_is_rebuilt_and_says_so(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    world.provider.letters[ref].facts.append(Fact(status=Status.ACKNOWLEDGED, at=world.clock()))
    world.provider.letters[ref].status = Status.ACKNOWLEDGED
    world.clock.advance(minutes=3)
    world.work()
    events = [one for one in world.store.read(0, 10_000) if one.originator_id == letter_id]
    told = {one.topic: one.plain.get("reconstructed") for one in events}
    assert (told["lre-gateway.letter-sent"], told["lre-gateway.letter-acknowledged"]) == (True, False)


def test_case_42_another_end_is_journaled_and_the_first_stands(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED, Status.ACKNOWLEDGED)
    world.provider.happens(ref, Status.REFUSED)
    for _ in range(2):
        world.following.take(world.provider, {letter_id: world.provider.get(ref)})
    assert world.states([letter_id]) == ["acknowledged"]
    assert world.topics(letter_id).count("terminal-fact-conflict") == 1


def test_case_43_an_unknown_word_changes_nothing_and_is_told_once(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    world.provider.letters[ref].word = "en_quarantaine"
    for _ in range(3):
        world.clock.advance(minutes=3)
        world.work()
    assert world.states([letter_id]) == ["in-transit"]
    assert world.topics(letter_id).count("provider-status-unrecognized") == 1


def test_a_letter_that_its_provider_no_longer_shows_is_told_once(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    hidden = world.provider.letters.pop(ref)
    for _ in range(3):
        world.clock.advance(minutes=3)
        world.work()
    assert world.topics(letter_id).count("contract-breach-noted") == 1
    world.provider.letters[ref] = hidden
    happens(world, ref, Status.NOTIFIED)
    assert world.states([letter_id]) == ["notified"]


def test_letters_are_read_soon_at_first_and_rarely_later(world: Any) -> None:
    began = world.clock()
    assert [
        (Cadence().next(began, began + timedelta(seconds=age)) - began - timedelta(seconds=age)).total_seconds()
        for age in (0, 3_599, 3_600, 86_399, 86_400, 864_000)
    ] == [120, 120, 1_800, 1_800, 14_400, 14_400]


def test_a_letter_is_read_at_its_turn_and_not_before(world: Any) -> None:
    transit(world)
    assert world.polling.step() == 0
    world.clock.advance(seconds=119)
    assert world.polling.step() == 0
    world.clock.advance(seconds=1)
    assert world.polling.step() == 1


def test_a_provider_that_is_away_is_asked_again_a_minute_later(world: Any) -> None:
    (letter_id,), (ref,) = transit(world)
    world.provider.happens(ref, Status.NOTIFIED)
    world.provider.down = ProviderAway()
    world.clock.advance(minutes=3)
    world.polling.step()
    world.provider.down = None
    assert world.polling.step() == 0
    world.clock.advance(minutes=1)
    world.polling.step()
    assert world.states([letter_id]) == ["notified"]


def hint(world: Any, body: bytes, letter_id: UUID | None = None) -> None:
    """Let the provider call."""
    with world.store.connection() as connection:
        connection.execute(
            "INSERT INTO letters.hint (provider, letter_id, headers, body, received_at)"
            " VALUES ('ar24', %s, '{}', %s, now())",
            (letter_id, body),
        )


def test_case_46_a_hint_makes_a_letter_read_at_once_and_a_forged_one_cannot_move_it(world: Any) -> None:
    letters, refs = transit(world, 2)
    hint(world, refs[0].encode())
    assert world.polling.step() == 1
    assert world.states(letters) == ["in-transit"] * 2
    world.provider.happens(refs[1], Status.NOTIFIED)
    hint(world, b"whatever it says", letters[1])
    hint(world, b"no letter of ours")
    assert world.polling.step() == 1
    assert world.states(letters) == ["in-transit", "notified"]
    assert world.hints.take(10) == []


def test_case_47_hints_that_come_twice_late_or_never_lead_to_the_same_end(world: Any) -> None:
    letters, refs = transit(world, 3)
    for ref in refs:
        world.provider.happens(ref, Status.NOTIFIED)
        world.provider.happens(ref, Status.REFUSED, world.clock() + timedelta(seconds=1))
    for _ in range(2):
        hint(world, refs[0].encode())
        world.work()
    world.clock.advance(minutes=3)
    world.work()
    hint(world, refs[1].encode())
    world.work()
    assert world.states(letters) == ["refused"] * 3
    assert world.topics(letters[0]) == world.topics(letters[1]) == world.topics(letters[2])


def test_a_hint_of_a_provider_that_is_not_ours_is_dropped(world: Any) -> None:
    assert list(world.polling._meant(RawHint(1, "nobody", None, {}, b"1"))) == []


@pytest.mark.covers("A-59")
@pytest.mark.parametrize("level", [None, Level.PAPER])
def test_case_37_a_bounced_letter_is_sent_again_as_a_new_one_that_names_it(world: Any, level: Level | None) -> None:
    (letter_id,), (ref,) = transit(world)
    happens(world, ref, Status.NOTIFIED, Status.BOUNCED)
    made = world.letters.reissue(world.clerk, letter_id, level=level)
    again = world.letter(UUID(made["id"]))
    old = world.letter(letter_id)
    assert (old.state.value, old.successor_id, again.reissued_from) == ("bounced", again.id, letter_id)
    assert (again.level, again.documents) == (level or Level.QUALIFIED_LRE, old.documents)
    assert again.batch_id == UUID(made["batch_id"]) != old.batch_id
    assert world.checking.check(world.clerk, again.batch_id).asked == 1
    with pytest.raises(NotReissuable):
        world.letters.reissue(world.clerk, letter_id)


@pytest.mark.parametrize("mode", HoldMode)
def test_case_52_events_alone_rebuild_every_letter_the_counts_and_the_proofs(world: Any, mode: HoldMode) -> None:
    world.hold_mode = mode
    world.restart()
    letters, refs = transit(world, 6)
    for ref, end in zip(refs, (Status.ACKNOWLEDGED, Status.REFUSED, Status.BOUNCED, None, None, None), strict=True):
        happens(world, ref, Status.NOTIFIED, *([end] if end else []))
    assert _tables(world)["evidence"]
    before, letters_before = _tables(world), [_plain(world.letter(one)) for one in letters]
    rebuild(world.store)
    assert _tables(world) == before
    world.restart()
    assert [_plain(world.letter(one)) for one in letters] == letters_before


def _plain(letter: Letter) -> dict[str, Any]:
    return {name: value for name, value in vars(letter).items() if name != "_pending_events"}


def _tables(world: Any) -> dict[str, list[Any]]:
    with world.store.connection() as connection:
        names = [
            row["tablename"]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'read' ORDER BY 1")
        ]
        return {
            name: [row["row"] for row in connection.execute(f"SELECT t::text AS row FROM read.{name} AS t ORDER BY id")]
            for name in names
        }


def test_proofs_are_for_those_who_may_read_the_letter(world: Any) -> None:
    (letter_id,), _ = transit(world)
    proof = world.evidences.of(world.reader, letter_id)[0]
    assert proof.kind is EvidenceKind.SUBMISSION_MANIFEST
    given = world.evidences.download(world.reader, letter_id, proof.version_id)
    assert given.ticket == f"for {world.reader.person_id}"
    stranger = world.staff("notary", uuid4())
    for actor, version in ((stranger, proof.version_id), (world.clerk, letter_id)):
        with pytest.raises(NotFound):
            world.evidences.download(actor, letter_id, version)
    with pytest.raises(NotAllowed):
        world.evidences.of(replace(world.clerk, kind="client"), letter_id)
