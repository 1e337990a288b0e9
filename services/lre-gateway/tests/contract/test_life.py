"""The life of a letter, from the sender's account to the evidence, where the simulator plays everybody else."""

from collections.abc import Callable
from typing import Any

import pytest
from lre_gateway.application.provider import AuthRefused, GrantExpired, ProviderError, Released, SenderNotReady
from lre_gateway.domain.vocabulary import EvidenceKind, Missing, Status

A_MOMENT, AN_HOUR = 5, 3601
ENDS = {
    "accept": (Status.ACKNOWLEDGED, EvidenceKind.RECEPTION),
    "refuse": (Status.REFUSED, EvidenceKind.REFUSAL),
    "neglect": (Status.NOT_CLAIMED, EvidenceKind.NON_CLAIM),
}
FOLLOWING = Callable[[Any], list[Status]]


def test_case_11_each_missing_step_has_its_own_code(stage: Any, simulator: Any, skin: str, known_account: Any) -> None:
    made = simulator.sender(confirmed=False, terms=False, payment=False, credential="none")
    account = known_account(skin, made)
    steps: dict[Missing, dict[str, Any]] = {
        Missing.CONFIRMATION: {"confirmed": True},
        Missing.TERMS: {"terms": True},
        Missing.PAYMENT: {"payments": [{"slug": "stripe-1", "label": "Carte", "masked": "*1"}]},
        Missing.CREDENTIAL: {"credential": "held"},
    }
    shown = set(steps) if skin == "ar24" else {Missing.CONFIRMATION}
    assert stage.provider.sender(account).missing == shown
    for missing, step in steps.items():
        simulator.change_sender(made["id"], **step)
        shown -= {missing}
        assert stage.provider.sender(account).missing == shown


@pytest.mark.covers("A-01", "A-12")
def test_case_12_an_existing_account_is_linked_by_the_mail_it_receives(
    stage: Any, simulator: Any, skin: str, known_account: Any
) -> None:
    made = simulator.sender(linked=False)
    before = stage.provider.sender(made["email"])
    assert (before.linked, Missing.LINK in before.missing) == (False, True)
    if skin == "maileva":
        with pytest.raises(SenderNotReady):
            stage.provider.request_access(made["email"])
        return
    stage.provider.request_access(made["email"])
    assert not stage.provider.sender(made["email"]).linked
    simulator.access(made["id"], "accept")
    after = stage.provider.sender(made["email"])
    assert (after.account, after.linked, after.missing) == (known_account(skin, made), True, frozenset())


def test_case_13_access_that_is_taken_back_stops_every_letter(stage: Any, simulator: Any) -> None:
    first, _ = stage.sent()
    order, grant = stage.order(), stage.granted()
    (letter,) = simulator.letters(first.reference)
    simulator.access(letter["sender_id"], "revoke")
    assert not stage.provider.sender(stage.account).linked
    with pytest.raises(ProviderError):
        stage.provider.submit(order, grant)
    assert simulator.letters(order.reference) == []


@pytest.mark.covers("A-49", "A-53", "A-54")
def test_case_25_of_thirteen_drafts_the_three_ticked_ones_move(stage: Any) -> None:
    drafts = [stage.draft()[1] for _ in range(13)]
    ticked = drafts[2:5]
    assert stage.provider.release(stage.account, ticked, stage.otp()) == tuple(
        Released(ref=ref, outcome="released") for ref in ticked
    )
    seen = stage.statuses(drafts)
    assert {ref for ref, status in seen.items() if status is Status.AWAITING_SENDER_AUTH} == set(drafts) - set(ticked)


@pytest.mark.covers("A-06")
def test_case_26_a_wrong_code_moves_nothing(stage: Any) -> None:
    drafts = [stage.draft()[1] for _ in range(2)]
    with pytest.raises(AuthRefused):
        stage.provider.release(stage.account, drafts, "000000" if stage.otp() != "000000" else "111111")
    assert set(stage.statuses(drafts).values()) == {Status.AWAITING_SENDER_AUTH}


def test_case_27_the_code_of_another_sender_is_refused(
    stage: Any, simulator: Any, skin: str, known_account: Any
) -> None:
    other = known_account(skin, simulator.sender())
    code = stage.otp()
    assert stage.provider.authenticate(stage.account, code)
    with pytest.raises(AuthRefused):
        stage.provider.authenticate(other, code)


def test_case_28_a_grant_that_is_over_sends_nothing_and_a_new_code_goes_on(stage: Any, simulator: Any) -> None:
    grant = stage.granted()
    first = stage.order()
    stage.provider.submit(first, grant)
    simulator.advance(AN_HOUR)
    second = stage.order()
    with pytest.raises(GrantExpired):
        stage.provider.submit(second, grant)
    assert stage.provider.find(stage.account, second.reference) is None
    again = stage.order(reference=second.reference)
    stage.provider.submit(again, stage.granted())
    for order in (first, second):
        found = [one for one in simulator.letters(order.reference) if one["state"] != "draft"]
        assert len(found) == 1


@pytest.mark.covers("A-30", "A-54", "A-55", "A-56", "A-58")
@pytest.mark.parametrize("held", [False, True], ids=["deferred", "draft"])
@pytest.mark.parametrize("verb", ENDS)
def test_case_58_both_skins_and_both_ways_of_holding_give_the_same_facts(
    stage: Any, simulator: Any, fact_names: FOLLOWING, verb: str, *, held: bool
) -> None:
    end, kind = ENDS[verb]
    if held:
        order, ref = stage.draft()
        assert stage.provider.get(ref).status is Status.AWAITING_SENDER_AUTH
        assert [one.outcome for one in stage.provider.release(stage.account, [ref], stage.granted())] == ["released"]
    else:
        order, ref = stage.sent()
    assert stage.provider.get(ref).status in {Status.IN_TRANSIT, Status.NOTIFIED}
    simulator.advance(A_MOMENT)
    notified = stage.provider.get(ref)
    assert (notified.status, fact_names(notified), notified.breach) == (Status.NOTIFIED, [Status.NOTIFIED], None)
    simulator.act(order.reference, verb)
    ended = stage.provider.get(ref)
    assert (ended.status, fact_names(ended), ended.breach) == (end, [Status.NOTIFIED, end], None)
    assert ended.facts[0] == notified.facts[0]
    assert ended.recipient_email == stage.to
    assert {EvidenceKind.DEPOSIT_AND_SENDING, kind} <= set(ended.evidence)


@pytest.mark.covers("A-57", "A-67")
@pytest.mark.parametrize("verb", ENDS)
def test_case_34_the_evidence_of_each_end_is_a_sealed_page_with_the_date_of_the_fact(
    stage: Any, simulator: Any, verb: str
) -> None:
    order, ref = stage.sent()
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, verb)
    seen = stage.provider.get(ref)
    for kind, fact in zip((EvidenceKind.DEPOSIT_AND_SENDING, ENDS[verb][1]), seen.facts, strict=True):
        file = stage.provider.evidence(ref, kind)
        assert file.content.startswith(b"%PDF-")
        assert (file.kind, file.media_type) == (kind, "application/pdf")
        assert abs((file.at - fact.at).total_seconds()) < 1
        assert "token" not in file.source
        assert "?" not in file.source


@pytest.mark.covers("A-59")
def test_case_37_a_bounce_is_told_before_anybody_was_notified_too(
    stage: Any, simulator: Any, fact_names: FOLLOWING
) -> None:
    order, ref = stage.sent()
    simulator.act(order.reference, "bounce")
    seen = stage.provider.get(ref)
    assert (seen.status, fact_names(seen)[-1]) == (Status.BOUNCED, Status.BOUNCED)


def test_case_36_a_letter_that_nobody_claims_ends_by_itself_after_its_window(
    stage: Any, simulator: Any, fact_names: FOLLOWING
) -> None:
    _, ref = stage.sent()
    simulator.advance(16 * 86400 + 3600)
    assert fact_names(stage.provider.get(ref)) == [Status.NOTIFIED, Status.NOT_CLAIMED]


def test_case_38_who_is_being_identified_leaves_the_letter_notified(stage: Any, simulator: Any) -> None:
    order, ref = stage.sent()
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "identify")
    assert stage.provider.get(ref).status is Status.NOTIFIED


def test_case_39_a_change_of_recipient_is_shown_and_ends_nothing(stage: Any, simulator: Any) -> None:
    order, ref = stage.sent()
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "request_change", lastname="Autre", firstname="Camille")
    seen = stage.provider.get(ref)
    assert seen.status is Status.NOTIFIED
    assert len(seen.changes) == 1


def test_case_41_a_letter_read_for_the_first_time_at_its_end_shows_what_was_skipped(
    stage: Any, simulator: Any, fact_names: FOLLOWING
) -> None:
    order, ref = stage.draft()
    stage.provider.release(stage.account, [ref], stage.granted())
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "accept")
    assert fact_names(stage.provider.get(ref)) == [Status.NOTIFIED, Status.ACKNOWLEDGED]


def test_case_43_an_unknown_word_is_unrecognized(stage: Any, simulator: Any) -> None:
    _, ref = stage.sent()
    simulator.faults(unknown_status="en_voyage")
    seen = stage.provider.get(ref)
    assert (seen.status, seen.raw_status) == (Status.UNRECOGNIZED, "en_voyage")


def test_case_50_evidence_is_fetched_from_a_fresh_address_whatever_was_seen_before(stage: Any, simulator: Any) -> None:
    order, ref = stage.sent()
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "accept")
    stage.provider.get(ref)
    simulator.faults(proof_urls_generation=7)
    assert stage.provider.evidence(ref, EvidenceKind.RECEPTION) is not None


def test_evidence_that_is_late_is_none_and_comes_later(stage: Any, simulator: Any) -> None:
    simulator.faults(proof_delay_s=600)
    order, ref = stage.sent()
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "accept")
    assert stage.provider.evidence(ref, EvidenceKind.RECEPTION) is None
    simulator.advance(601)
    assert stage.provider.evidence(ref, EvidenceKind.RECEPTION) is not None


def test_fields_that_appear_without_notice_change_nothing(stage: Any, simulator: Any) -> None:
    _, ref = stage.sent()
    before = stage.provider.get(ref)
    simulator.faults(extra_fields=True)
    assert stage.provider.get(ref) == before
