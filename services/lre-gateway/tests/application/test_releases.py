"""One code, many letters: who may give it, what a wrong one does, and what happens when its hour ends."""

from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.refusal import NotFound
from lre_gateway.application.provider import OutcomeUnknown, ProviderAway
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.refusals import CodeRefused, CodesLocked, NotTheHolder, ProviderSilent, SeveralSenders
from lre_gateway.domain.vocabulary import HoldMode, Status

MODES = list(HoldMode)
GONE = {HoldMode.PROVIDER_DRAFT: "released", HoldMode.DEFERRED_SUBMIT: "submitted"}


def waiting(world: Any, count: int, mode: HoldMode = HoldMode.PROVIDER_DRAFT) -> tuple[UUID, list[UUID]]:
    """Return a sender and letters that wait for its code."""
    world.hold_mode = mode
    world.restart()
    sender_id, _, letters = world.submitted(count)
    world.work()
    assert world.states(letters) == ["awaiting-sender-auth"] * count
    return sender_id, letters


def outcomes(items: list[dict[str, Any]]) -> list[str]:
    return [item["outcome"] for item in items]


@pytest.mark.covers("A-52", "A-53")
@pytest.mark.parametrize("mode", MODES)
def test_case_25_three_of_thirteen_are_ticked_and_only_these_move(world: Any, mode: HoldMode) -> None:
    sender_id, letters = waiting(world, 13, mode)
    items = world.releases.release(world.notary, letters[3:6], world.code(sender_id))
    assert outcomes(items) == [GONE[mode]] * 3
    assert [UUID(item["letter_id"]) for item in items] == letters[3:6]
    states = world.states(letters)
    assert states[3:6] == ["in-transit"] * 3
    assert set(states[:3] + states[6:]) == {"awaiting-sender-auth"}


@pytest.mark.parametrize("mode", MODES)
def test_case_26_a_wrong_code_moves_none_counts_and_locks_after_five(world: Any, mode: HoldMode) -> None:
    sender_id, letters = waiting(world, 2, mode)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeRefused) as refused:
            world.releases.release(world.notary, letters, "000000")
        assert refused.value.facts == {"left": left}
    with pytest.raises(CodesLocked):
        world.releases.release(world.notary, letters, world.code(sender_id))
    assert world.states(letters) == ["awaiting-sender-auth"] * 2
    world.clock.advance(minutes=15)
    assert outcomes(world.releases.release(world.notary, letters, world.code(sender_id))) == [GONE[mode]] * 2


def test_case_27_a_code_serves_one_sender_and_once(world: Any) -> None:
    first, letters = waiting(world, 1)
    second = world.sender(holder=world.clerk, email="autre@example.fr")
    batch_id = world.batch(second, NewLetter(recipient_id=world.recipient("jean"), text="Bonjour"))
    world.batches.submit(world.clerk, batch_id)
    world.work()
    code = world.code(first)
    world.releases.release(world.notary, letters, code)
    for actor, ids in ((world.clerk, world.letter_ids(batch_id)),):
        with pytest.raises(CodeRefused):
            world.releases.release(actor, ids, code)
    assert world.states(world.letter_ids(batch_id)) == ["awaiting-sender-auth"]
    _, _, more = world.submitted(1, sender_id=first)
    world.work()
    with pytest.raises(CodeRefused):
        world.releases.release(world.notary, more, code)


def test_case_28_the_hour_ends_in_the_middle_and_a_new_code_goes_on_with_none_lost_or_doubled(world: Any) -> None:
    sender_id, letters = waiting(world, 40, HoldMode.DEFERRED_SUBMIT)
    calls = 0

    def hours_pass() -> None:
        nonlocal calls
        calls += 1
        if calls == 15:
            world.clock.advance(minutes=59, seconds=30)

    world.provider.before_submit = hours_pass
    first = world.releases.release(world.notary, letters, world.code(sender_id))
    gone, left = outcomes(first).count("submitted"), [item for item in first if item["outcome"] == "refused"]
    assert gone + len(left) == 40
    assert 15 <= gone < 40
    assert {item["problem"] for item in left} == {"code-needed"}
    assert world.states([UUID(item["letter_id"]) for item in left]) == ["awaiting-sender-auth"] * len(left)
    second = world.releases.release(world.notary, letters, world.code(sender_id))
    assert sorted(outcomes(second)) == ["not-waiting"] * gone + ["submitted"] * len(left)
    assert world.states(letters) == ["in-transit"] * 40
    assert len({held.order.reference for held in world.provider.letters.values()}) == 40 == len(world.provider.letters)


def test_case_28_a_grant_that_the_provider_no_longer_takes_leaves_letters_waiting(world: Any) -> None:
    sender_id, letters = waiting(world, 3, HoldMode.DEFERRED_SUBMIT)
    world.provider.before_submit = lambda: world.provider.grants.update(
        dict.fromkeys(world.provider.grants, world.clock() - timedelta(seconds=1))
    )
    items = world.releases.release(world.notary, letters, world.code(sender_id))
    assert {(item["outcome"], item["problem"]) for item in items} == {("refused", "code-needed")}
    assert world.states(letters) == ["awaiting-sender-auth"] * 3
    world.provider.before_submit = lambda: None
    assert outcomes(world.releases.release(world.notary, letters, world.code(sender_id))) == ["submitted"] * 3


@pytest.mark.parametrize("mode", MODES)
def test_case_29_who_prepared_letters_without_holding_the_key_cannot_release_them(world: Any, mode: HoldMode) -> None:
    sender_id, letters = waiting(world, 1, mode)
    code = world.code(sender_id)
    with pytest.raises(NotTheHolder):
        world.releases.release(world.clerk, letters, code)
    assert outcomes(world.releases.release(world.notary, letters, code)) == [GONE[mode]]


def test_case_30_both_hold_modes_tell_the_same_story(world: Any) -> None:
    sender_id, told = world.sender(), []
    for mode in MODES:
        world.hold_mode = mode
        world.restart()
        _, _, (letter_id,) = world.submitted(1, sender_id=sender_id)
        world.work()
        world.releases.release(world.notary, [letter_id], world.code(sender_id))
        ref = world.provider.ref_of(letter_id)
        for status in (Status.NOTIFIED, Status.ACKNOWLEDGED):
            world.clock.advance(minutes=3)
            world.provider.happens(ref, status)
            world.work()
        told.append(world.topics(letter_id))
    assert sorted(told[0]) == sorted(told[1])
    steps = [[name for name in one if name != "letter-submission-started"] for one in told]
    assert steps[0] == steps[1]


def test_a_code_releases_letters_of_one_sender_that_the_actor_may_read(world: Any) -> None:
    first, letters = waiting(world, 1)
    second = world.sender(email="autre@example.fr")
    _, _, others = world.submitted(1, sender_id=second)
    world.work()
    with pytest.raises(SeveralSenders):
        world.releases.release(world.notary, [*letters, *others], world.code(first))
    with pytest.raises(NotFound):
        world.releases.release(world.notary, [*letters, uuid4()], world.code(first))
    with pytest.raises(NotFound):
        world.releases.release(replace(world.notary, office_id=uuid4()), letters, world.code(first))


def test_letters_that_do_not_wait_use_up_no_code(world: Any) -> None:
    sender_id, letters = waiting(world, 1)
    code = world.code(sender_id)
    world.releases.release(world.notary, letters, code)
    assert outcomes(world.releases.release(world.notary, letters, "000000")) == ["not-waiting"]
    assert world.topics(sender_id).count("sender-authenticated") == 1
    assert "sender-code-refused" not in world.topics(sender_id)


def test_a_provider_that_is_away_takes_no_code_and_counts_none(world: Any) -> None:
    sender_id, letters = waiting(world, 1)
    world.provider.down = ProviderAway()
    with pytest.raises(ProviderSilent):
        world.releases.release(world.notary, letters, "123456")
    assert "sender-code-refused" not in world.topics(sender_id)


@pytest.mark.parametrize("mode", MODES)
def test_case_17_a_consent_withdrawn_while_a_letter_waits_keeps_it_from_leaving(world: Any, mode: HoldMode) -> None:
    sender_id, letters = waiting(world, 2, mode)
    world.consents.withdraw(world.clerk, [world.letter(letters[0]).recipient_id])
    items = world.releases.release(world.notary, letters, world.code(sender_id))
    assert (items[0]["outcome"], items[0]["problem"]) == ("refused", "CONSENT_MISSING")
    assert world.states(letters)[0] in {"awaiting-sender-auth", "incompatible"}
    assert world.states(letters)[1] == "in-transit"
    moved = {held.order.reference for held in world.provider.letters.values() if held.status == "in-transit"}
    assert moved == {letters[1].hex}


def test_a_release_whose_answer_is_lost_is_read_again_and_not_repeated(world: Any) -> None:
    sender_id, letters = waiting(world, 2)
    release = world.provider.release

    def lost(account: str, refs: list[str], grant: Any) -> Any:
        release(account, refs, grant)
        raise OutcomeUnknown

    world.provider.release = lost
    items = world.releases.release(world.notary, letters, world.code(sender_id))
    assert outcomes(items) == ["unknown"] * 2
    world.work()
    assert world.states(letters) == ["in-transit"] * 2


def test_the_code_and_what_it_opened_are_nowhere_in_the_store(world: Any) -> None:
    sender_id, letters = waiting(world, 1, HoldMode.DEFERRED_SUBMIT)
    code = world.code(sender_id)
    world.releases.release(world.commanded(world.notary, "release"), letters, code)
    secrets = [code.encode(), *(secret.encode() for secret in world.provider.grants)]
    held = b"\n".join(one.state + one.entry for one in world.store.read(0, 1_000))
    assert not [secret for secret in secrets if secret in held]
    outcome = world.store.first_outcome(world.notary.person_id, "release")[1]
    assert code not in str(outcome)
    assert outcomes(outcome["items"]) == ["submitted"]


def test_letters_that_take_long_go_on_after_the_answer(world: Any) -> None:
    sender_id, letters = waiting(world, 6, HoldMode.DEFERRED_SUBMIT)
    answered = Event()
    world.provider.before_submit = answered.wait
    world.releases._patience = 0
    assert outcomes(world.releases.release(world.notary, letters, world.code(sender_id))) == ["pending"] * 6
    answered.set()
    world.releases._threads.shutdown()
    assert world.states(letters) == ["in-transit"] * 6
