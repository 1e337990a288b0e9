"""The other levels and everything around letters that a provider may or may not have."""

from collections.abc import Callable
from typing import Any

import pytest
from lre_gateway.application.provider import Addressee, NotSupported, PostalAddress, Snapshot
from lre_gateway.domain.vocabulary import ConsentState, EvidenceKind, Kind, Level, Status

A_MOMENT, A_DAY = 5, 86_400
POSTAL = PostalAddress(line1="3 rue Haute", line2="Bâtiment B", postcode="69001", city="LYON")
OWNER = Addressee(
    kind=Kind.INDIVIDUAL, last_name="Martin", first_name="Zoé", email="proprietaire@example.fr", postal=POSTAL
)

Named = Callable[[Snapshot], list[Status]]


@pytest.mark.covers("A-35", "A-40")
@pytest.mark.parametrize("level", [Level.SIMPLE_ERDS, Level.COPRO_NOTICE])
def test_case_58_a_letter_that_needs_no_code_leaves_at_once_and_ends_alike(
    stage: Any, simulator: Any, fact_names: Named, level: Level
) -> None:
    order = stage.order(level=level, recipient=OWNER)
    ref = stage.provider.submit(order, None).ref
    simulator.advance(A_MOMENT)
    assert fact_names(stage.provider.get(ref)) == [Status.NOTIFIED]
    simulator.act(order.reference, "accept")
    seen = stage.provider.get(ref)
    assert (seen.status, fact_names(seen)) == (Status.ACKNOWLEDGED, [Status.NOTIFIED, Status.ACKNOWLEDGED])
    assert stage.provider.evidence(ref, EvidenceKind.RECEPTION).content.startswith(b"%PDF-")
    assert stage.provider.find(stage.account, order.reference).ref == ref


@pytest.mark.parametrize(("verb", "end"), [("accept", Status.ACKNOWLEDGED), ("refuse", Status.REFUSED)])
def test_paper_goes_to_an_address_and_comes_to_an_end(
    stage: Any, simulator: Any, fact_names: Named, verb: str, end: Status
) -> None:
    order = stage.order(level=Level.PAPER, recipient=OWNER, text="")
    ref = stage.provider.submit(order, None).ref
    simulator.advance(A_DAY)
    simulator.act(order.reference, verb)
    seen = stage.provider.get(ref)
    assert seen.status is end
    assert fact_names(seen)[-1] is end


def test_a_bounce_at_the_simple_level_is_told(stage: Any, simulator: Any) -> None:
    order = stage.order(level=Level.SIMPLE_ERDS)
    ref = stage.provider.submit(order, None).ref
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "bounce")
    assert stage.provider.get(ref).status is Status.BOUNCED


def test_a_draft_that_is_given_up_is_never_sent(stage: Any, simulator: Any) -> None:
    order, ref = stage.draft()
    assert stage.provider.capabilities().cancel_draft
    stage.provider.cancel(ref)
    assert all(letter["state"] in {"cancelled", "draft"} for letter in simulator.letters(order.reference))
    released = stage.provider.release(stage.account, [ref], stage.granted())
    assert [one.outcome for one in released] == ["refused"]
    simulator.advance(A_MOMENT)
    assert all(letter["sent"] is None for letter in simulator.letters(order.reference))


@pytest.mark.covers("A-15", "A-16", "A-22")
def test_consents_are_asked_for_answered_and_read(stage: Any, simulator: Any, skin: str) -> None:
    assert stage.provider.consents(stage.account) == ()
    stage.provider.request_consent(stage.account, OWNER)
    (asked,) = stage.provider.consents(stage.account)
    assert (asked.email, asked.state) == (OWNER.email, ConsentState.REQUESTED)
    (consent,) = [
        one
        for one in simulator.admin.get("/__sandbox__/consents").json()
        if one["email"] == OWNER.email and one["state"] == "requested"
    ]
    answer = {"sender_id": consent["sender_id"], "email": OWNER.email, "state": "refused"}
    simulator.advance(1)
    simulator.admin.put("/__sandbox__/consents", json=answer).raise_for_status()
    (refused,) = stage.provider.consents(stage.account)
    assert refused.state is ConsentState.REFUSED
    assert refused.at >= asked.at
    if skin == "ar24":
        assert stage.provider.consent_link(stage.account).startswith("http")
    else:
        with pytest.raises(NotSupported):
            stage.provider.consent_link(stage.account)


def test_a_request_for_consent_lapses(stage: Any, simulator: Any) -> None:
    stage.provider.request_consent(stage.account, OWNER)
    simulator.advance(8 * A_DAY)
    (answer,) = stage.provider.consents(stage.account)
    assert answer.state is ConsentState.EXPIRED


@pytest.mark.covers("A-26", "A-71")
def test_ways_to_pay_are_listed_where_there_are_any(stage: Any) -> None:
    if not stage.provider.capabilities().payment_methods_api:
        with pytest.raises(NotSupported):
            stage.provider.payment_methods(stage.account)
        return
    methods = stage.provider.payment_methods(stage.account)
    assert {method.code for method in methods} == {"stripe-47146", "gocardless-18178"}
    assert all(method.label and method.masked for method in methods)


@pytest.mark.covers("A-65")
@pytest.mark.parametrize("accept", [True, False])
def test_case_39_a_change_of_recipient_is_answered(stage: Any, simulator: Any, *, accept: bool) -> None:
    order, ref = stage.sent()
    simulator.advance(A_MOMENT)
    simulator.act(order.reference, "request_change", lastname="Autre", firstname="Camille")
    (change,) = stage.provider.get(ref).changes
    if not stage.provider.capabilities().recipient_change_api:
        with pytest.raises(NotSupported):
            stage.provider.answer_change(ref, change.id, accept)
        return
    assert (change.last_name, change.first_name) == ("Autre", "Camille")
    stage.provider.answer_change(ref, change.id, accept)
    simulator.advance(120)
    assert stage.provider.get(ref).status is (Status.ACKNOWLEDGED if accept else Status.NOTIFIED)
