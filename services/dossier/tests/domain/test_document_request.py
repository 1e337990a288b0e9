"""The life of one document, from the request to the decision: events in, call, events out."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.refusal import NotFound
from dossier.domain.document_request import DocumentRequest, State, state_seen
from dossier.domain.refusals import DecidedAlready, NothingToDecide, ReasonMissing, RequestClosed

DOSSIER, OFFICE, CLIENT, NOTARY = uuid4(), uuid4(), uuid4(), uuid4()
FIRST, SECOND, THIRD = uuid4(), uuid4(), uuid4()
ABOUT = {"dossier_id": DOSSIER, "office_id": OFFICE, "client_id": CLIENT}


def a_request(*, deposited: tuple[UUID, ...] = (), refused: tuple[UUID, ...] = ()) -> DocumentRequest:
    request = DocumentRequest(**ABOUT, label="DPE", document_type="dpe", batch_id=uuid4())
    for version in deposited:
        request.deposit(version, 10, "application/pdf")
    for version in refused:
        request.refuse(version, "illisible", NOTARY)
    request.collect_events()
    return request


def triggered(request: DocumentRequest) -> list[tuple[str, dict[str, Any]]]:
    hidden = {"originator_id", "originator_version", "timestamp", "originator_topic", *ABOUT}
    return [
        (event.TOPIC, {name: value for name, value in vars(event).items() if name not in hidden})  # type: ignore[attr-defined]
        for event in request.collect_events()
    ]


@pytest.mark.covers("L-44")
def test_a_request_begins_asked_and_says_of_whom_and_in_which_dossier() -> None:
    request = DocumentRequest(**ABOUT, label="DPE", document_type="dpe", batch_id=FIRST)
    assert request.state is State.ASKED
    assert triggered(request) == [
        ("dossier.document-requested", {"document_type": "dpe", "label": "DPE", "batch_id": FIRST, "due_on": None})
    ]


def test_a_deposit_waits_for_a_decision() -> None:
    request = a_request()
    request.deposit(FIRST, 10, "image/png")
    assert request.state is State.DEPOSITED
    assert triggered(request) == [
        (
            "dossier.document-deposited",
            {"version_id": FIRST, "size": 10, "media_type": "image/png", "replaces": None, "state": "deposited"},
        )
    ]


def test_a_version_that_comes_twice_does_nothing() -> None:
    request = a_request(deposited=(FIRST,))
    request.deposit(FIRST, 10, "application/pdf")
    assert triggered(request) == []


@pytest.mark.covers("L-65")
def test_a_refusal_carries_the_reason_and_the_version_it_is_about() -> None:
    request = a_request(deposited=(FIRST,))
    request.refuse(FIRST, "illisible", NOTARY)
    assert request.state is State.REFUSED
    assert triggered(request) == [
        (
            "dossier.document-refused",
            {"version_id": FIRST, "reason": "illisible", "actor_id": NOTARY, "state": "refused"},
        )
    ]


@pytest.mark.covers("L-65")
@pytest.mark.parametrize("reason", ["", "  \n", "\u200b\u2060", "\u00a0\u3000", "\u202e\ufeff", "\u3164"])
def test_a_refusal_without_a_reason_is_refused(reason: str) -> None:
    request = a_request(deposited=(FIRST,))
    with pytest.raises(ReasonMissing):
        request.refuse(FIRST, reason, NOTARY)
    assert triggered(request) == []


@pytest.mark.covers("L-62", "L-63")
def test_each_version_is_validated_on_its_own() -> None:
    request = a_request(deposited=(FIRST, SECOND))
    request.validate(FIRST, NOTARY)
    assert request.state is State.DEPOSITED
    request.validate(SECOND, NOTARY)
    assert request.state is State.VALIDATED
    assert [facts["state"] for _, facts in triggered(request)] == ["deposited", "validated"]


def test_what_a_colleague_already_decided_is_decided() -> None:
    request = a_request(deposited=(FIRST, SECOND), refused=(FIRST,))
    request.validate(SECOND, NOTARY)
    for version in (FIRST, SECOND):
        with pytest.raises(NothingToDecide):
            request.validate(version, NOTARY)
        with pytest.raises(NothingToDecide):
            request.refuse(version, "illisible", NOTARY)


def test_a_version_of_another_request_is_not_found() -> None:
    with pytest.raises(NotFound):
        a_request(deposited=(FIRST,)).validate(SECOND, NOTARY)


@pytest.mark.covers("L-67")
def test_later_deposits_take_the_place_of_refused_versions_the_earliest_first() -> None:
    request = a_request(deposited=(FIRST, SECOND), refused=(SECOND, FIRST))
    replacing = [uuid4(), uuid4(), uuid4()]
    for version in replacing:
        request.deposit(version, 10, "application/pdf")
    assert [facts["replaces"] for _, facts in triggered(request)] == [FIRST, SECOND, None]
    assert list(request.versions) == [FIRST, SECOND, *replacing]


@pytest.mark.covers("L-67")
def test_a_refused_version_stays_what_the_client_must_act_on_until_it_is_replaced() -> None:
    request = a_request(deposited=(FIRST, SECOND), refused=(FIRST,))
    request.validate(SECOND, NOTARY)
    assert request.state is State.REFUSED
    request.deposit(THIRD, 10, "application/pdf")
    request.validate(THIRD, NOTARY)
    assert request.state is State.VALIDATED


def test_a_cancelled_request_is_closed_to_decisions_but_keeps_what_still_arrives() -> None:
    request = a_request(deposited=(FIRST,))
    request.cancel(NOTARY)
    assert triggered(request) == [("dossier.request-cancelled", {"actor_id": NOTARY})]
    for decide in (lambda: request.validate(FIRST, NOTARY), lambda: request.cancel(NOTARY)):
        with pytest.raises(RequestClosed):
            decide()
    request.deposit(SECOND, 10, "application/pdf")
    assert request.state is State.CANCELLED
    assert triggered(request)[0][1]["state"] == "cancelled"
    assert request.versions[SECOND].state is State.CLOSED


@pytest.mark.parametrize("before", [State.ASKED, State.REFUSED, State.VALIDATED])
def test_what_arrives_after_the_archiving_is_kept_and_changes_nothing(before: State) -> None:
    request = a_request(deposited=() if before is State.ASKED else (FIRST,))
    if before is State.REFUSED:
        request.refuse(FIRST, "illisible", NOTARY)
    elif before is State.VALIDATED:
        request.validate(FIRST, NOTARY)
    request.collect_events()
    request.deposit(SECOND, 10, "application/pdf", archived=True)
    [(topic, facts)] = triggered(request)
    assert (topic, facts["replaces"], facts["state"]) == ("dossier.document-deposited", None, before.value)
    assert (request.state, request.versions[SECOND].state) == (before, State.CLOSED)
    for decide in (lambda: request.validate(SECOND, NOTARY), lambda: request.refuse(SECOND, "flou", NOTARY)):
        with pytest.raises(NothingToDecide):
            decide()


@pytest.mark.parametrize(
    ("version", "request_state", "archived", "seen"),
    [
        (State.DEPOSITED, State.DEPOSITED, False, State.DEPOSITED),
        (State.DEPOSITED, State.CANCELLED, False, State.CLOSED),
        (State.DEPOSITED, State.DEPOSITED, True, State.CLOSED),
        (State.VALIDATED, State.CANCELLED, True, State.VALIDATED),
        (State.REFUSED, State.REFUSED, True, State.REFUSED),
    ],
)
def test_a_version_waits_for_a_decision_only_while_someone_may_decide(
    version: State, request_state: State, *, archived: bool, seen: State
) -> None:
    assert state_seen(version, request_state, archived=archived) is seen


@pytest.mark.covers("L-59")
def test_what_a_client_sends_unasked_is_decided_like_the_rest_and_cannot_be_cancelled() -> None:
    request = DocumentRequest.offered(uuid4(), **ABOUT, label="Plan")
    assert triggered(request) == [("dossier.document-offered", {"label": "Plan"})]
    assert not request.requested
    with pytest.raises(RequestClosed):
        request.cancel(NOTARY)
    request.deposit(FIRST, 10, "application/pdf")
    request.validate(FIRST, NOTARY)
    assert request.state is State.VALIDATED


def test_what_nobody_decided_on_is_taken_back_once_and_the_document_is_asked_for_as_before() -> None:
    request = a_request(deposited=(FIRST,))
    for _ in range(2):
        request.withdraw(FIRST)
    assert triggered(request) == [("dossier.document-withdrawn", {"version_id": FIRST, "state": "asked"})]
    assert (request.state, request.versions[FIRST].state) == (State.ASKED, State.WITHDRAWN)
    with pytest.raises(NothingToDecide):
        request.validate(FIRST, NOTARY)


def test_taking_back_what_followed_a_refusal_leaves_the_refusal_to_be_answered() -> None:
    request = a_request(deposited=(FIRST,), refused=(FIRST,))
    request.deposit(SECOND, 10, "application/pdf")
    request.withdraw(SECOND)
    assert request.state is State.REFUSED
    request.deposit(THIRD, 10, "application/pdf")
    assert triggered(request)[-1][1]["replaces"] == FIRST


def test_what_was_decided_or_closed_stays_and_a_stranger_to_the_request_is_not_found() -> None:
    request = a_request(deposited=(FIRST, SECOND), refused=(FIRST,))
    with pytest.raises(DecidedAlready):
        request.withdraw(FIRST)
    with pytest.raises(NotFound):
        request.withdraw(THIRD)
    request.cancel(NOTARY)
    with pytest.raises(RequestClosed):
        request.withdraw(SECOND)


@pytest.mark.covers("C-04")
def test_the_day_it_is_expected_by_can_change_until_it_is_cancelled() -> None:
    request = DocumentRequest(**ABOUT, label="DPE", document_type="dpe", batch_id=FIRST, due_on="2026-03-20")
    request.collect_events()
    request.expect_by("2026-03-20", NOTARY)
    assert triggered(request) == []
    request.expect_by("2026-04-01", NOTARY)
    assert triggered(request) == [("dossier.due-date-changed", {"actor_id": NOTARY, "due_on": "2026-04-01"})]
    request.cancel(NOTARY)
    with pytest.raises(RequestClosed):
        request.expect_by(None, NOTARY)
