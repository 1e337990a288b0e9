"""What the provider has on its pages but no confirmed route for. Each stays off until its owner confirms one."""

from typing import NoReturn

from lre_gateway.application.provider import Addressee, ConsentAnswer, NotSupported, PaymentMethod


class Unconfirmed:
    """The part of the port that raises NotSupported."""

    def payment_methods(self, account: str) -> tuple[PaymentMethod, ...]:
        """Raise: codes of payment are typed by an operator."""
        self._off("payment_methods_api", account)

    def consents(self, account: str) -> tuple[ConsentAnswer, ...]:
        """Raise: consents are kept in our own register."""
        self._off("consent_api", account)

    def request_consent(self, account: str, addressee: Addressee) -> None:
        """Raise: consents are kept in our own register."""
        self._off("consent_api", account, addressee)

    def consent_link(self, account: str) -> str:
        """Raise: the personal page is read on the provider's site."""
        self._off("consent_api", account)

    def cancel(self, ref: str) -> None:
        """Raise: a draft lapses by itself."""
        self._off("cancel_draft", ref)

    def answer_change(self, ref: str, change_id: str, accept: bool) -> None:  # noqa: FBT001 - the port's words
        """Raise: the sender answers on the provider's site."""
        self._off("recipient_change_api", ref, change_id, accept)

    def _off(self, capability: str, *_asked: object) -> NoReturn:
        raise NotSupported(capability)
