"""The words of the four products, in neutral words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.maileva.products import BY_LEVEL
from lre_gateway.adapters.maileva.status_map import snapshot
from lre_gateway.application.provider import ContractBreach, Fact, Snapshot
from lre_gateway.domain.vocabulary import EvidenceKind, Level, Status

DEPOSITED, ENDED = "2026-01-10T09:00:00.000Z", "2026-01-12T10:30:00+00:00"
NOTIFIED = Fact(status=Status.NOTIFIED, at=datetime(2026, 1, 10, 9, tzinfo=UTC))
END_AT = datetime(2026, 1, 12, 10, 30, tzinfo=UTC)
PROOFS = [
    ("ACKNOWLEDGMENT_OF_RECEIPT", Status.ACKNOWLEDGED, EvidenceKind.RECEPTION),
    ("REFUSAL_PROOF", Status.REFUSED, EvidenceKind.REFUSAL),
    ("NOT_CLAIMED_PROOF", Status.NOT_CLAIMED, EvidenceKind.NON_CLAIM),
]
WORDS = {Status.ACKNOWLEDGED: "ACCEPTED", Status.REFUSED: "REFUSED", Status.NOT_CLAIMED: "NOT_CLAIMED"}


def seen(level: Level, sending: str = "PROCESSED", **recipient: Any) -> Snapshot:
    return snapshot(BY_LEVEL[level], {"id": "s-1", "custom_id": "letter-1", "status": sending}, recipient)


@pytest.mark.parametrize(
    ("sending", "recipient", "status"),
    [
        ("DRAFT", "DRAFT", Status.AWAITING_SENDER_AUTH),
        ("PENDING", "PENDING", Status.IN_TRANSIT),
        ("ACCEPTED", "PENDING", Status.IN_TRANSIT),
        ("PROCESSED", "PROCESSED", Status.IN_TRANSIT),
        ("REJECTED", "PENDING", Status.FAILED),
        ("PROCESSED", "ERROR", Status.FAILED),
        ("PROCESSED", "CANCELED", Status.CANCELLED),
        ("PROCESSED", "WONDERING", Status.UNRECOGNIZED),
        ("WONDERING", "PENDING", Status.UNRECOGNIZED),
        ("DRAFT", "", Status.AWAITING_SENDER_AUTH),
    ],
)
def test_before_anything_is_dated_the_words_count(sending: str, recipient: str, status: Status) -> None:
    letter = seen(Level.QUALIFIED_LRE, sending, status=recipient)
    assert (letter.status, letter.facts, letter.breach, letter.ref) == (status, (), None, "lreq:s-1")


def test_a_deposit_proof_says_that_the_recipient_was_notified_and_when() -> None:
    letter = seen(Level.QUALIFIED_LRE, status="PROCESSED", deposit_proof={"creation_date": DEPOSITED})
    assert (letter.status, letter.facts) == (Status.NOTIFIED, (NOTIFIED,))
    assert letter.evidence == (EvidenceKind.DEPOSIT_AND_SENDING,)


@pytest.mark.parametrize(("proof", "end", "kind"), PROOFS)
def test_case_58_an_answer_of_the_recipient_counts_with_its_proof(proof: str, end: Status, kind: EvidenceKind) -> None:
    letter = seen(
        Level.QUALIFIED_LRE,
        status=WORDS[end],
        deposit_proof={"creation_date": DEPOSITED},
        delivery_proof={"type": proof, "creation_date": ENDED},
    )
    assert letter.facts == (NOTIFIED, Fact(status=end, at=END_AT))
    assert (letter.status, letter.breach) == (end, None)
    assert letter.evidence == (EvidenceKind.DEPOSIT_AND_SENDING, kind)


def test_the_trap_an_accepted_sending_is_in_transit_and_an_accepted_recipient_waits_for_the_proof() -> None:
    assert seen(Level.QUALIFIED_LRE, "ACCEPTED", status="PENDING").status is Status.IN_TRANSIT
    assert seen(Level.SIMPLE_ERDS, "ACCEPTED", status="ACCEPTED").status is Status.IN_TRANSIT
    waiting = seen(Level.QUALIFIED_LRE, status="ACCEPTED", deposit_proof={"creation_date": DEPOSITED})
    assert (waiting.status, waiting.breach) == (Status.NOTIFIED, None)
    undated = seen(Level.QUALIFIED_LRE, status="ACCEPTED")
    assert (undated.status, undated.breach is not None) == (Status.IN_TRANSIT, True)


def test_a_word_that_its_proof_contradicts_is_a_breach_and_the_proof_is_believed() -> None:
    letter = seen(
        Level.QUALIFIED_LRE,
        status="ACCEPTED",
        deposit_proof={"creation_date": DEPOSITED},
        delivery_proof={"type": "REFUSAL_PROOF", "creation_date": ENDED},
    )
    assert (letter.status, letter.breach is not None) == (Status.REFUSED, True)


def test_case_37_an_error_that_blames_the_address_is_a_bounce() -> None:
    letter = seen(Level.QUALIFIED_LRE, status="ERROR", status_detail="EMAIL_UNKNOWN", status_date=ENDED)
    assert (letter.status, letter.facts) == (Status.BOUNCED, (Fact(status=Status.BOUNCED, at=END_AT),))
    assert seen(Level.QUALIFIED_LRE, status="ERROR", status_detail="TECHNICAL", status_date=ENDED).facts == ()


def test_case_39_to_update_is_a_change_of_recipient_and_no_end() -> None:
    letter = seen(
        Level.QUALIFIED_LRE, id="r-1", status="TO_UPDATE", status_date=ENDED, deposit_proof={"creation_date": DEPOSITED}
    )
    assert letter.status is Status.NOTIFIED
    assert [(change.id, change.at) for change in letter.changes] == [("r-1@20260112T103000", END_AT)]


@pytest.mark.parametrize(("proof", "end", "kind"), [*PROOFS, ("UNDELIVERED_PROOF", Status.BOUNCED, None)])
def test_the_simple_level_has_proofs_named_otherwise(proof: str, end: Status, kind: EvidenceKind | None) -> None:
    letter = seen(
        Level.SIMPLE_ERDS,
        status="PROCESSED",
        delivery_status="DELIVERED" if end is Status.ACKNOWLEDGED else "UNDELIVERED",
        deposit_proof={"date": DEPOSITED},
        delivery_proof={"type": proof, "date": ENDED},
    )
    assert letter.facts == (NOTIFIED, Fact(status=end, at=END_AT))
    assert letter.status is end
    assert {kind or EvidenceKind.NON_DELIVERY, EvidenceKind.FULL_ARCHIVE} <= set(letter.evidence)


def test_a_bounce_of_the_simple_level_needs_no_proof() -> None:
    letter = seen(
        Level.SIMPLE_ERDS,
        status="PROCESSED",
        delivery_status="UNDELIVERED",
        delivery_status_detail="BOUNCED",
        delivery_statuses=[{"date": ENDED, "code": "UNDELIVERED", "detail": "BOUNCED"}],
        deposit_proof={"date": DEPOSITED},
    )
    assert letter.facts[-1] == Fact(status=Status.BOUNCED, at=END_AT)


@pytest.mark.parametrize(
    ("category", "reason", "code", "end"),
    [
        ("DELIVERED", None, "LP15", Status.ACKNOWLEDGED),
        ("UNDELIVERED", "N05", "LP22", Status.REFUSED),
        ("UNDELIVERED", "N03", "LP19", Status.NOT_CLAIMED),
        ("UNDELIVERED", "N02", "LP21", Status.BOUNCED),
        ("UNDELIVERED", None, "LP22", Status.REFUSED),
        ("UNDELIVERED", None, "LP19", Status.NOT_CLAIMED),
        ("UNDELIVERED", None, "LP00", Status.BOUNCED),
    ],
)
def test_paper_is_dated_by_the_steps_of_its_delivery(category: str, reason: str | None, code: str, end: Status) -> None:
    letter = seen(
        Level.PAPER,
        status="PROCESSED",
        undelivered_mail_reason=reason,
        undelivered_mail_url="/u" if category == "UNDELIVERED" else None,
        deposit_proof_url="/d",
        deposit_proof_date=DEPOSITED,
        main_delivery_statuses=[
            {"date": "2026-01-09T00:00:00Z", "category": "DELIVERING", "code": "LP01"},
            {"date": DEPOSITED, "category": "FIRST_PRESENTATION", "code": "LP09"},
            {"date": ENDED, "category": category, "code": code},
        ],
    )
    assert letter.facts == (NOTIFIED, Fact(status=end, at=END_AT))
    assert letter.status is end
    assert EvidenceKind.DEPOSIT in letter.evidence


@pytest.mark.parametrize(
    "recipient", [{"deposit_proof": {"creation_date": "soon"}}, {"status_date": "x", "status": "TO_UPDATE"}]
)
def test_a_date_that_cannot_be_read_shows_no_fact_and_says_so(recipient: dict[str, Any]) -> None:
    letter = seen(Level.QUALIFIED_LRE, **recipient)
    assert (letter.facts, letter.evidence, letter.breach is not None) == ((), (), True)


@given(
    recipient=st.dictionaries(
        st.sampled_from([
            "id", "status", "status_date", "status_detail", "delivery_status", "delivery_status_detail", "email",
            "delivery_statuses", "main_delivery_statuses", "deposit_proof", "delivery_proof", "undelivered_mail_reason",
            "deposit_proof_url", "deposit_proof_date", "undelivered_mail_url", "undelivered_mail_date",
        ]),
        st.none() | st.text(max_size=9) | st.integers() | st.lists(st.none() | st.dictionaries(st.text(), st.text()))
        | st.dictionaries(st.sampled_from(["type", "date", "creation_date"]), st.text(max_size=9) | st.none()),
    ),
    level=st.sampled_from(Level),
)  # fmt: skip
def test_any_record_is_read_without_a_failure(recipient: dict[str, Any], level: Level) -> None:
    assert seen(level, **recipient).ref.endswith(":s-1")


def test_a_sending_without_its_number_is_a_breach() -> None:
    with pytest.raises(ContractBreach):
        snapshot(BY_LEVEL[Level.PAPER], {}, {})
