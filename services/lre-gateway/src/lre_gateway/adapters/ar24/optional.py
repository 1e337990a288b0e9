"""What the provider has on its pages and under no confirmed name: each is off while `Unconfirmed` does not name it."""

from collections.abc import Iterator
from typing import Any

from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.adapters.ar24.dates import instant_of
from lre_gateway.adapters.ar24.routes import Unconfirmed
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import (
    Addressee,
    ConsentAnswer,
    ContractBreach,
    NotSupported,
    OutcomeUnknown,
    PaymentMethod,
)
from lre_gateway.domain.vocabulary import ConsentState

PAGE = 100
MAX_PAGES = 500
_STATES = {
    "accepted": ConsentState.ACCEPTED,
    "refused": ConsentState.REFUSED,
    "requested": ConsentState.REQUESTED,
    "expired": ConsentState.EXPIRED,
}


class Optional:
    """The part of the port that raises NotSupported until its route is confirmed."""

    def __init__(self, client: Ar24Client, unconfirmed: Unconfirmed) -> None:
        self._client = client
        self._unconfirmed = unconfirmed

    def payment_methods(self, account: str) -> tuple[PaymentMethod, ...]:
        """Return how the account can pay."""
        route = _on(self._unconfirmed.payment_methods, "payment_methods_api")
        return tuple(
            PaymentMethod(
                code=str(entry.get("slug") or ""),
                label=str(entry.get("label") or ""),
                masked=str(entry["masked"]) if entry.get("masked") else None,
                expires=str(entry["expiration"]) if entry.get("expiration") else None,
            )
            for entry in _entries(self._client.get(route, {"id_user": account}), "payments")
            if entry.get("slug")
        )

    def consents(self, account: str) -> tuple[ConsentAnswer, ...]:
        """Return what people answered to the account."""
        route = _on(self._unconfirmed.consents, "consent_api")
        return tuple(self._answers(route, account))

    def request_consent(self, account: str, addressee: Addressee) -> None:
        """Have a person asked, once: it is billed."""
        asked = {"lastname": addressee.last_name, "firstname": addressee.first_name, "email": addressee.email}
        route = _on(self._unconfirmed.consents, "consent_api")
        self._client.post(route, {"id_user": account, **asked}, Effect.ONCE)

    def consent_link(self, account: str) -> str:
        """Return the page where people consent to the account."""
        route = _on(self._unconfirmed.consent_link, "consent_link")
        result = self._client.get(route, {"id_user": account})
        if not isinstance(result, dict) or not result.get("link"):
            raise ContractBreach("a link was expected")
        return str(result["link"])

    def cancel(self, ref: str) -> None:
        """Drop a draft."""
        self._client.post(_on(self._unconfirmed.cancel, "cancel_draft"), {"id": ref}, Effect.HARMLESS)

    def answer_change(self, ref: str, change_id: str, accept: bool) -> None:  # noqa: FBT001 - the port's words
        """Answer who asks for a letter under another name."""
        fields = {"id": ref, "id_recipient_update": change_id, "accept": int(accept)}
        route = _on(self._unconfirmed.answer_change, "recipient_change_api")
        self._client.post(route, fields, Effect.HARMLESS)

    def _answers(self, route: str, account: str) -> Iterator[ConsentAnswer]:
        start = 0
        for _ in range(MAX_PAGES):
            page = _entries(self._client.get(route, {"id_user": account, "max": PAGE, "start": start}), "consents")
            if not page:
                return
            for entry in page:
                state, at = _STATES.get(str(entry.get("status"))), _date(entry)
                if state is not None and at is not None and entry.get("email"):
                    yield ConsentAnswer(email=str(entry["email"]), state=state, at=at)
            start += len(page)
        raise OutcomeUnknown("the list of consents does not end")


def _on(route: str | None, capability: str) -> str:
    if route is None:
        raise NotSupported(capability)
    return route


def _entries(result: object, name: str) -> list[dict[str, Any]]:
    entries = result.get(name) if isinstance(result, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractBreach("a list was expected")
    return entries


def _date(entry: dict[str, Any]) -> Any:
    try:
        return instant_of(entry.get("date"))
    except ValueError:
        raise ContractBreach("a date of a consent cannot be read") from None
