"""Which evidence a recipient's record announces: where it is fetched, and the date of what it proves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lre_gateway.adapters.maileva.dates import instant_of
from lre_gateway.adapters.maileva.products import Product
from lre_gateway.domain.vocabulary import EvidenceKind, Level, Status

END_OF_PROOF = {
    "ACKNOWLEDGMENT_OF_RECEIPT": (EvidenceKind.RECEPTION, Status.ACKNOWLEDGED),
    "DELIVERY_PROOF": (EvidenceKind.RECEPTION, Status.ACKNOWLEDGED),
    "REFUSAL_PROOF": (EvidenceKind.REFUSAL, Status.REFUSED),
    "NOT_CLAIMED_PROOF": (EvidenceKind.NON_CLAIM, Status.NOT_CLAIMED),
    "UNDELIVERED_PROOF": (EvidenceKind.NON_DELIVERY, Status.BOUNCED),
}
"""By type of a delivery proof."""

END_OF_RETURN = {
    "N02": (EvidenceKind.NON_DELIVERY, Status.BOUNCED),
    "N03": (EvidenceKind.NON_CLAIM, Status.NOT_CLAIMED),
    "N05": (EvidenceKind.REFUSAL, Status.REFUSED),
    "N07": (EvidenceKind.NON_DELIVERY, Status.BOUNCED),
}
"""By reason why paper came back."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence that can be fetched below the recipient's address."""

    action: str
    at: datetime | None


def announced(product: Product, recipient: Mapping[str, Any]) -> dict[EvidenceKind, Proof]:
    """Return what can be fetched now.

    Raises:
        ValueError: a date cannot be read.

    """
    return _of_paper(recipient) if product.level is Level.PAPER else _electronic(product, recipient)


def proof_date(proof: object) -> datetime | None:
    """Return the date of a proof, which two interfaces name differently."""
    return instant_of(proof.get("creation_date") or proof.get("date")) if isinstance(proof, dict) else None


def _electronic(product: Product, recipient: Mapping[str, Any]) -> dict[EvidenceKind, Proof]:
    found = {}
    deposit, delivery = recipient.get("deposit_proof"), recipient.get("delivery_proof")
    if isinstance(deposit, dict):
        found[EvidenceKind.DEPOSIT_AND_SENDING] = Proof("download_deposit_proof", proof_date(deposit))
        if product.level is Level.SIMPLE_ERDS:
            found[EvidenceKind.FULL_ARCHIVE] = Proof("download_package", None)
    if isinstance(delivery, dict) and str(delivery.get("type")) in END_OF_PROOF:
        kind = END_OF_PROOF[str(delivery["type"])][0]
        found[kind] = Proof("download_delivery_proof", proof_date(delivery))
    return found


def _of_paper(recipient: Mapping[str, Any]) -> dict[EvidenceKind, Proof]:
    returned = END_OF_RETURN.get(str(recipient.get("undelivered_mail_reason")), (EvidenceKind.NON_DELIVERY, None))[0]
    named = {
        EvidenceKind.DEPOSIT: "deposit_proof",
        EvidenceKind.CONTENT: "content_proof",
        EvidenceKind.RECEPTION: "acknowledgement_of_receipt",
        returned: "undelivered_mail",
    }
    return {
        kind: Proof(f"download_{name}", instant_of(recipient.get(f"{name}_date")))
        for kind, name in named.items()
        if recipient.get(f"{name}_url")
    }
