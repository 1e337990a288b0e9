"""Sending accounts, what they lack, how their letters are paid, and what letters cost (A-04, A-11, A-25 to A-27)."""

import asyncio
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response

from portal import letter_words
from portal.api import ApiRefused, Json
from portal.forms import Form
from portal.pages.letters.calls import LETTERS, period
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres")

NEVER_LINKED = {"requested", "access-lost", "revoked"}
DONE = {
    "relie": "La demande d'accès est partie : le titulaire du compte suit le lien reçu par e-mail.",
    "paye": "Le moyen de paiement est associé.",
    "cle": "La clé est commandée.",
    "actualise": "L'état du compte est à jour.",
}
SAID = {"/refresh": "?fait=actualise", "/credential": "?fait=cle"}


@router.get("/comptes")
async def accounts(guest: Staff) -> Response:
    """List the accounts and what each still lacks (A-11, A-12, A-25)."""
    return await _accounts(guest)


@router.post("/comptes")
async def link(guest: Staff, form: SentForm) -> Response:
    """Have the provider ask the owner of an account to let the office send for it (A-11, A-12)."""
    body = {"email": form["email"], "holder_id": form["holder"] or None}
    try:
        made = await guest.send("POST", LETTERS, "/senders", body, key=form["key"])
    except ApiRefused as refused:
        return await _accounts(guest, form["email"], refused)
    return see_other(f"/lettres/comptes/{made['id']}?fait=relie")


@router.get("/comptes/{sender_id}")
async def account(guest: Staff, sender_id: UUID, fait: str = "") -> Response:
    """Show an account: what it lacks, how it pays, where people consent (A-22, A-25 to A-27)."""
    return await _account(guest, sender_id, said=DONE.get(fait))


@router.post("/comptes/{sender_id}/actualiser")
async def refresh(guest: Staff, sender_id: UUID, form: SentForm) -> Response:
    """Ask the provider what the account lacks now (A-12, A-25)."""
    return await _command(guest, sender_id, "POST", "/refresh", form)


@router.post("/comptes/{sender_id}/cle")
async def order(guest: Staff, sender_id: UUID, form: SentForm) -> Response:
    """Order the key of the codes, which comes by post (A-04)."""
    return await _command(guest, sender_id, "POST", "/credential", form)


@router.post("/comptes/{sender_id}/retirer")
async def revoke(guest: Staff, sender_id: UUID, form: SentForm) -> Response:
    """Use the account no longer."""
    return await _command(guest, sender_id, "DELETE", "", form)


@router.post("/comptes/{sender_id}/paiement")
async def pay(guest: Staff, sender_id: UUID, form: SentForm) -> Response:
    """Let a payment method pay for a billing entity (A-26, A-27)."""
    body = {"sender_id": str(sender_id), "label": form["label"], "payment_method": form["method"]}
    try:
        await guest.send("PUT", LETTERS, f"/billing-entities/{quote(form['code'], safe='')}", body, key=form["key"])
    except ApiRefused as refused:
        return await _account(guest, sender_id, refused=refused)
    return see_other(f"/lettres/comptes/{sender_id}?fait=paye")


@router.get("/facturation")
async def billing(guest: Staff, du: str = "", au: str = "") -> Response:
    """Sum what letters cost, by billing entity (A-51, A-70)."""
    found = await guest.get(LETTERS, "/billing", **period(du, au))
    return guest.page("letters/billing.html", lines=found["items"], wanted={"du": du, "au": au})


async def _command(guest: Staff, sender_id: UUID, method: str, path: str, form: Form) -> Response:
    try:
        await guest.send(method, LETTERS, f"/senders/{sender_id}{path}", key=form["key"])
    except ApiRefused as refused:
        return await _account(guest, sender_id, refused=refused)
    return see_other(f"/lettres/comptes/{sender_id}{SAID.get(path, '')}")


async def _accounts(guest: Staff, email: str = "", refused: ApiRefused | None = None) -> Response:
    found, people = await asyncio.gather(guest.get(LETTERS, "/senders"), guest.colleagues())
    return guest.page(
        "letters/accounts.html",
        refused=refused,
        accounts=found["items"],
        members=people,
        email=email,
        missing=letter_words.MISSING,
    )


async def _account(
    guest: Staff, sender_id: UUID, *, said: str | None = None, refused: ApiRefused | None = None
) -> Response:
    sender, entities = await asyncio.gather(
        guest.get(LETTERS, f"/senders/{sender_id}"), guest.get(LETTERS, "/billing-entities")
    )
    methods: list[Json] = []
    consent_link = None
    if sender["state"] not in NEVER_LINKED:
        methods, consent_link = await asyncio.gather(
            _told(guest, f"/senders/{sender_id}/payment-methods", "items", []),
            _told(guest, f"/senders/{sender_id}/consent-link", "url", None),
        )
    return guest.page(
        "letters/account.html",
        refused=refused,
        said=said,
        sender=sender,
        methods=methods,
        labels={one["code"]: one["label"] for one in methods},
        consent_link=consent_link,
        entities=[one for one in entities["items"] if one["sender_id"] == str(sender_id)],
    )


async def _told(guest: Staff, path: str, member: str, otherwise: Json) -> Json:
    """Return what the provider tells of an account, if it tells it."""
    try:
        return (await guest.get(LETTERS, path))[member]
    except ApiRefused:
        return otherwise
