"""A sending and its one recipient, in neutral words. A sending is ACCEPTED by the provider, not by the recipient."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from lre_gateway.adapters.maileva.dates import instant_of
from lre_gateway.adapters.maileva.products import Product
from lre_gateway.adapters.maileva.proofs import END_OF_PROOF, END_OF_RETURN, announced, proof_date
from lre_gateway.application.provider import ContractBreach, Fact, RecipientChange, Snapshot
from lre_gateway.domain.vocabulary import Level, Status

PRODUCTION = {
    "DRAFT": Status.AWAITING_SENDER_AUTH,
    "PENDING": Status.IN_TRANSIT,
    "BLOCKED": Status.IN_TRANSIT,
    "PREPARING": Status.IN_TRANSIT,
    "ACCEPTED": Status.IN_TRANSIT,
    "PROCESSED": Status.IN_TRANSIT,
    "PROCESSED_WITH_ERRORS": Status.FAILED,
    "REJECTED": Status.FAILED,
    "SENDING_REJECTED": Status.FAILED,
    "ERROR": Status.FAILED,
    "CANCELED": Status.CANCELLED,
    "TO_UPDATE": Status.IN_TRANSIT,
}
"""Before anything is dated; a dated deposit makes it NOTIFIED."""

ANSWERS = {"ACCEPTED": Status.ACKNOWLEDGED, "REFUSED": Status.REFUSED, "NOT_CLAIMED": Status.NOT_CLAIMED}
"""What a recipient of the qualified product answered; it counts once its proof says the same."""

_TO_THE_ADDRESS = ("ADDRESS", "EMAIL", "BOUNCE")
"""Words in the detail of an error that blame the address. Inferred."""

_CHANGE = "TO_UPDATE"


def snapshot(product: Product, sending: Mapping[str, Any], recipient: Mapping[str, Any]) -> Snapshot:
    """Translate a sending; one with a date that cannot be read shows no fact, and says so.

    Raises:
        ContractBreach: it is no sending.

    """
    if not sending.get("id"):
        raise ContractBreach("a sending without its number")
    word = str(recipient.get("status") or sending.get("status") or "")
    shown = Snapshot(
        ref=f"{product.code}:{sending['id']}",
        reference=str(sending["custom_id"]) if sending.get("custom_id") else None,
        status=_said(product, sending, recipient),
        raw_status=word[:64],
        recipient_email=str(recipient.get("email") or ""),
    )
    try:
        facts = _paper_facts(recipient) if product.level is Level.PAPER else _facts(product, recipient)
        evidence, changes = tuple(announced(product, recipient)), _changes(recipient)
    except ValueError:
        return replace(shown, breach="a date of the sending cannot be read")
    status, breach = _believed(shown.status, facts, ANSWERS.get(word) if product.needs_code else None)
    return replace(shown, status=status, breach=breach, facts=facts, evidence=evidence, changes=changes)


def _said(product: Product, sending: Mapping[str, Any], recipient: Mapping[str, Any]) -> Status:
    """Return what the words alone say."""
    word = str(recipient.get("status") or "")
    if product.needs_code and word in ANSWERS:
        return Status.IN_TRANSIT
    own = PRODUCTION.get(word, Status.UNRECOGNIZED) if word else Status.IN_TRANSIT
    whole = PRODUCTION.get(str(sending.get("status") or ""), Status.UNRECOGNIZED)
    if Status.UNRECOGNIZED in {own, whole}:
        return Status.UNRECOGNIZED
    return own if own is not Status.IN_TRANSIT else whole


def _believed(said: Status, facts: tuple[Fact, ...], answer: Status | None) -> tuple[Status, str | None]:
    """Return the status, and what contradicts itself: what is dated by a proof is believed."""
    if said is Status.UNRECOGNIZED:
        return said, None
    if not facts:
        return said, None if answer is None else "the status says what no proof shows"
    last = facts[-1].status
    if answer is not None and last is not answer:
        return last, None if last is Status.NOTIFIED else "the status and the proof say different things"
    if said in {Status.FAILED, Status.CANCELLED} and last is Status.NOTIFIED:
        return said, None
    return last, None


def _facts(product: Product, recipient: Mapping[str, Any]) -> tuple[Fact, ...]:
    found = []
    if (notified := proof_date(recipient.get("deposit_proof"))) is not None:
        found.append(Fact(status=Status.NOTIFIED, at=notified))
    delivery = recipient.get("delivery_proof")
    ended = proof_date(delivery)
    if isinstance(delivery, dict) and ended is not None and str(delivery.get("type")) in END_OF_PROOF:
        found.append(Fact(status=END_OF_PROOF[str(delivery["type"])][1], at=ended))
    elif (bounced := _bounced(product, recipient)) is not None:
        found.append(Fact(status=Status.BOUNCED, at=bounced))
    return tuple(found)


def _bounced(product: Product, recipient: Mapping[str, Any]) -> datetime | None:
    """Return when the notification came back: it has no proof of its own where no type names it."""
    if product.needs_code:
        blamed = str(recipient.get("status_detail") or "").upper()
        failed = str(recipient.get("status")) in {"ERROR", "REJECTED"}
        at = recipient.get("status_date")
        return instant_of(at) if failed and any(word in blamed for word in _TO_THE_ADDRESS) else None
    if recipient.get("delivery_status") != "UNDELIVERED" or recipient.get("delivery_status_detail") != "BOUNCED":
        return None
    steps = _steps(recipient, "delivery_statuses")
    last = steps[-1].get("date") if steps else None
    return instant_of(recipient.get("delivery_status_date") or last)


def _paper_facts(recipient: Mapping[str, Any]) -> tuple[Fact, ...]:
    found: dict[Status, Fact] = {}
    for step in _steps(recipient, "main_delivery_statuses"):
        at = instant_of(step.get("date"))
        status = {
            "FIRST_PRESENTATION": Status.NOTIFIED,
            "DELIVERED": Status.ACKNOWLEDGED,
            "UNDELIVERED": _returned(recipient, step),
        }.get(str(step.get("category")))
        if at is not None and status is not None:
            found.setdefault(status, Fact(status=status, at=at))
    return tuple(sorted(found.values(), key=lambda fact: fact.at))


def _steps(recipient: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    steps = recipient.get(name)
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _returned(recipient: Mapping[str, Any], step: Mapping[str, Any]) -> Status:
    reason = str(recipient.get("undelivered_mail_reason"))
    if reason in END_OF_RETURN:
        return END_OF_RETURN[reason][1]
    return {"LP19": Status.NOT_CLAIMED, "LP25": Status.NOT_CLAIMED, "LP22": Status.REFUSED}.get(
        str(step.get("code")), Status.BOUNCED
    )


def _changes(recipient: Mapping[str, Any]) -> tuple[RecipientChange, ...]:
    """Return the change that TO_UPDATE stands for (inferred); under which name is not shown."""
    at = instant_of(recipient.get("status_date"))
    if recipient.get("status") != _CHANGE or at is None:
        return ()
    return (RecipientChange(id=f"{recipient.get('id')}@{at:%Y%m%dT%H%M%S}", at=at, last_name="", first_name=""),)
