"""A letter as the provider shows it, in neutral words."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lre_gateway.adapters.ar24.dates import instant_of
from lre_gateway.application.provider import ContractBreach, Fact, RecipientChange, Snapshot
from lre_gateway.domain.vocabulary import EvidenceKind, Status

STATUS = {
    "to_valid": Status.AWAITING_SENDER_AUTH,
    "waiting": Status.IN_TRANSIT,
    "sent": Status.NOTIFIED,
    "recipient_update": Status.NOTIFIED,
    "ar": Status.ACKNOWLEDGED,
    "refused": Status.REFUSED,
    "negligence": Status.NOT_CLAIMED,
    "bounced": Status.BOUNCED,
    "error": Status.FAILED,
    "not_valided": Status.AUTH_LAPSED,
}
"""By status word, whatever its case."""

FACTS = (
    ("ts_ev_date", Status.NOTIFIED),
    ("view_date", Status.ACKNOWLEDGED),
    ("refused_date", Status.REFUSED),
    ("negligence_date", Status.NOT_CLAIMED),
    ("bounced_date", Status.BOUNCED),
)
"""The dated facts, the first one first."""

DATED = frozenset(status for _, status in FACTS)

EVIDENCE: dict[EvidenceKind, tuple[str, str | None]] = {
    EvidenceKind.DEPOSIT: ("proof_dp_url", "ts_ev_date"),
    EvidenceKind.DEPOSIT_AND_SENDING: ("proof_ev_url", "ts_ev_date"),
    EvidenceKind.RECEPTION: ("proof_ar_url", "view_date"),
    EvidenceKind.REFUSAL: ("proof_rf_url", "refused_date"),
    EvidenceKind.NON_CLAIM: ("proof_ng_url", "negligence_date"),
    EvidenceKind.NON_DELIVERY: ("proof_bc_url", "bounced_date"),
    EvidenceKind.CONTENT: ("pdf_content", None),
    EvidenceKind.FULL_ARCHIVE: ("zip", None),
}
"""Where a letter names the address of each piece of evidence, and the date it proves."""


def snapshot(letter: object) -> Snapshot:
    """Translate a letter.

    Raises:
        ContractBreach: it is no letter.

    """
    if not isinstance(letter, dict) or not letter.get("id"):
        raise ContractBreach("a letter without its number")
    facts, unreadable = _facts(letter)
    word = str(letter.get("status", ""))
    said = STATUS.get(word.casefold(), Status.UNRECOGNIZED)
    if said is not Status.UNRECOGNIZED and str(letter.get("send_fail", "0")) == "1" and not facts:
        said = Status.FAILED
    status, contradiction = _believed(said, facts)
    return Snapshot(
        ref=str(letter["id"]),
        reference=str(letter["ref_client"]) if letter.get("ref_client") else None,
        status=status,
        raw_status=word[:64],
        facts=facts,
        evidence=tuple(kind for kind, (address, _) in EVIDENCE.items() if letter.get(address)),
        changes=_changes(letter.get("update")),
        price=_price(letter.get("price_ht")),
        payment_method=str(letter["payment_slug"]) if letter.get("payment_slug") else None,
        recipient_email=str(letter.get("to_email") or ""),
        breach=unreadable or contradiction,
    )


def evidence_date(letter: Mapping[str, Any], kind: EvidenceKind) -> datetime | None:
    """Return when what the evidence proves happened, as far as the provider says."""
    field = EVIDENCE[kind][1]
    if field is None:
        return None
    try:
        return instant_of(
            letter.get(field), after=instant_of(letter.get("ts_ev_date")) if field != "ts_ev_date" else None
        )
    except ValueError:
        return None


def _facts(letter: Mapping[str, Any]) -> tuple[tuple[Fact, ...], str | None]:
    found: list[Fact] = []
    unreadable = None
    for field, status in FACTS:
        try:
            at = instant_of(letter.get(field), after=found[0].at if found else None)
        except ValueError:
            unreadable = "a date of the letter cannot be read"
            continue
        if at is not None:
            found.append(Fact(status=status, at=at))
    return tuple(found), unreadable


def _believed(said: Status, facts: tuple[Fact, ...]) -> tuple[Status, str | None]:
    """Return the status, and what contradicts itself: the dated facts are what a court sees."""
    if said is Status.UNRECOGNIZED:
        return said, None
    if not facts:
        return (Status.IN_TRANSIT, "the status says what no date shows") if said in DATED else (said, None)
    ends = sorted((fact for fact in facts if fact.status is not Status.NOTIFIED), key=lambda fact: fact.at)
    dated = ends[0].status if ends else Status.NOTIFIED
    if len(ends) > 1:
        return dated, "the dates show two ends"
    return dated, None if dated is said else "the status and the dates say different things"


def _changes(asked: object) -> tuple[RecipientChange, ...]:
    found = []
    for change in asked if isinstance(asked, list) else []:
        try:
            at = instant_of(change["date"])
            if at is not None:
                found.append(
                    RecipientChange(
                        id=str(change["id_recipient_update"]),
                        at=at,
                        last_name=str(change.get("lastname") or ""),
                        first_name=str(change.get("firstname") or ""),
                        company=str(change["company"]) if change.get("company") else None,
                    )
                )
        except (KeyError, TypeError, ValueError, AttributeError):
            continue  # a change that cannot be named cannot be answered; the provider tells its sender too
    return tuple(found)


def _price(value: object) -> Decimal | None:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() else None
