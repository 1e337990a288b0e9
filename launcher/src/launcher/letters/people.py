"""Senders, recipients and their consents."""

import argparse

from launcher.gateway import Json, Malformed, verb
from launcher.letters.asking import LETTERS, PAGE, asking
from launcher.letters.printing import moment, show

KINDS = {"individual": "particulier", "professional": "professionnel"}
MISSING = {
    "link": "accès à accorder par le titulaire",
    "terms": "conditions à accepter",
    "payment": "moyen de paiement absent",
    "credential": "clé d'authentification absente",
    "confirmation": "compte à confirmer",
}
SENDERS = {"ready": "prêt", "revoked": "révoqué", "access-lost": "accès retiré", "requested": "accès demandé"}
CONSENTS = {
    "accepted": "consentement donné",
    "refused": "consentement refusé",
    "requested": "consentement demandé",
    "expired": "consentement expiré",
    "withdrawn": "consentement retiré",
}


@verb
def link(options: argparse.Namespace) -> int:
    """Ask the holder of a provider's account to let the office send in their name."""
    with asking(options) as gateway:
        body = {"email": options.email} | ({"holder_id": str(options.holder)} if options.holder else {})
        made = gateway.post(f"{LETTERS}/senders", body)
    show(options, made, [f"{made['id']}  le titulaire reçoit une demande d'accès à l'adresse {options.email}"])
    return 0


@verb
def senders(options: argparse.Namespace) -> int:
    """List the accounts that letters leave from, and what each still lacks."""
    with asking(options) as gateway:
        found = gateway.items(f"{LETTERS}/senders", {"limit": PAGE})
        if options.refresh:
            found = [gateway.post(f"{LETTERS}/senders/{one['id']}/refresh") for one in found]
    show(options, {"items": found}, map(_sender, found))
    return 0


@verb
def payments(options: argparse.Namespace) -> int:
    """List a sender's payment methods, or map one to an entity of the office that is billed."""
    with asking(options) as gateway:
        if options.entity is not None:
            if options.method is None:
                raise Malformed("give --method too: the code of one of the sender's payment methods")
            body = {
                "sender_id": str(options.sender),
                "label": options.label or options.entity,
                "payment_method": options.method,
            }
            gateway.put(f"{LETTERS}/billing-entities/{options.entity}", body)
        found = gateway.get(f"{LETTERS}/senders/{options.sender}/payment-methods", {})
    show(options, found, (f"{one['code']}  {one['label']}  {one['masked'] or ''}" for one in found["items"]))
    return 0


@verb
def recipients(options: argparse.Namespace) -> int:
    """List recipients."""
    with asking(options) as gateway:
        found = gateway.items(f"{LETTERS}/recipients", {"q": options.search, "limit": PAGE})
    show(options, {"items": found}, map(_recipient, found))
    return 0


@verb
def add(options: argparse.Namespace) -> int:
    """Add a recipient."""
    postal = None
    if options.address is not None:
        names = ("line1", "postcode", "city", "country")
        parts = [part.strip() for part in options.address.split(";")]
        if len(parts) != len(names):
            raise Malformed("write the address as STREET;POSTCODE;CITY;COUNTRY")
        postal = dict(zip(names, parts, strict=True))
    body = {
        "kind": "professional" if options.company else "individual",
        "last_name": options.last_name,
        "first_name": options.first_name,
        "company": options.company,
        "email": options.email,
        "postal": postal,
        "person_id": str(options.person) if options.person else None,
    }
    with asking(options) as gateway:
        made = gateway.post(f"{LETTERS}/recipients", {name: value for name, value in body.items() if value is not None})
    show(options, made, [str(made["id"])])
    return 0


@verb
def record(options: argparse.Namespace) -> int:
    """Record consents that were given on paper, with the document that proves them."""
    ids = [str(one) for one in options.recipients]
    with asking(options) as gateway:
        changed = gateway.post(f"{LETTERS}/consents", {"recipient_ids": ids, "document_id": str(options.document)})
    show(options, changed, [f"{len(ids)} consentement(s) noté(s)"])
    return 0


@verb
def withdraw(options: argparse.Namespace) -> int:
    """Record that consents were taken back."""
    ids = [str(one) for one in options.recipients]
    with asking(options) as gateway:
        changed = gateway.post(f"{LETTERS}/consents/withdrawals", {"recipient_ids": ids})
    show(options, changed, [f"{len(ids)} consentement(s) retiré(s)"])
    return 0


@verb
def refresh(options: argparse.Namespace) -> int:
    """Ask the provider what recipients have answered, and say what has changed."""
    body = {"sender_id": str(options.sender)}
    with asking(options) as gateway:
        found = gateway.post(f"{LETTERS}/consents/refresh", body)
    show(options, found, map(_change, found["items"]))
    return 0


@verb
def invite(options: argparse.Namespace) -> int:
    """Print the address at which recipients may consent to a sender's letters."""
    with asking(options) as gateway:
        found = gateway.get(f"{LETTERS}/senders/{options.sender}/consent-link", {})
    show(options, found, [found["url"]])
    return 0


def _sender(one: Json) -> str:
    missing = ", ".join(MISSING.get(name, name) for name in one["missing"])
    locked = f", bloqué jusqu'au {moment(one['locked_until'])}" if one["locked_until"] else ""
    state = missing or SENDERS.get(one["state"], one["state"])
    return f"{one['id']}  {one['email'] or 'titulaire effacé'}  {state}{locked}"


def _change(one: Json) -> str:
    before, after = (CONSENTS.get(one[name] or "", "aucune réponse") for name in ("before", "after"))
    return f"{one['recipient_id']}  {one['name'] or 'destinataire effacé'} : {before} → {after}"


def _recipient(one: Json) -> str:
    name = " ".join(filter(None, (one["first_name"], one["last_name"]))) or "destinataire effacé"
    consent = CONSENTS[one["consent"]["state"]] if one["consent"] else "aucune réponse"
    return f"{one['id']}  {name}  {one['email'] or ''}  {KINDS[one['kind']]}, {consent}"
