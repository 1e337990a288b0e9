"""What happens when the provider fails in the middle: nothing is lost, and nothing is sent twice."""

from typing import Any

import pytest
from lre_gateway.application.provider import OutcomeUnknown, ProviderAway, ProviderMaintenance
from lre_gateway.domain.vocabulary import Status

SUBMISSION = {
    "ar24": "POST mail",
    "maileva": "POST maileva/electronic_qualified_registered_mail/v1/sendings/{sending}/submit",
}
SEARCH = {"ar24": "GET user/mail", "maileva": "GET maileva/electronic_qualified_registered_mail/v1/sendings"}
LOST = ("cut_after_commit", "truncated", "wrong_iv")


def really_sent(simulator: Any, reference: str) -> int:
    return sum(letter["state"] != "draft" for letter in simulator.letters(reference))


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.fault("F49")
def test_case_31_a_letter_whose_answer_is_lost_is_found_and_not_sent_again(
    stage: Any, simulator: Any, skin: str, fault: str
) -> None:
    if skin == "maileva" and fault != "cut_after_commit":
        fault = "cut_after_commit"  # its answer to a submission has no body that could be garbled
    order, grant = stage.order(), stage.granted()
    simulator.faults(route=SUBMISSION[skin], **{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stage.provider.submit(order, grant)
    found = stage.provider.find(stage.account, order.reference)
    assert found.status in {Status.IN_TRANSIT, Status.NOTIFIED}
    assert really_sent(simulator, order.reference) == 1


@pytest.mark.parametrize("fault", ["cut_before_commit", "server_error"])
@pytest.mark.fault("F49")
def test_case_32_a_letter_that_never_arrived_is_proved_absent_and_sent_once(
    stage: Any, simulator: Any, skin: str, fault: str
) -> None:
    order, grant = stage.order(), stage.granted()
    simulator.faults(route=SUBMISSION[skin], **{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stage.provider.submit(order, grant)
    assert stage.provider.find(stage.account, order.reference) is None
    stage.provider.submit(stage.order(reference=order.reference), grant)
    assert really_sent(simulator, order.reference) == 1


@pytest.mark.parametrize("fault", ["cut_before_commit", "server_error"])
def test_case_33_a_search_that_fails_proves_nothing(stage: Any, simulator: Any, skin: str, fault: str) -> None:
    order, _ = stage.sent()
    simulator.faults(route=SEARCH[skin], **{fault: -1})
    with pytest.raises((ProviderAway, OutcomeUnknown)):
        stage.provider.find(stage.account, order.reference)
    simulator.faults(route=SEARCH[skin], **{fault: 2})
    assert stage.provider.find(stage.account, order.reference).reference == order.reference


def test_case_09_maintenance_sends_nothing_and_ends_by_itself(stage: Any, simulator: Any, skin: str) -> None:
    order, grant = stage.order(), stage.granted()
    simulator.faults(maintenance=True)
    assert stage.provider.health() == ("maintenance" if skin == "ar24" else "down")
    with pytest.raises(ProviderMaintenance if skin == "ar24" else ProviderAway):
        stage.provider.submit(order, grant)
    simulator.faults()
    assert stage.provider.find(stage.account, order.reference) is None
    stage.provider.submit(stage.order(reference=order.reference), grant)
    assert really_sent(simulator, order.reference) == 1


def test_a_read_that_is_cut_is_made_again(stage: Any, simulator: Any) -> None:
    _, ref = stage.sent()
    before = stage.provider.get(ref)
    simulator.faults(server_error=1, cut_before_commit=1)
    assert stage.provider.get(ref).ref == before.ref


def test_a_release_whose_answer_is_lost_never_says_refused(stage: Any, simulator: Any, skin: str) -> None:
    _, ref = stage.draft()
    route = {"ar24": "POST mail/validate"}.get(skin, SUBMISSION[skin])
    grant = stage.granted()
    simulator.faults(route=route, cut_after_commit=1)
    assert [one.outcome for one in stage.provider.release(stage.account, [ref], grant)] == ["released"]
    _, other = stage.draft()
    simulator.faults(route=route, cut_before_commit=1)
    assert [one.outcome for one in stage.provider.release(stage.account, [other], grant)] == ["unknown"]
    assert stage.provider.get(other).status is Status.AWAITING_SENDER_AUTH
