"""Sending accounts: asking for access, seeing what they lack, and saying how letters are paid."""

from typing import Any
from uuid import UUID

from chassis.actor import Actor
from eventstore import Missing, Store, retried

from lre_gateway.application.access import Access, person, worker
from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Directory
from lre_gateway.application.provider import PaymentMethod, Provider
from lre_gateway.application.providers import Providers, asking
from lre_gateway.domain.refusals import NotAMember, SenderAway, SenderKnown, UnknownPaymentMethod
from lre_gateway.domain.sender import Sender


class Senders:
    """The use cases of sending accounts; a password of the provider is never asked."""

    def __init__(  # noqa: PLR0913 - what an account is about
        self,
        *,
        store: Store,
        access: Access,
        directory: Directory,
        providers: Providers,
        default_provider: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._access = access
        self._directory = directory
        self._providers = providers
        self._default_provider = default_provider
        self._clock = clock

    def request_link(self, actor: Actor, email: str, holder_id: UUID | None = None) -> Any:
        """Have the provider ask the owner of an account to let us send for it (A-11, A-12); return its id.

        `holder_id` has the key of the codes: the actor, unless another member is named. An account that the office
        gave up or that was never accepted is asked again.
        """
        office_id, holder = worker(actor), holder_id or person(actor)
        if holder != person(actor) and not self._directory.is_member(holder, office_id):
            raise NotAMember
        name = self._default_provider
        sender_id = Sender.create_id(office_id, name, email)
        try:
            sender = self._store.get(Sender, sender_id)
        except Missing:
            sender = Sender(
                office_id=office_id,
                provider=name,
                holder_id=holder,
                account_email=email.strip(),
                requested_by=person(actor),
                at=self._clock(),
            )
        else:
            if sender.linked:
                raise SenderKnown(sender_id=str(sender_id))
            sender.ask_again(person(actor), self._clock())
        with asking():
            self._providers[name].request_access(email.strip())
        return self._store.save(sender, actor=actor, outcome={"id": str(sender_id)})

    def get(self, actor: Actor, sender_id: UUID) -> Sender:
        """Return an account as it was known last."""
        return self._access.sender(actor, sender_id)

    @retried
    def refresh(self, actor: Actor, sender_id: UUID) -> Sender:
        """Ask the provider what the account lacks now."""
        sender = self._access.sender(actor, sender_id, to_change=True)
        sender.refuse_if_revoked()
        self._read(sender)
        self._store.save(sender, actor=actor)
        return sender

    @retried
    def revoke(self, actor: Actor, sender_id: UUID) -> None:
        """Use the account no longer; letters at the provider stay followed."""
        sender = self._access.sender(actor, sender_id, to_change=True)
        sender.revoke(person(actor), self._clock())
        self._store.save(sender, actor=actor)

    def order_credential(self, actor: Actor, sender_id: UUID) -> None:
        """Order the key of the codes, which comes by post and is billed (A-04)."""
        provider, account = self._account(self._access.sender(actor, sender_id, to_change=True))
        with asking():
            provider.order_credential(account)

    def payment_methods(self, actor: Actor, sender_id: UUID) -> tuple[PaymentMethod, ...]:
        """Return how the account can pay (A-25)."""
        provider, account = self._account(self._access.sender(actor, sender_id))
        with asking():
            return provider.payment_methods(account)

    @retried
    def map_payment(self, actor: Actor, sender_id: UUID, entity: str, label: str | None, method: str) -> None:
        """Let a method of the account pay for a billing entity (A-26); the provider is asked if it tells."""
        sender = self._access.sender(actor, sender_id, to_change=True)
        provider, account = self._account(sender)
        if provider.capabilities().payment_methods_api:
            with asking():
                known = {found.code for found in provider.payment_methods(account)}
            if method not in known:
                raise UnknownPaymentMethod
        sender.map_payment(entity, label, method, person(actor))
        self._store.save(sender, actor=actor)

    def consent_link(self, actor: Actor, sender_id: UUID) -> str:
        """Return the personal page where recipients give their consent to the account (A-22)."""
        provider, account = self._account(self._access.sender(actor, sender_id))
        with asking():
            return provider.consent_link(account)

    def _read(self, sender: Sender) -> None:
        with asking():
            found = self._providers[sender.provider].sender(sender.account or sender.account_email or "")
        sender.refresh(found.account, found.missing, self._clock())

    def _account(self, sender: Sender) -> tuple[Provider, str]:
        sender.refuse_if_revoked()
        if sender.account is None:
            raise SenderAway
        return self._providers[sender.provider], sender.account
