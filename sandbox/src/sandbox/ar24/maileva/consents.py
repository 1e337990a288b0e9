"""electronic_consents: asked for in two steps, answered by the recipient or declared by the sender."""

from typing import Any

from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.recipients import EMAIL
from sandbox.ar24.maileva.router import Ask, Reply, Route, instant, paged
from sandbox.ar24.papers.desk import Desk
from sandbox.ar24.truth import consents as truth
from sandbox.ar24.truth.model import Consent, Sender

PRODUCT = "electronic_consents/v1"
_LONGEST = 30  # days
_PRODUCTS = {"ELECTRONIC_NOTICE", "ELECTRONIC_QUALIFIED_REGISTERED_MAIL"}


def routes(desk: Desk) -> list[Route]:
    """Return the operations on consents."""

    def proof(ask: Ask) -> Reply:
        consent, sender = _one(ask)
        if consent.state not in {"accepted", "refused"}:
            raise Problem(404, "PROOF_NOT_FOUND", "aucune réponse")
        return Reply(200, desk.consent(consent, sender), media_type="application/pdf")

    one = "consents/{consent}"
    operations = {
        ("POST", "consents"): create,
        ("GET", "consents"): listed,
        ("GET", one): read,
        ("DELETE", one): delete,
        ("POST", f"{one}/answers"): answer,
        ("GET", f"{one}/answers"): answers,
        ("POST", f"{one}/requests"): request,
        ("GET", f"{one}/requests"): requests,
        ("GET", f"{one}/download_proof"): proof,
    }
    return [Route(method, PRODUCT, template, handler) for (method, template), handler in operations.items()]


def _one(ask: Ask) -> tuple[Consent, Sender]:
    found = ask.world.store.by(Consent, "uuid", ask.path["consent"])
    if found:
        sender = ask.world.sender(found[0].sender_id)
        if ask.token in sender.linked:
            return found[0], sender
    raise Problem(404, "CONSENT_NOT_FOUND", "demande inconnue")


def create(ask: Ask) -> Reply:
    """Prepare a request."""
    found = ask.world.store.by(Sender, "uuid", ask.text("sender_id", needed=True))
    if not found or ask.token not in found[0].linked:
        raise Problem(400, "SENDER_ID_INVALID", "l'expéditeur est inconnu ou n'est pas rattaché")
    if not EMAIL.fullmatch(ask.text("email", needed=True)):
        raise Problem(400, "EMAIL_INVALID", "l'adresse e-mail est invalide")
    days = ask.body.get("waiting_duration", truth.REQUEST_DAYS)
    if not isinstance(days, int) or not 1 <= days <= _LONGEST:
        raise Problem(400, "WAITING_DURATION_INVALID", "de 1 à 30 jours")
    product = ask.text("notifying_product") or "ELECTRONIC_QUALIFIED_REGISTERED_MAIL"
    if product not in _PRODUCTS:
        raise Problem(400, "NOTIFYING_PRODUCT_INVALID", "produit inconnu")
    made = Consent(
        sender_id=found[0].id,
        email=ask.text("email"),
        lastname=ask.text("last_name", needed=True),
        firstname=ask.text("first_name", needed=True),
        company=ask.text("company"),
        custom_id=ask.text("custom_id"),
        days=days,
        product=product,
        at=ask.world.clock.now(),
    )
    ask.world.store.add(made)
    return Reply(201, _seen(made, found[0]), f"{PRODUCT}/consents/{made.uuid}")


def listed(ask: Ask) -> Reply:
    """List the consents of every sender of the application."""
    mine = [one for one in ask.world.store.every(Sender) if ask.token in one.linked]
    pairs = [(one, sender) for sender in mine for one in ask.world.store.by(Consent, "sender_id", sender.id)]
    return paged(ask, "consents", [_seen(one, sender) for one, sender in pairs])


def read(ask: Ask) -> Reply:
    """Read a consent."""
    return Reply(200, _seen(*_one(ask)))


def delete(ask: Ask) -> Reply:
    """Forget a consent."""
    ask.world.store.drop(_one(ask)[0])
    return Reply(204)


def answer(ask: Ask) -> Reply:
    """Declare an answer that the sender has on paper."""
    consent, _ = _one(ask)
    if ask.body.get("status") not in {"ACCEPTED", "REFUSED"}:
        raise Problem(400, "STATUS_INVALID", "status : ACCEPTED ou REFUSED")
    truth.answer(ask.world, consent, "accepted" if ask.body["status"] == "ACCEPTED" else "refused", "SENDER")
    return Reply(201, _answers(consent)[-1])


def answers(ask: Ask) -> Reply:
    """List the answers."""
    return paged(ask, "answers", _answers(_one(ask)[0]))


def request(ask: Ask) -> Reply:
    """Write to the recipient."""
    consent, sender = _one(ask)
    truth.request(ask.world, consent, consent.days)
    return Reply(201, _requests(consent, sender)[-1])


def requests(ask: Ask) -> Reply:
    """List the requests."""
    return paged(ask, "requests", _requests(*_one(ask)))


def _answers(consent: Consent) -> list[dict[str, Any]]:
    href = f"/consents/{consent.uuid}/download_proof"
    return [
        {"id": number, "date": instant(at), "declared_by": by, "status": state.upper(), "proof_href": href}
        for number, state, by, at in consent.answers
    ]


def _requests(consent: Consent, sender: Sender) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for _, _, at in consent.requests:
        answered = any(answered_at >= at for *_, answered_at in consent.answers)
        made.append({"date": instant(at), "created_by": sender.uuid, "status": "ANSWERED" if answered else "EXPIRED"})
    if made and consent.state == "requested":
        made[-1]["status"] = "ASKED"
    return made


def _seen(consent: Consent, sender: Sender) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "id": consent.uuid,
        "sender_id": sender.uuid,
        "custom_id": consent.custom_id,
        "creation_date": instant(consent.at),
        "last_name": consent.lastname,
        "first_name": consent.firstname,
        "email": consent.email,
        "company": consent.company,
        "waiting_duration": consent.days,
        "notifying_product": consent.product,
    }
    if consent.answers:
        seen["last_answer"] = _answers(consent)[-1]
    if consent.requests:
        seen["last_request"] = _requests(consent, sender)[-1]
    return seen
