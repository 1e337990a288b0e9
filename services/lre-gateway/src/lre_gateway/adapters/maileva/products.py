"""The provider's four products: where each lives, and how an order is written in its fields."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lre_gateway.application.provider import Addressee, Order, PostalAddress, ProviderRejected, Rejection
from lre_gateway.domain.vocabulary import Kind, Level, Printing

MESSAGE_CHARS = 450
NAME_CHARS = 50
CUSTOM_DATA_CHARS = 255
NOTICE_OBJECT = "Avis électronique"
"""What the recipient of a notice reads as its object when the dossier has no reference."""

_KIND = {Kind.INDIVIDUAL: "INDIVIDUAL", Kind.PROFESSIONAL: "PROFESSIONAL"}
Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An interface of the provider."""

    code: str
    """The beginning of our references to its letters."""
    level: Level
    path: str
    sending: Callable[[Order], Body]
    recipient: Callable[[Order], Body]
    needs_code: bool = False
    """Whether the sender has to authenticate."""
    checked_first: bool = False
    """Whether the provider checks a draft, which takes a while, before it may be submitted."""


def _common(order: Order) -> Body:
    return {
        "name": order.reference[:NAME_CHARS],
        "custom_id": order.reference,
        **({"custom_data": order.dossier_reference[:CUSTOM_DATA_CHARS]} if order.dossier_reference else {}),
    }


def _message(order: Order) -> Body:
    if len(order.text) > MESSAGE_CHARS:
        raise ProviderRejected(Rejection.CONTENT_TOO_LONG, "", "text")
    return {"message": order.text} if order.text else {}


def _electronic(order: Order) -> Body:
    return {"sender_id": order.sender_account, **_common(order), **_message(order)}


def _person(recipient: Addressee) -> Body:
    return {
        "legal_status": _KIND[recipient.kind],
        "first_name": recipient.first_name,
        "last_name": recipient.last_name,
        "email": recipient.email,
        **({"company": recipient.company} if recipient.company else {}),
    }


def _by_email(order: Order) -> Body:
    return {"custom_id": order.reference, **_person(order.recipient)}


def _notice(order: Order) -> Body:
    options = {
        "electronic_sender_id": order.sender_account,
        "notification_object": order.dossier_reference or NOTICE_OBJECT,
        **_message(order),
    }
    return {**_common(order), "electronic_notice_options": options}


def _to_owner(order: Order) -> Body:
    return {
        "sending_mode": "ELECTRONIC_NOTICE",
        "custom_id": order.reference,
        "electronic_notice_detail": _person(order.recipient),
    }


def _paper(order: Order) -> Body:
    if order.text:
        raise ProviderRejected(Rejection.CONTENT_TOO_LONG, "", "text")  # a page is a document, there is no message
    options = order.print_options
    return {
        **_common(order),
        "acknowledgement_of_receipt": True,
        "color_printing": bool(options and options.colour),
        "duplex_printing": bool(options and options.sides is Printing.DUPLEX),
    }


def _by_post(order: Order) -> Body:
    postal = order.recipient.postal
    if postal is None:
        raise ProviderRejected(Rejection.POSTAL_ADDRESS_INVALID, "", "address")
    lines = _lines(order.recipient, postal)
    return {
        "custom_id": order.reference,
        **{f"address_line_{number}": line for number, line in lines.items() if line},
        "country_code": postal.country,
    }


def _lines(recipient: Addressee, postal: PostalAddress) -> dict[int, str]:
    """Lay an address out as the French norm NF Z10-011 does: who, at whom, complement, street, place."""
    name = f"{recipient.first_name} {recipient.last_name}".strip()
    who, at_whom = (recipient.company, name) if recipient.company else (name, "")
    return {1: who, 2: at_whom, 3: postal.line2, 4: postal.line1, 6: f"{postal.postcode} {postal.city}".strip()}


PRODUCTS = (
    Product(
        code="lreq",
        level=Level.QUALIFIED_LRE,
        path="/electronic_qualified_registered_mail/v1",
        sending=_electronic,
        recipient=_by_email,
        needs_code=True,
    ),
    Product(
        code="ere",
        level=Level.SIMPLE_ERDS,
        path="/secured_electronic_mail/v1",
        sending=_electronic,
        recipient=_by_email,
    ),
    Product(
        code="notice",
        level=Level.COPRO_NOTICE,
        path="/real_estate/v1",
        sending=_notice,
        recipient=_to_owner,
        checked_first=True,
    ),
    Product(code="paper", level=Level.PAPER, path="/registered_mail/v4", sending=_paper, recipient=_by_post),
)
BY_LEVEL = {product.level: product for product in PRODUCTS}
BY_CODE = {product.code: product for product in PRODUCTS}
