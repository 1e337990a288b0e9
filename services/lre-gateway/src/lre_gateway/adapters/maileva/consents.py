"""Consents: asked for in two steps, answered by the recipient or declared by the sender."""

import re
from collections.abc import Mapping
from typing import Any

from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.dates import instant_of
from lre_gateway.adapters.maileva.sendings import pages
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import Addressee, ConsentAnswer, ContractBreach
from lre_gateway.domain.vocabulary import ConsentState

CONSENTS = "/electronic_consents/v1/consents"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ANSWERS = {"ACCEPTED": ConsentState.ACCEPTED, "REFUSED": ConsentState.REFUSED}
_REQUESTS = {"ASKED": ConsentState.REQUESTED, "EXPIRED": ConsentState.EXPIRED}


def of_sender(client: MailevaClient, account: str) -> tuple[ConsentAnswer, ...]:
    """Return where each consent asked for by the sender stands; one that nothing happened to is left out."""
    answers = []
    for consent in pages(client, CONSENTS, "consents"):
        if consent.get("sender_id") != account or not consent.get("email"):
            continue
        try:
            answer = _newest(consent)
        except ValueError:
            raise ContractBreach("a date of a consent cannot be read") from None
        if answer is not None:
            answers.append(answer)
    return tuple(answers)


def request(client: MailevaClient, account: str, addressee: Addressee) -> None:
    """Ask a person; the second step, which writes to them, is made once."""
    asked = {
        "sender_id": account,
        "last_name": addressee.last_name,
        "first_name": addressee.first_name,
        "email": addressee.email,
        **({"company": addressee.company} if addressee.company else {}),
    }
    created = client.post(CONSENTS, Effect.HARMLESS, asked)
    if not isinstance(created, dict) or not _ID.fullmatch(str(created.get("id"))):
        raise ContractBreach("a consent without its number")
    client.post(f"{CONSENTS}/{created['id']}/requests", Effect.ONCE)


def _newest(consent: Mapping[str, Any]) -> ConsentAnswer | None:
    found = []
    for name, states in (("last_request", _REQUESTS), ("last_answer", _ANSWERS)):
        event = consent.get(name)
        if isinstance(event, dict) and str(event.get("status")) in states:
            at = instant_of(event.get("date"))
            if at is not None:
                found.append(ConsentAnswer(email=str(consent["email"]), state=states[str(event["status"])], at=at))
    return max(found, key=lambda answer: answer.at, default=None)
