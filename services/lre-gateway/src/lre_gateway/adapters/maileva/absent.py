"""What the port has and the provider has not."""

from typing import NoReturn

from lre_gateway.application.provider import NotSupported, PaymentMethod


class Absent:
    """The part of the port that raises NotSupported."""

    def payment_methods(self, account: str) -> tuple[PaymentMethod, ...]:
        """Raise: the contract with the provider pays for everything."""
        self._off("payment_methods_api", account)

    def consent_link(self, account: str) -> str:
        """Raise: there is no such page."""
        self._off("consent_link", account)

    def answer_change(self, ref: str, change_id: str, accept: bool) -> None:  # noqa: FBT001 - the port's words
        """Raise: the sender answers on the provider's pages."""
        self._off("recipient_change_api", ref, change_id, accept)

    def _off(self, capability: str, *_asked: object) -> NoReturn:
        raise NotSupported(capability)
