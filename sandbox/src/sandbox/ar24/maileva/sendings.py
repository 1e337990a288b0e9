"""The four products: a sending is made, given documents and recipients, and submitted; until then it is a draft."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.ar24.maileva import recipients, views
from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.records import Sending
from sandbox.ar24.maileva.router import Ask, Reply, Route, paged
from sandbox.ar24.skin.mails import check_cap
from sandbox.ar24.skin.slugs import Refused
from sandbox.ar24.truth import life, senders
from sandbox.ar24.truth.model import Letter, Sender, State
from sandbox.ar24.truth.world import World

_ACCEPTED, _OK = 202, 200


@dataclass(frozen=True, slots=True)
class _Limits:
    name: int
    custom_id: int
    submitted: int  # the HTTP status of a submission


_LIMITS = {
    views.LREQ: _Limits(256, 38, _ACCEPTED),
    views.ERE: _Limits(256, 36, _ACCEPTED),
    views.ESTATE: _Limits(50, 38, _ACCEPTED),
    views.LREL: _Limits(256, 38, _OK),
}


def routes() -> list[Route]:
    """Return the operations of the four products."""
    made: list[Route] = []
    for product in _LIMITS:
        operations = {
            ("POST", "sendings"): create,
            ("GET", "sendings"): listed,
            ("GET", "sendings/{sending}"): read,
            ("PATCH", "sendings/{sending}"): change,
            ("DELETE", "sendings/{sending}"): delete,
            ("POST", "sendings/{sending}/submit"): submit,
        }
        if product == views.ESTATE:
            operations |= {
                ("POST", "sendings/{sending}/check"): check,
                ("GET", "sendings/{sending}/check"): checked,
                ("GET", "sendings/{sending}/submit"): submitted,
            }
        made += [Route(method, product, template, handler) for (method, template), handler in operations.items()]
    return made


def of(ask: Ask, *, draft: bool = False) -> Sending:
    """Return the sending that a call names.

    Raises:
        Problem: this application has none with this number, or it was submitted although a draft is needed.

    """
    found = ask.world.store.by(Sending, "uuid", ask.path["sending"])
    if not found or (found[0].product, found[0].application) != (ask.product, ask.token):
        raise Problem(404, "SENDING_NOT_FOUND", "envoi inconnu")
    if draft and found[0].submitted is not None:
        raise Problem(403, "SENDING_NOT_DRAFT", "l'envoi n'est plus un brouillon")
    return found[0]


def create(ask: Ask) -> Reply:
    """Make a draft."""
    limits = _LIMITS[ask.product]
    ask.text("name", limits.name, needed=True)
    made = Sending(
        product=ask.product,
        application=ask.token,
        sender_id=_sender(ask).id,
        ref_client=ask.text("custom_id", limits.custom_id),
        given=_checked(ask),
        created=ask.world.clock.now(),
    )
    ask.world.store.add(made)
    return Reply(201, views.sending(ask.world, made), f"{ask.product}/sendings/{made.uuid}")


def _checked(ask: Ask) -> dict[str, Any]:
    ask.text("custom_data", 255)
    ask.text("message", 450)
    ask.text("additional_sender_name", 255)
    return dict(ask.body)


def _sender(ask: Ask) -> Sender:
    if ask.product == views.LREL:
        return _counter(ask.world, ask.token)
    number = ask.body.get("sender_id")
    if ask.product == views.ESTATE:
        options = ask.body.get("electronic_notice_options")
        if options is None:
            return _counter(ask.world, ask.token)
        number = options.get("electronic_sender_id") if isinstance(options, dict) else None
    found = ask.world.store.by(Sender, "uuid", number) if isinstance(number, str) else []
    if not found or ask.token not in found[0].linked:
        raise Problem(400, "SENDER_ID_INVALID", "l'expéditeur est inconnu ou n'est pas rattaché")
    return found[0]


def _counter(world: World, token: str) -> Sender:
    # Paper has no electronic sender: the customer itself sends.
    email = f"client-{hashlib.sha256(token.encode()).hexdigest()[:8]}@maileva.test"
    known = senders.find(world, email)
    if known is not None:
        return known
    made = Sender(email=email, company="Client Maileva", credential="none", created=world.clock.now())
    return senders.create(world, made)


def listed(ask: Ask) -> Reply:
    """List the sendings of the application, the newest first."""
    mine = [one for one in ask.world.store.every(Sending) if (one.product, one.application) == (ask.product, ask.token)]
    hidden = ask.world.clock.now() - timedelta(seconds=ask.world.faults.list_lag_s)
    return paged(ask, "sendings", [views.sending(ask.world, one) for one in mine[::-1] if one.created <= hidden])


def read(ask: Ask) -> Reply:
    """Read a sending."""
    return Reply(200, views.sending(ask.world, of(ask)))


def change(ask: Ask) -> Reply:
    """Change a draft."""
    sending = of(ask, draft=True)
    limits = _LIMITS[ask.product]
    sending.given |= _checked(ask)
    sending.ref_client = ask.text("custom_id", limits.custom_id) or sending.ref_client
    ask.world.store.keep(sending)
    return Reply(200, views.sending(ask.world, sending))


def delete(ask: Ask) -> Reply:
    """Drop a draft."""
    sending = of(ask, draft=True)
    for record in [*views.letters(ask.world, sending), *views.files(ask.world, sending)]:
        ask.world.store.drop(record)
    ask.world.store.drop(sending)
    return Reply(204)


def submit(ask: Ask) -> Reply:
    """Let a draft go."""
    sending = of(ask, draft=True)
    world = ask.world
    found = _missing(world, sending)
    if found:
        raise Problem(400, *found[0], *found[1:])
    now = world.clock.now()
    if ask.product == views.ESTATE and (sending.checked is None or sending.checked > now or sending.faults):
        raise Problem(400, "CHECK_REQUIRED", "l'envoi doit d'abord être vérifié")
    if ask.product == views.LREQ and world.assumptions.lreq_needs_otp:
        _authenticated(world, sending)
    try:
        check_cap(world, ask.token)
    except Refused as refused:
        raise Problem(429, "TOO_MANY_SENDINGS", "trop d'envois en 24 heures") from refused
    sending.submitted = now
    world.store.keep(sending)
    files = [one.id for one in views.files(world, sending)]
    for letter in views.letters(world, sending):
        letter.files = files
        life.release(world, letter)
    return Reply(_LIMITS[ask.product].submitted, None, f"{ask.product}/sendings/{sending.uuid}")


def _missing(world: World, sending: Sending) -> list[tuple[str, str]]:
    faults = []
    if not views.files(world, sending):
        faults.append(("DOCUMENTS_REQUIRED", "l'envoi n'a pas de document"))
    if not views.letters(world, sending):
        faults.append(("RECIPIENTS_REQUIRED", "l'envoi n'a pas de destinataire"))
    return faults


def _authenticated(world: World, sending: Sending) -> None:
    sender = world.sender(sending.sender_id)
    if sender.credential == "held" and (sender.key_in_keeping or senders.granted(world, sender)):
        return
    raise Problem(400, "SENDER_NOT_AUTHENTICATED", "l'expéditeur doit s'authentifier par un code OTP")


def check(ask: Ask) -> Reply:
    """Have a draft checked; the result comes later."""
    sending = of(ask, draft=True)
    sending.checked = ask.world.clock.now() + timedelta(seconds=ask.world.assumptions.check_delay_s)
    sending.faults = _missing(ask.world, sending)
    for letter in views.letters(ask.world, sending):
        sending.faults += recipients.faults(ask.world, letter)
    ask.world.store.keep(sending)
    return Reply(202)


def checked(ask: Ask) -> Reply:
    """Return the result of a check: 204 while there is none."""
    sending = of(ask)
    if sending.checked is None:
        raise Problem(404, "CHECK_NOT_FOUND", "aucune vérification n'a été demandée")
    if sending.checked > ask.world.clock.now():
        return Reply(204)
    if sending.faults:
        first, *others = sending.faults
        raise Problem(400, *first, *others)
    return Reply(200, {})


def submitted(ask: Ask) -> Reply:
    """Say whether a submission is done: 204 while it is not."""
    sending = of(ask)
    if sending.submitted is None:
        raise Problem(404, "SUBMIT_NOT_FOUND", "l'envoi n'a pas été soumis")
    waiting = [one for one in views.letters(ask.world, sending) if one.state is State.WAITING]
    return Reply(204) if waiting else Reply(200, {})


def letter_of(ask: Ask, *, draft: bool = False) -> tuple[Sending, Letter]:
    """Return the sending and the recipient that a call names.

    Raises:
        Problem: they do not exist, or the sending is no draft although one is needed.

    """
    sending = of(ask, draft=draft)
    for one in views.letters(ask.world, sending):
        if one.uuid == ask.path["recipient"]:
            return sending, one
    raise Problem(404, "RECIPIENT_NOT_FOUND", "destinataire inconnu")
