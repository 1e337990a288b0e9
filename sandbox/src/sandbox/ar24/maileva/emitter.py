"""electronic_mail_emitter: the accounts of electronic senders, which are AR24's."""

import re
from datetime import timedelta
from typing import Any

import pyotp

from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.recipients import EMAIL
from sandbox.ar24.maileva.router import Ask, Reply, Route, instant, paged
from sandbox.ar24.truth import senders
from sandbox.ar24.truth.model import Sender

PRODUCT = "electronic_mail_emitter/v1"
_CONFIRMED_WITHIN = timedelta(minutes=60)
_SIRET = re.compile(r"\d{14}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_NOTIFY = {
    "notify_deposit_proof": "ev",
    "notify_acknowledgement_of_receipt": "ar",
    "notify_not_claimed_proof": "ng",
    "notify_refused_proof": "rf",
    "notify_consent_proof": "consent",
    "notify_waiting_ar_answer": "waiting_ar_answer",
}
_OFF = {"consent", "waiting_ar_answer"}
_FIELDS = {
    "company_name": "company",
    "company_siret": "siret",
    "country": "country",
    "address1": "address1",
    "address2": "address2",
    "zip_code": "zipcode",
    "city": "city",
}
_NEEDED = ("email", "first_name", "last_name", "address1", "city", "country")


def routes() -> list[Route]:
    """Return the operations on senders."""
    one = "senders/{sender}"
    operations = {
        ("POST", "senders"): create,
        ("GET", "senders"): listed,
        ("GET", one): read,
        ("PATCH", one): change,
        ("POST", f"{one}/grant_access"): grant_access,
        ("POST", f"{one}/verify_identity"): order_key,
        ("POST", f"{one}/revoke_identity"): revoke_key,
        ("POST", f"{one}/authenticate_by_otp"): authenticate,
        ("POST", f"{one}/authenticate_by_certificate"): keep_key,
    }
    return [Route(method, PRODUCT, template, handler) for (method, template), handler in operations.items()]


def _mine(ask: Ask, sender: Sender) -> bool:
    return ask.token in sender.linked or ask.token in sender.asked


def _one(ask: Ask) -> Sender:
    found = ask.world.store.by(Sender, "uuid", ask.path["sender"])
    if not found or not _mine(ask, found[0]):
        raise Problem(404, "SENDER_NOT_FOUND", "expéditeur inconnu")
    return found[0]


def create(ask: Ask) -> Reply:
    """Make a sender; one whose address AR24 knows is asked to let us in, and answers 202."""
    for name in _NEEDED:
        ask.text(name, needed=True)
    if not EMAIL.fullmatch(ask.text("email")):
        raise Problem(400, "EMAIL_INVALID", "l'adresse e-mail est invalide")
    if ask.body.get("title") not in {"MR", "MRS"}:
        raise Problem(400, "TITLE_INVALID", "title : MR ou MRS")
    if ask.body.get("legal_status") not in {"PROFESSIONAL", "INDIVIDUAL"}:
        raise Problem(400, "LEGAL_STATUS_INVALID", "legal_status : PROFESSIONAL ou INDIVIDUAL")
    world = ask.world
    known = senders.find(world, ask.text("email"))
    if known is not None:
        if _mine(ask, known):
            raise Problem(409, "SENDER_ALREADY_EXISTS", "cet expéditeur existe")
        senders.ask_access(world, known, ask.token)
        return Reply(202, seen(ask, known), f"{PRODUCT}/senders/{known.uuid}")
    now = world.clock.now()
    made = Sender(
        email=ask.text("email"),
        firstname=ask.text("first_name"),
        lastname=ask.text("last_name"),
        gender="F" if ask.body["title"] == "MRS" else "M",
        statut="professionnel" if ask.body["legal_status"] == "PROFESSIONAL" else "particulier",
        confirmed=False,
        credential="none",
        linked=[ask.token],
        created=now,
        mail_deadline=now + _CONFIRMED_WITHIN,
    )
    _take(ask, made)
    senders.create(world, made)
    link = f"{world.public_url}/fr/page/confirm/{made.uuid}"
    world.mail(made.email, "Confirmez votre adresse e-mail", "Ce lien vaut 60 minutes.", link, sender_id=made.id)
    return Reply(201, seen(ask, made), f"{PRODUCT}/senders/{made.uuid}")


def _take(ask: Ask, sender: Sender) -> None:
    siret, country = ask.text("company_siret"), ask.text("country")
    if siret and not _SIRET.fullmatch(siret):
        raise Problem(400, "COMPANY_SIRET_INVALID", "un SIRET a 14 chiffres")
    if country and not _COUNTRY.fullmatch(country):
        raise Problem(400, "COUNTRY_INVALID", "un pays a deux lettres")
    for name, field in _FIELDS.items():
        if name in ask.body:
            setattr(sender, field, ask.text(name))
    for name, kind in _NOTIFY.items():
        if isinstance(ask.body.get(name), bool):
            sender.notify[kind] = ask.body[name]


def seen(ask: Ask, sender: Sender) -> dict[str, Any]:
    """Return a sender."""
    body: dict[str, Any] = {
        "id": sender.uuid,
        "title": "MRS" if sender.gender == "F" else "MR",
        "legal_status": "INDIVIDUAL" if sender.statut == "particulier" else "PROFESSIONAL",
        "first_name": sender.firstname,
        "last_name": sender.lastname,
        "email": sender.email,
        "email_validated": sender.confirmed,
        "status": _status(ask, sender),
        "provider_grant_access": ask.token in sender.linked,
        "has_certificate": sender.key_in_keeping,
        "created_by": {"user_login": ask.world.username, "date": instant(sender.created)},
    }
    body |= {name: getattr(sender, field) for name, field in _FIELDS.items()}
    return body | {name: sender.notify.get(kind, kind not in _OFF) for name, kind in _NOTIFY.items()}


def _status(ask: Ask, sender: Sender) -> str:
    if ask.token not in sender.linked:
        return "ACCESS_GRANTING"
    if sender.confirmed:
        return "VALIDATED"
    late = sender.mail_deadline is not None and sender.mail_deadline <= ask.world.clock.now()
    return "EXPIRED" if late else "VALIDATING"


def listed(ask: Ask) -> Reply:
    """List the senders of the application."""
    return paged(ask, "senders", [seen(ask, one) for one in ask.world.store.every(Sender) if _mine(ask, one)])


def read(ask: Ask) -> Reply:
    """Read a sender."""
    return Reply(200, seen(ask, _one(ask)))


def change(ask: Ask) -> Reply:
    """Change a sender."""
    sender = _one(ask)
    _take(ask, sender)
    ask.world.store.keep(sender)
    return Reply(200, seen(ask, sender))


def grant_access(ask: Ask) -> Reply:
    """Ask the owner of an AR24 account, by e-mail, to let us in."""
    sender = _one(ask)
    if ask.token not in sender.linked:
        senders.ask_access(ask.world, sender, ask.token)
    return Reply(200)


def order_key(ask: Ask) -> Reply:
    """Order the paper letter that holds the key."""
    senders.order_key(ask.world, _one(ask))
    return Reply(200)


def revoke_key(ask: Ask) -> Reply:
    """Make a lost key useless."""
    sender = _one(ask)
    sender.credential, sender.key_in_keeping = "none", False
    sender.otp_key = pyotp.random_base32(32)  # the key of the next order is another one
    ask.world.store.keep(sender)
    return Reply(204)


def authenticate(ask: Ask) -> Reply:
    """Take a code; it stands for the sender for an hour."""
    sender = _one(ask)
    try:
        senders.check_code(ask.world, sender, ask.query.get("otp_code", ""))
    except senders.WrongCode as wrong:
        raise Problem(400, "OTP_CODE_INVALID", "code OTP invalide") from wrong
    return Reply(200, {"expiration_date": instant(senders.grant(ask.world, sender).expires)})


def keep_key(ask: Ask) -> Reply:
    """Take the key itself, for 30 days."""
    sender = _one(ask)
    if ask.text("certificate", 32, needed=True) != sender.otp_key or sender.credential != "held":
        raise Problem(400, "CERTIFICATE_INVALID", "clé OTP invalide")
    sender.key_in_keeping = True
    ask.world.store.keep(sender)
    ask.world.later("key-forgotten", 30 * 86400, sender_id=sender.id)
    return Reply(200)
