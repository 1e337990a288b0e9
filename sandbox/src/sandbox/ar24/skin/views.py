"""The objects of AR24, made of the neutral truth."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from sandbox.ar24.truth.clock import written
from sandbox.ar24.truth.model import Change, Consent, File, Letter, Level, Payment, Sender, State
from sandbox.ar24.truth.world import World

WORDS = {
    State.TO_VALIDATE: "to_valid",
    State.WAITING: "waiting",
    State.SENT: "sent",
    State.ACCEPTED: "AR",
    State.REFUSED: "refused",
    State.NEGLECTED: "negligence",
    State.BOUNCED: "bounced",
    State.FAILED: "error",
    State.LAPSED: "not_valided",
    State.CANCELLED: "not_valided",
}
ENDS = {
    "ar": (State.ACCEPTED, "proof_ar_url", "view_date"),
    "rf": (State.REFUSED, "proof_rf_url", "refused_date"),
    "ng": (State.NEGLECTED, "proof_ng_url", "negligence_date"),
    "bc": (State.BOUNCED, "proof_bc_url", "bounced_date"),
}
_TYPES = {Level.NOTICE: "syndic_n", Level.PAPER: "paper"}
_NOTIFY = ("dp", "ev", "ar", "rf", "ng", "bc", "consent", "eidas_to_valid", "recipient_update", "waiting_ar_answer")
_MEGA, _KILO = 1_000_000, 1_000


def user(world: World, sender: Sender) -> dict[str, Any]:
    """Return an account; `is_identity_verified` is there only when the sender holds a key."""
    company = sender.statut in {"professionnel", "administration"}
    seen: dict[str, Any] = {
        "id": number(world, sender.id),
        "firstname": sender.firstname,
        "lastname": sender.lastname,
        "name": sender.name,
        "email": sender.email,
        "gender": sender.gender,
        "statut": sender.statut,
        "company": sender.company,
        "company_siret": sender.siret,
        "company_tva": sender.tva,
        "company_activity": sender.activity,
        "country": sender.country,
        "address1": sender.address1,
        "address2": sender.address2,
        "zipcode": sender.zipcode,
        "city": sender.city,
        "c_phone": sender.phone,
        "c_mobile": sender.mobile,
        "confirmed": int(sender.confirmed),
        "cgu": int(sender.terms),
        "notif_cgu": 0,
        "notif_billing": int(bool(sender.billing_email)),
        "billing_email": sender.billing_email,
        "billing_tva": sender.tva,
        "payment_active": int(bool(sender.payments)),
        "is_payment_possible": int(bool(sender.payments)),
        "is_legal_entity": int(company),
        "custom_ref": sender.custom_ref,
        "creation": written(sender.created),
        "notif_profil_uncomplete": 0,
    }
    seen |= {f"notify_{name}": int(sender.notify.get(name, True)) for name in _NOTIFY}
    if sender.credential == "held":
        seen["is_identity_verified"] = 1
    return _extra(world, seen)


def mail(world: World, letter: Letter) -> dict[str, Any]:
    """Return a letter."""
    sender = world.sender(letter.sender_id)
    files = [one for one in (world.store.get(File, given) for given in letter.files) if one is not None]
    notify = {f"req_notify_{name}": int(sender.notify.get(name, True)) for name in ("ev", "ar", "rf", "ng")}
    seen: dict[str, Any] = {
        "id": letter.id,
        "type": _TYPES.get(letter.level, "lre"),
        "status": _word(world, letter),
        "from_name": letter.custom_name or sender.name,
        "from_email": sender.email,
        "address1": sender.address1,
        "address2": sender.address2,
        "city": sender.city,
        "zipcode": sender.zipcode,
        "to_name": letter.recipient,
        "to_firstname": letter.firstname,
        "to_lastname": letter.lastname,
        "to_company": letter.company,
        "to_email": letter.email,
        "dest_statut": "professionnel" if letter.professional else "particulier",
        "id_sender": sender.id,
        "id_creator": sender.id,
        "price_ht": letter.price,
        "payment_slug": letter.payment_slug,
        "ref_dossier": letter.ref_dossier,
        "ref_client": letter.ref_client,
        "ref_facturation": letter.ref_facturation,
        "date": written(letter.created),
        "full_hash_sha256": _hash(letter, files),
        "send_fail": int(letter.state is State.FAILED),
        "is_eidas": int(letter.level is Level.QUALIFIED),
        **dated(world, letter),
        **notify,
        "attachments": [file.id for file in files],
        "attachments_details": [_detail(world, letter, file) for file in files],
        "update": [_update(change) for change in letter.changes],
    }
    return _extra(world, seen)


def dated(world: World, letter: Letter) -> dict[str, Any]:
    """Return the dates of a letter, and the addresses of its proofs that are ready."""
    absent = absence(world)
    seen: dict[str, Any] = {
        "proof_ev_url": _link(world, letter, "proof/ev-", letter.sent),
        "ts_ev_date": written(letter.sent) or absent,
    }
    for kind, (state, url, date) in ENDS.items():
        at = letter.ends.get(state)
        seen |= {url: _link(world, letter, f"proof/{kind}-", at), date: written(at) or absent}
    seen["pdf_content"] = _link(world, letter, "content/", letter.sent)
    seen["zip"] = _link(world, letter, "zip/", letter.sent)
    return seen


def proof_token(world: World, letter: Letter) -> str:
    """Return the secret that the addresses of a letter's proofs hold; a new generation makes the old ones useless."""
    given = f"{letter.id}.{letter.uuid}.{world.faults.proof_urls_generation}"
    return hmac.new(b"sandbox", given.encode(), "sha256").hexdigest()[:16]


def ready(world: World, at: datetime | None) -> bool:
    """Say whether the proof of a fact of this instant may be fetched."""
    return at is not None and at + timedelta(seconds=world.faults.proof_delay_s) <= world.clock.now()


def _link(world: World, letter: Letter, path: str, at: datetime | None) -> str | None:
    if not ready(world, at):
        return absence(world)
    return f"{world.public_url}/get/{path}{letter.id}?token={proof_token(world, letter)}"


def _word(world: World, letter: Letter) -> str:
    if world.faults.unknown_status:
        return world.faults.unknown_status
    if world.faults.status_lags and letter.sent is not None:
        return WORDS[State.SENT]
    return WORDS[letter.state]


def attachment(file: File) -> dict[str, Any]:
    """Return an uploaded file, as lists show it."""
    return {
        "id_api_attachment": file.id,
        "hash": file.sha1,
        "filesize": file.size,
        "filename": file.name,
        "id_user": file.sender_id,
        "upload_date": written(file.uploaded),
        "api_id": "1",
    }


def _detail(world: World, letter: Letter, file: File) -> dict[str, Any]:
    size = f"{file.size / _MEGA:.1f} Mb" if file.size >= _MEGA else f"{file.size / _KILO:.1f} Kb"
    path = f"get/att/{file.sha1}-{letter.id}"
    return {
        "id": number(world, file.id),
        "name": file.name,
        "hash_sha1": file.sha1,
        "file_size": file.size,
        "human_file_size": size,
        "download_url": f"{world.public_url}/{path}?token={proof_token(world, letter)}",
    }


def _update(change: Change) -> dict[str, Any]:
    return {
        "id_recipient_update": change.id,
        "date": written(change.at),
        "lastname": change.lastname,
        "firstname": change.firstname,
        "company": change.company,
    }


def consent(world: World, one: Consent) -> dict[str, Any]:
    """Return what a recipient answered."""
    return {
        "id_consent": one.id,
        "email": one.email,
        "lastname": one.lastname,
        "firstname": one.firstname,
        "status": one.state,
        "date": written(one.at),
        "expiration_date": written(one.expires) or absence(world),
    }


def payment(one: Payment) -> dict[str, Any]:
    """Return a way to pay."""
    return one.model_dump()


def number(world: World, value: int) -> int | str:
    """Return a number as clients have met it: text, for users and files."""
    return str(value) if world.assumptions.ids_as_text else value


def absence(world: World) -> str | None:
    """Return what stands for a date or an address that there is not."""
    return "" if world.assumptions.absent_value == "empty" else None


def _hash(letter: Letter, files: list[File]) -> str:
    whole = "\n".join([letter.content, *(file.sha1 for file in files)])
    return hashlib.sha256(whole.encode()).hexdigest().upper()


def _extra(world: World, seen: dict[str, Any]) -> dict[str, Any]:
    return seen | {"added_without_notice": {"since": "today"}} if world.faults.extra_fields else seen
