"""A sending account at a provider: whether it may be used, who holds its key, and how its letters are paid."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from lre_gateway.domain.refusals import CodesLocked, NotTheHolder, SenderRevoked, UnknownEntity
from lre_gateway.domain.vocabulary import Missing

WRONG_CODES = 5
LOCK = timedelta(minutes=15)


class Sender(Aggregate):
    """One account; its letters are released by the person who holds its key, whoever prepared them."""

    TOPIC = "lre-gateway.sender"

    class Created(AggregateCreated):
        """The provider was asked for access to an account; its owner has to accept (A-12)."""

        TOPIC = "lre-gateway.sender-link-requested"
        office_id: UUID
        provider: str
        holder_id: UUID
        account_email: Annotated[str | None, Personal(of="holder_id")]
        requested_by: UUID
        at: datetime

    class Refreshed(AggregateEvent):
        """What the account lacks from now on; `account` is the provider's id of it."""

        TOPIC = "lre-gateway.sender-refreshed"
        office_id: UUID
        account: str
        linked: bool
        missing: list[str]
        at: datetime

    class AccessLost(AggregateEvent):
        """An account that could be used no longer can: its letters stop."""

        TOPIC = "lre-gateway.sender-access-lost"
        office_id: UUID
        at: datetime

    class LinkRequestedAgain(AggregateEvent):
        """Access was asked for again."""

        TOPIC = "lre-gateway.sender-link-requested-again"
        office_id: UUID
        requested_by: UUID
        at: datetime

    class Revoked(AggregateEvent):
        """The office no longer uses the account."""

        TOPIC = "lre-gateway.sender-revoked"
        office_id: UUID
        actor_id: UUID
        at: datetime

    class PaymentMapped(AggregateEvent):
        """The letters of a billing entity are paid by a method of the account (A-26)."""

        TOPIC = "lre-gateway.payment-method-mapped"
        office_id: UUID
        entity: str
        entity_label: Annotated[str | None, Personal(of="office_id")]
        method: str
        actor_id: UUID

    class CodeRefused(AggregateEvent):
        """A code was wrong; after five in a row none is taken until `locked_until`."""

        TOPIC = "lre-gateway.sender-code-refused"
        office_id: UUID
        wrong: int
        locked_until: datetime | None
        actor_id: UUID
        at: datetime

    class Authenticated(AggregateEvent):
        """The holder of the key gave a right code for some letters; the code itself is kept nowhere."""

        TOPIC = "lre-gateway.sender-authenticated"
        office_id: UUID
        means: str
        letters: int
        actor_id: UUID
        at: datetime

    @event(Created)
    def __init__(  # noqa: PLR0913 - the facts of the event
        self,
        *,
        office_id: UUID,
        provider: str,
        holder_id: UUID,
        account_email: str | None,
        requested_by: UUID,
        at: datetime,
    ) -> None:
        self.office_id, self.provider, self.holder_id = office_id, provider, holder_id
        self.account_email, self.requested_by, self.requested_at = account_email, requested_by, at
        self.account: str | None = None
        self.missing = frozenset({Missing.LINK})
        self.refreshed_at: datetime | None = None
        self.revoked = False
        self.payments: dict[str, tuple[str | None, str]] = {}
        """Billing entity → (its label, the provider's code of the payment method)."""
        self.wrong_codes = 0
        self.locked_until: datetime | None = None
        self.authenticated_at: datetime | None = None

    @staticmethod
    def create_id(office_id: UUID, provider: str, account_email: str) -> UUID:
        """Return the id of an account in an office: an office links it once."""
        return uuid5(office_id, f"{provider}:{account_email.strip().casefold()}")

    @property
    def linked(self) -> bool:
        """Whether letters may be sent in its name."""
        return not self.revoked and Missing.LINK not in self.missing

    def ask_again(self, requested_by: UUID, at: datetime) -> None:
        """Record that access was asked for again."""
        self.trigger_event(self.LinkRequestedAgain, office_id=self.office_id, requested_by=requested_by, at=at)

    def refresh(self, account: str, missing: frozenset[Missing], at: datetime) -> None:
        """Record what the provider says of the account, if that is news; it names none that is not ours to use."""
        account = account or self.account or ""
        if self.revoked or (account, missing) == (self.account or "", self.missing):
            return
        lost = self.linked and Missing.LINK in missing
        self.trigger_event(
            self.Refreshed,
            office_id=self.office_id,
            account=account,
            linked=Missing.LINK not in missing,
            missing=sorted(one.value for one in missing),
            at=at,
        )
        if lost:
            self.trigger_event(self.AccessLost, office_id=self.office_id, at=at)

    def revoke(self, actor_id: UUID, at: datetime) -> None:
        """Use it no longer."""
        self.refuse_if_revoked()
        self.trigger_event(self.Revoked, office_id=self.office_id, actor_id=actor_id, at=at)

    def refuse_if_revoked(self) -> None:
        """Raise SenderRevoked if the office no longer uses it."""
        if self.revoked:
            raise SenderRevoked

    def map_payment(self, entity: str, label: str | None, method: str, actor_id: UUID) -> None:
        """Let a method of the account pay for a billing entity; one method may serve several (A-27)."""
        self.refuse_if_revoked()
        if self.payments.get(entity) != (label, method):
            self.trigger_event(
                self.PaymentMapped,
                office_id=self.office_id,
                entity=entity,
                entity_label=label,
                method=method,
                actor_id=actor_id,
            )

    def method_of(self, entity: str | None) -> str | None:
        """Return the payment method of a billing entity; none where no entity is named. Raises UnknownEntity."""
        if entity is None:
            return None
        if entity not in self.payments:
            raise UnknownEntity
        return self.payments[entity][1]

    def refuse_unless_releasable(self, person_id: UUID, now: datetime) -> None:
        """Raise NotTheHolder or CodesLocked unless this person may give a code now."""
        self.refuse_if_revoked()
        if person_id != self.holder_id:
            raise NotTheHolder
        if self.locked_until is not None and now < self.locked_until:
            raise CodesLocked(until=self.locked_until.isoformat())

    def code_refused(self, actor_id: UUID, at: datetime) -> int:
        """Record a wrong code; return how many tries remain before the lock."""
        wrong = self.wrong_codes + 1
        locked = at + LOCK if wrong >= WRONG_CODES else None
        self.trigger_event(
            self.CodeRefused, office_id=self.office_id, wrong=wrong, locked_until=locked, actor_id=actor_id, at=at
        )
        return max(WRONG_CODES - wrong, 0)

    def authenticated(self, means: str, letters: int, actor_id: UUID, at: datetime) -> None:
        """Record a right code, given for some letters."""
        self.trigger_event(
            self.Authenticated, office_id=self.office_id, means=means, letters=letters, actor_id=actor_id, at=at
        )

    @event(LinkRequestedAgain)
    def _asked_again(self, requested_by: UUID, at: datetime) -> None:
        self.requested_by, self.requested_at, self.revoked = requested_by, at, False
        self.missing = self.missing | {Missing.LINK}

    @event(Refreshed)
    def _refreshed(self, account: str, missing: list[str], at: datetime) -> None:
        self.account, self.missing, self.refreshed_at = account or None, frozenset(map(Missing, missing)), at

    @event(AccessLost)
    def _access_lost(self) -> None:
        """Nothing follows for the rules: what is missing said it already."""

    @event(Revoked)
    def _revoked(self) -> None:
        self.revoked = True

    @event(PaymentMapped)
    def _payment_mapped(self, entity: str, entity_label: str | None, method: str) -> None:
        self.payments[entity] = (entity_label, method)

    @event(CodeRefused)
    def _code_refused(self, wrong: int, locked_until: datetime | None) -> None:
        self.locked_until = locked_until
        self.wrong_codes = 0 if locked_until is not None else wrong

    @event(Authenticated)
    def _authenticated(self, at: datetime) -> None:
        self.wrong_codes, self.locked_until, self.authenticated_at = 0, None, at
