"""A letter to send, in the provider's fields."""

from lre_gateway.adapters.ar24 import routes
from lre_gateway.application.provider import (
    Grant,
    NotSupported,
    Order,
    PostalAddress,
    ProviderRejected,
    Rejection,
)
from lre_gateway.domain.vocabulary import Kind, Level, Printing

NOTICE = "syndic_n"
"""The type of a notice in the provider's lists."""

_KIND = {Kind.INDIVIDUAL: "particulier", Kind.PROFESSIONAL: "professionnel"}


def levels(unconfirmed: routes.Unconfirmed) -> frozenset[Level]:
    """Return what can be sent; the qualified level alone was seen to work."""
    return frozenset(level for level, on in _sendable(unconfirmed).items() if on)


def written(order: Order, grant: Grant | None, unconfirmed: routes.Unconfirmed) -> tuple[str, dict[str, str]]:
    """Return the route of an order and its form, without empty fields.

    Raises:
        NotSupported: the level is off.
        ProviderRejected: paper without a postal address.

    """
    if order.level not in levels(unconfirmed):
        raise NotSupported(f"level {order.level}")
    form = _common(order)
    route = routes.LETTER
    if order.level is Level.QUALIFIED_LRE:
        form |= {"eidas": "1", "auth_otp_hash": grant.secret if grant else ""}
    elif order.level is Level.COPRO_NOTICE:
        form[str(unconfirmed.notice_field)] = NOTICE
    elif order.level is Level.PAPER:
        route = str(unconfirmed.paper)
        form |= _printed(order) | _posted(order.recipient.postal)
    form |= {f"attachment[{number}]": document.id for number, document in enumerate(order.documents)}
    return route, {name: value for name, value in form.items() if value}


def _sendable(unconfirmed: routes.Unconfirmed) -> dict[Level, bool]:
    return {
        Level.QUALIFIED_LRE: True,
        Level.SIMPLE_ERDS: unconfirmed.simple,
        Level.COPRO_NOTICE: unconfirmed.notice_field is not None,
        Level.PAPER: unconfirmed.paper is not None,
    }


def _common(order: Order) -> dict[str, str]:
    return {
        "id_user": order.sender_account,
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
    }


def _printed(order: Order) -> dict[str, str]:
    options = order.print_options
    duplex = options is not None and options.sides is Printing.DUPLEX
    return {"color": str(int(bool(options and options.colour))), "duplex": str(int(duplex))}


def _posted(postal: PostalAddress | None) -> dict[str, str]:
    if postal is None:
        raise ProviderRejected(Rejection.POSTAL_ADDRESS_INVALID, "", "address")
    return {
        "address1": postal.line1,
        "address2": postal.line2,
        "zipcode": postal.postcode,
        "city": postal.city,
        "country": postal.country,
    }
