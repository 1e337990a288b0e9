"""Sendings, documents and recipients as the four products show them."""

import hashlib
from datetime import datetime
from typing import Any

from sandbox.ar24.maileva.records import Sending
from sandbox.ar24.maileva.router import instant
from sandbox.ar24.skin.views import ready
from sandbox.ar24.truth.model import File, Letter, Level, State
from sandbox.ar24.truth.world import World

LREQ = "electronic_qualified_registered_mail/v1"
ERE = "secured_electronic_mail/v1"
ESTATE = "real_estate/v1"
LREL = "registered_mail/v4"
PRODUCTS = (LREQ, ERE, ESTATE, LREL)
_HIDDEN = {"id", "status"}
_ENDED = (State.ACCEPTED, State.REFUSED, State.NEGLECTED, State.BOUNCED)
PROOFS = {
    State.ACCEPTED: "ACKNOWLEDGMENT_OF_RECEIPT",
    State.REFUSED: "REFUSAL_PROOF",
    State.NEGLECTED: "NOT_CLAIMED_PROOF",
    State.BOUNCED: "UNDELIVERED_PROOF",
}
_LREQ = {
    State.DRAFT: "DRAFT",
    State.WAITING: "PENDING",
    State.SENT: "PROCESSED",
    State.ACCEPTED: "ACCEPTED",
    State.REFUSED: "REFUSED",
    State.NEGLECTED: "NOT_CLAIMED",
    State.BOUNCED: "ERROR",
    State.FAILED: "REJECTED",
}
_DETAILS = {State.REFUSED: "REFUSED", State.NEGLECTED: "NOT_CLAIMED", State.BOUNCED: "BOUNCED"}
_RETURNED = {State.REFUSED: ("N05", "LP22"), State.NEGLECTED: ("N03", "LP19"), State.BOUNCED: ("N02", "LP21")}


def letters(world: World, sending: Sending) -> list[Letter]:
    """Return the recipients of a sending."""
    return world.store.by(Letter, "parent_id", sending.id)


def files(world: World, sending: Sending) -> list[File]:
    """Return the documents of a sending."""
    return world.store.by(File, "parent_id", sending.id)


def sending(world: World, one: Sending) -> dict[str, Any]:
    """Return a sending."""
    states = [letter.state for letter in letters(world, one)]
    documents = files(world, one)
    seen = {name: value for name, value in one.given.items() if name not in _HIDDEN}
    processed = [letter.sent for letter in letters(world, one) if letter.sent is not None]
    status = _status(one, states)
    seen |= {
        "id": one.uuid,
        "status": world.faults.unknown_status or status,
        "creation_date": instant(one.created),
        "recipients_counts": _counts(one.product, states),
        "documents_count": len(documents),
    }
    if one.product == ERE:
        seen["documents_size"] = sum(file.size for file in documents)
    if one.submitted is not None:
        seen["submission_date"] = instant(one.submitted)
    if one.submitted is not None and processed and State.WAITING not in states:
        seen["processed_date"] = instant(max(processed))
    return seen


def _status(one: Sending, states: list[State]) -> str:
    if one.submitted is None:
        return "DRAFT"
    if State.WAITING in states:
        return "ACCEPTED" if one.product == LREL else "PENDING"
    failed = [state is State.FAILED for state in states]
    if all(failed):
        return "REJECTED"
    return "PROCESSED_WITH_ERRORS" if any(failed) and one.product != ERE else "PROCESSED"


def _counts(product: str, states: list[State]) -> dict[str, int]:
    counts = {"draft": 0, "pending": 0, "processed": 0, "rejected": 0, "accepted": 0, "total": len(states)}
    if product == LREQ:
        counts |= {"refused": 0, "not_claimed": 0, "error": 0, "to_update": 0}
    for state in states:
        name = _LREQ[state].lower() if product == LREQ or state in {State.DRAFT, State.WAITING} else "processed"
        counts[name] += 1
    return counts


def document(world: World, sending: Sending, file: File) -> dict[str, Any]:
    """Return what describes a document."""
    if sending.product == ESTATE:
        metadata = {"name": file.name, "type": file.media_type, "size": file.size}
        return {"id": file.uuid, "status": "PROCESSED", "metadata": metadata}
    seen: dict[str, Any] = {"id": file.uuid, "name": file.name, "size": file.size}
    if sending.product == ERE:
        data = world.store.content(f"file-{file.id}") or b""
        seen |= {
            "hcode": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "creation_date": instant(file.uploaded),
        }
    return seen


def recipient(world: World, one: Sending, letter: Letter) -> dict[str, Any]:
    """Return a recipient."""
    seen = {name: value for name, value in letter.extra.items() if name not in _HIDDEN}
    seen |= {"id": letter.uuid, "status_date": instant(letter.facts[-1][1] if letter.facts else letter.created)}
    path = f"/sendings/{one.uuid}/recipients/{letter.uuid}"
    if one.product == LREQ:
        seen |= _qualified(world, letter, path)
    elif one.product == ERE:
        seen |= _simple(world, letter, path)
    elif one.product == ESTATE:
        seen |= _estate(world, letter, path)
    else:
        seen |= _paper(world, letter, path)
    if world.faults.unknown_status:
        seen["status"] = world.faults.unknown_status
    return seen


def _qualified(world: World, letter: Letter, path: str) -> dict[str, Any]:
    asked = any(change.accepted is None for change in letter.changes)
    status = _LREQ[letter.state]
    if asked and letter.state is State.SENT and world.assumptions.lreq_to_update:
        status = "TO_UPDATE"
    if world.faults.status_lags and letter.sent is not None:
        status = _LREQ[State.SENT]
    seen: dict[str, Any] = {"status": status}
    if letter.state is State.BOUNCED:
        seen["status_detail"] = "BOUNCED"
    if ready(world, letter.sent):
        seen["deposit_proof"] = _proof(letter, "deposit", letter.sent, path) | {"type": "DEPOSIT_PROOF"}
    ended = _end(world, letter)
    if ended is not None and letter.state is not State.BOUNCED:
        seen["delivery_proof"] = _proof(letter, "delivery", ended, path) | {"type": PROOFS[letter.state]}
    return seen


def _simple(world: World, letter: Letter, path: str) -> dict[str, Any]:
    seen = {"reference": f"RE26C{letter.id:012d}"} | _delivered(letter)
    delivery: list[dict[str, Any]] = []
    if letter.sent is not None:
        delivery.append({"date": instant(letter.sent), "code": "DELIVERING"})
    for state, at in letter.ends.items():
        code = "DELIVERED" if state is State.ACCEPTED else "UNDELIVERED"
        delivery.append({"date": instant(at), "code": code, "detail": _DETAILS.get(state)})
    if delivery:
        seen["delivery_statuses"] = delivery
    if ready(world, letter.sent):
        href = f"{path}/download_deposit_proof"
        seen["deposit_proof"] = {"date": instant(letter.sent), "href": href}
    ended = _end(world, letter)
    if ended is not None:
        href = f"{path}/download_delivery_proof"
        seen["delivery_proof"] = {"date": instant(ended), "type": PROOFS[letter.state], "href": href}
    return seen


def _estate(world: World, letter: Letter, path: str) -> dict[str, Any]:
    seen = _delivered(letter)
    if letter.sent is not None:
        mode = "REGISTERED_MAIL" if letter.extra.get("final_sending_mode") == "REGISTERED_MAIL" else "ELECTRONIC_NOTICE"
        seen["final_sending_mode"] = mode
    if ready(world, letter.sent):
        seen["deposit_proof"] = _proof(letter, "deposit", letter.sent, path)
    at = _end(world, letter)
    if at is not None and letter.state is not State.BOUNCED:  # the specification has no proof of a bounce here
        paper = letter.level is Level.PAPER and letter.state is State.ACCEPTED
        kind = "DELIVERY_PROOF" if paper else PROOFS[letter.state]
        seen["delivery_proof"] = _proof(letter, "delivery", at, path) | {"type": kind}
    return seen


def _delivered(letter: Letter) -> dict[str, Any]:
    words = {State.DRAFT: "DRAFT", State.WAITING: "PENDING", State.FAILED: "REJECTED"}
    seen: dict[str, Any] = {"status": words.get(letter.state, "PROCESSED")}
    if letter.sent is not None:
        ended = letter.state in _ENDED
        word = "DELIVERED" if letter.state is State.ACCEPTED else "UNDELIVERED"
        seen["delivery_status"] = word if ended else "DELIVERING"
        seen["delivery_status_date"] = instant(letter.ends.get(letter.state) if ended else letter.sent)
    if letter.state in _DETAILS:
        seen["delivery_status_detail"] = _DETAILS[letter.state]
    return seen


def _paper(world: World, letter: Letter, path: str) -> dict[str, Any]:
    words = {State.DRAFT: "DRAFT", State.WAITING: "ACCEPTED", State.FAILED: "REJECTED"}
    seen: dict[str, Any] = {"status": words.get(letter.state, "PROCESSED")}
    if letter.sent is None:
        return seen
    seen["registered_number"] = f"1E{letter.id:011d}"
    steps = [_step(letter.sent, "DELIVERING", "LP01"), _step(letter.sent, "FIRST_PRESENTATION", "LP09")]
    for state, at in letter.ends.items():
        code = "LP15" if state is State.ACCEPTED else _RETURNED[state][1]
        steps.append(_step(at, "DELIVERED" if state is State.ACCEPTED else "UNDELIVERED", code))
    last = steps[-1]
    seen |= {
        "main_delivery_statuses": steps,
        "last_main_delivery_status": last,
        "last_delivery_status": last["code"],
        "last_delivery_status_date": last["date"],
    }
    named: dict[str, datetime | None] = {"deposit_proof": letter.sent, "content_proof": letter.sent}
    if letter.state is State.ACCEPTED:
        named["acknowledgement_of_receipt"] = letter.ends[State.ACCEPTED]
    elif letter.state in _RETURNED:
        named["undelivered_mail"] = letter.ends[letter.state]
        seen["undelivered_mail_reason"] = _RETURNED[letter.state][0]
    for name, happened in named.items():
        seen[f"{name}_date"] = instant(happened)
        if ready(world, happened):
            seen |= {f"{name}_archive_date": instant(happened), f"{name}_url": f"{path}/download_{name}"}
    return seen


def _step(at: datetime, category: str, code: str) -> dict[str, Any]:
    return {"date": instant(at), "category": category, "code": code, "source": "La Poste"}


def _end(world: World, letter: Letter) -> datetime | None:
    at = letter.ends.get(letter.state) if letter.state in _ENDED else None
    return at if ready(world, at) else None


def _proof(letter: Letter, kind: str, at: datetime | None, path: str) -> dict[str, Any]:
    return {
        "id": f"{kind}-{letter.uuid}",
        "creation_date": instant(at),
        "href": f"{path}/download_{kind}_proof",
    }
