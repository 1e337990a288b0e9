"""What is asked about the accounts of senders."""

import re
from typing import Any

from sandbox.ar24.skin import views
from sandbox.ar24.skin.calls import Call, sender
from sandbox.ar24.skin.slugs import Refused
from sandbox.ar24.truth import senders
from sandbox.ar24.truth.clock import written
from sandbox.ar24.truth.model import Sender
from sandbox.ar24.truth.world import World

EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[A-Za-z]{2,}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SIRET = re.compile(r"\d{14}")
_UNION = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}
_COMPANIES = {"professionnel", "administration"}
_NEEDED = {
    "firstname": "missing_firstname",
    "lastname": "missing_lastname",
    "email": "missing_email",
    "address1": "missing_address",
    "city": "missing_city",
    "zipcode": "missing_zipcode",
    "country": "missing_country",
}
_OPTIONAL = {
    "gender": "gender",
    "company": "company",
    "siret": "company_siret",
    "tva": "company_tva",
    "activity": "company_activity",
    "address2": "address2",
    "phone": "c_phone",
    "mobile": "c_mobile",
    "billing_email": "billing_email",
    "custom_ref": "custom_ref",
}


def info(world: World, call: Call) -> dict[str, Any]:
    """GET user: by number or by e-mail address."""
    if call.text("id_user"):
        return views.user(world, sender(world, call))
    if not call.text("email"):
        raise Refused("missing_user_id")
    found = senders.find(world, call.text("email"))
    if found is None:
        raise Refused("user_not_exist")
    if call.token not in found.linked:
        raise Refused("user_unavailable")
    return views.user(world, found)


def listed(world: World, call: Call) -> dict[str, Any]:
    """GET user/list: the accounts that let this application in."""
    mine = [one for one in world.store.every(Sender) if call.token in one.linked]
    return {"users": [views.user(world, one) for one in page(call, mine)]}


def page(call: Call, whole: list[Any]) -> list[Any]:
    """Cut what `max`, `start` and `sort` ask for."""
    start = call.number("start") or 0
    most = call.number("max")
    ordered = whole[::-1] if call.text("sort").upper() == "DESC" else whole
    return ordered[start : None if most is None else start + most]


def create(world: World, call: Call) -> dict[str, Any]:
    """POST user: open an account, whose owner has still to confirm the address and to accept the terms."""
    for name, slug in _NEEDED.items():
        if not call.text(name):
            raise Refused(slug)
    _check(call)
    made = Sender(
        **{name: call.text(name) for name in _NEEDED},
        **{name: call.text(given) for name, given in _OPTIONAL.items()},
        statut=call.text("statut") or "particulier",
        notify={name[7:]: call.flag(name) for name in call.fields if name.startswith("notify_")},
        confirmed=False,
        terms=False,
        credential="none",
        linked=[call.token],
        created=world.clock.now(),
    )
    try:
        senders.create(world, made)
    except senders.Taken as taken:
        raise Refused("user_already_exist") from taken
    link = f"{world.public_url}/fr/page/confirm/{made.uuid}"
    world.mail(made.email, "Confirmez votre adresse e-mail", "Bienvenue.", link, sender_id=made.id)
    return views.user(world, made)


def _check(call: Call) -> None:
    if not EMAIL.fullmatch(call.text("email")):
        raise Refused("email_wrong_format")
    country, company = call.text("country"), call.text("statut") in _COMPANIES
    if not _COUNTRY.fullmatch(country):
        raise Refused("error_country")
    if call.text("gender") not in {"", "M", "F"}:
        raise Refused("error_gender")
    if company and country == "FR":
        if not call.text("company_siret"):
            raise Refused("missing_company_siret")
        if not _SIRET.fullmatch(call.text("company_siret").replace(" ", "")):
            raise Refused("error_company_siret")
    if company and country in _UNION and not call.text("company_tva"):
        raise Refused("missing_company_tva")


def request_access(world: World, call: Call) -> dict[str, Any]:
    """POST user/request_access: mail the link that lets this application in."""
    if not call.text("email"):
        raise Refused("missing_email")
    found = senders.find(world, call.text("email"))
    if found is None:
        raise Refused("user_not_exist")
    senders.ask_access(world, found, call.token)
    if not world.assumptions.access_needs_click:
        senders.accept_access(world, found)
    return {}


def request_terms(world: World, call: Call) -> dict[str, Any]:
    """POST user/request_cgu: mail the terms."""
    found = sender(world, call)
    link = f"{world.public_url}/fr/page/cgu/{found.uuid}"
    world.mail(found.email, "Acceptez les conditions générales", "CGU", link, sender_id=found.id)
    return {}


def order_key(world: World, call: Call) -> dict[str, Any]:
    """POST user/identity: order the key, which comes by paper registered letter."""
    found = sender(world, call, "id_user" if call.text("id_user") else "id_user_to_verify")
    if not found.payments:
        raise Refused("user_no_payment")
    senders.order_key(world, found)
    return {}


def authenticate(world: World, call: Call) -> dict[str, Any]:
    """POST user/auth_otp: a right code stands for its sender for an hour."""
    found = sender(world, call)
    try:
        senders.check_code(world, found, call.text("otp"))
    except senders.WrongCode as wrong:
        raise Refused("authentication_otp_invalid") from wrong
    grant = senders.grant(world, found)
    return {"hash": grant.uuid, "expiration_date": written(grant.expires)}


def request_payment(world: World, call: Call) -> dict[str, Any]:
    """POST user/payment_request: mail the page where a way to pay is typed, or give its link."""
    found = sender(world, call)
    link = f"{world.public_url}/fr/page/paiement/{found.uuid}"
    if call.flag("get_link"):
        return {"link": link}
    world.mail(found.email, "Ajoutez un moyen de paiement", "Paiement", link, sender_id=found.id)
    return {}
