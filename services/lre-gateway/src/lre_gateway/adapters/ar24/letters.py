"""A letter to send, in the provider's fields."""

from lre_gateway.application.provider import Grant, NotSupported, Order
from lre_gateway.domain.vocabulary import Kind, Level

LEVELS = frozenset({Level.QUALIFIED_LRE})
"""What is confirmed. How a notice or paper is asked for is not, and a simple letter was never tried."""

_KIND = {Kind.INDIVIDUAL: "particulier", Kind.PROFESSIONAL: "professionnel"}


def fields(order: Order, grant: Grant | None) -> dict[str, str]:
    """Return the form of an order; empty fields are left out.

    Raises:
        NotSupported: the level is not confirmed.

    """
    if order.level not in LEVELS:
        raise NotSupported(f"level {order.level}")
    given = {
        "id_user": order.sender_account,
        "eidas": "1",
        "to_lastname": order.recipient.last_name,
        "to_firstname": order.recipient.first_name,
        "to_company": order.recipient.company or "",
        "to_email": order.recipient.email,
        "dest_statut": _KIND[order.recipient.kind],
        "content": order.text,
        "ref_dossier": order.dossier_reference,
        "ref_client": order.reference,
        "ref_facturation": order.billing_reference,
        "payment_slug": order.payment_method or "",
        "webhook": order.webhook_url or "",
        "auth_otp_hash": grant.secret if grant else "",
    }
    given |= {f"attachment[{number}]": document.id for number, document in enumerate(order.documents)}
    return {name: value for name, value in given.items() if value}
