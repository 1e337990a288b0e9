"""The consent register: by hand, and from the provider that holds the truth (A-13 to A-24)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Changed, Store

from lre_gateway.application.access import Access, person, worker
from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Consenting, Register, Vault
from lre_gateway.application.provider import Addressee, ConsentAnswer, PostalAddress
from lre_gateway.application.providers import Providers, asking
from lre_gateway.domain.compatibility import folded
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.refusals import ConsentDateInFuture, NothingChosen, SenderAway, TooMany, UnknownAttachment
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.vocabulary import ConsentState

MOST = 1_000
"""Persons in one command; they change in one transaction."""
SLICE = 500


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """What a command changed about one person (A-19)."""

    recipient_id: UUID
    before: ConsentState | None
    after: ConsentState
    email_changed: bool = False


class Consents:
    """The use cases of consents."""

    def __init__(  # noqa: PLR0913 - what an entry is about
        self, *, store: Store, access: Access, register: Register, vault: Vault, providers: Providers, clock: Clock
    ) -> None:
        self._store = store
        self._vault = vault
        self._access = access
        self._register = register
        self._providers = providers
        self._clock = clock

    def record(
        self, actor: Actor, recipient_ids: Sequence[UUID], document_id: UUID, at: datetime | None = None
    ) -> tuple[ConsentChange, ...]:
        """Write down that persons agreed, all or none (A-16); `document_id` shows it, `at` is when, now by default."""
        now = self._clock()
        if at is not None and at > now:
            raise ConsentDateInFuture
        if document_id not in self._vault.described(worker(actor), [document_id]):
            raise UnknownAttachment(unknown=[str(document_id)])
        return self._each(
            actor, recipient_ids, lambda one: one.record_consent(uuid4(), at or now, person(actor), document_id)
        )

    def withdraw(self, actor: Actor, recipient_ids: Sequence[UUID]) -> tuple[ConsentChange, ...]:
        """Write down that persons took it back, all or none (A-17)."""
        now = self._clock()
        return self._each(actor, recipient_ids, lambda one: one.withdraw_consent(uuid4(), person(actor), now))

    def request(self, actor: Actor, sender_id: UUID, recipient_ids: Sequence[UUID]) -> tuple[ConsentChange, ...]:
        """Have the provider ask persons, in words of its own; one whose agreement stands is not asked."""
        sender = self._access.sender(actor, sender_id, to_change=True)
        if not sender.linked or sender.account is None:
            raise SenderAway
        provider, account, now = self._providers[sender.provider], sender.account, self._clock()

        def ask(recipient: Recipient) -> None:
            standing = recipient.consent is not None and recipient.consent.state is ConsentState.ACCEPTED
            if recipient.email and not standing:
                with asking():
                    provider.request_consent(account, addressee(recipient))
                recipient.asked(uuid4(), now, person(actor))

        return self._each(actor, recipient_ids, ask)

    def refresh(
        self, actor: Actor, sender_id: UUID, recipient_ids: Collection[UUID] | None = None
    ) -> tuple[ConsentChange, ...]:
        """Fetch what persons answered to an account, for some or all; return those whom it changed (A-18, A-19)."""
        sender = self._access.sender(actor, sender_id, to_change=True)
        if not sender.linked:
            raise SenderAway
        with asking():
            changes = tuple(self._refreshed(sender, actor, recipient_ids))
        if actor.command is not None:
            self._store.save(actor=actor, outcome=_outcome(changes))
        return changes

    def refresh_sender(self, sender_id: UUID) -> int:
        """Fetch the answers to an account, for nobody in particular; return how many persons it changed.

        Nothing is done for a provider that does not tell. Raises ProviderErrors.
        """
        sender = self._store.get(Sender, sender_id)
        if not sender.linked or not self._providers[sender.provider].capabilities().consent_api:
            return 0
        return sum(1 for _ in self._refreshed(sender, Actor.system(office_id=sender.office_id), None))

    def _refreshed(
        self, sender: Sender, actor: Actor, recipient_ids: Collection[UUID] | None
    ) -> Iterator[ConsentChange]:
        latest: dict[str, ConsentAnswer] = {}
        for answer in sorted(self._providers[sender.provider].consents(sender.account or ""), key=lambda one: one.at):
            latest[folded(answer.email)] = answer
        quiet = replace(actor, command=None)
        for row in self._recipients(sender.office_id):
            answer_of = latest.get(folded(row.email or ""))
            if answer_of is None or (recipient_ids is not None and row.recipient_id not in recipient_ids):
                continue
            changed = self._take(row.recipient_id, answer_of, quiet)
            if changed is not None:
                yield changed

    def _take(self, recipient_id: UUID, answer: ConsentAnswer, actor: Actor) -> ConsentChange | None:
        for _ in range(3):
            recipient = self._store.get(Recipient, recipient_id)
            before = recipient.consent.state if recipient.consent else None
            if not recipient.answered(uuid4(), answer.state, answer.at):
                return None
            try:
                self._store.save(recipient, actor=actor)
            except Changed:
                continue
            return ConsentChange(recipient_id, before, answer.state)
        return None  # colleagues are at work on this person; the next refresh finds the answer again

    def _recipients(self, office_id: UUID) -> Iterator[Consenting]:
        after: UUID | None = None
        while rows := self._register.recipients_with_email(office_id, after, SLICE):
            yield from rows
            after = rows[-1].recipient_id

    def _each(
        self, actor: Actor, recipient_ids: Sequence[UUID], act: Callable[[Recipient], None]
    ) -> tuple[ConsentChange, ...]:
        ids = list(dict.fromkeys(recipient_ids))
        if not ids:
            raise NothingChosen
        if len(ids) > MOST:
            raise TooMany(limit=MOST)
        recipients, changes = [self._known(actor, one) for one in ids], []
        for recipient in recipients:
            before = recipient.consent.state if recipient.consent else None
            act(recipient)
            if recipient.pending_events and recipient.consent is not None:
                changes.append(ConsentChange(recipient.id, before, recipient.consent.state))
        self._store.save(*recipients, actor=actor, outcome=_outcome(changes))
        return tuple(changes)

    def _known(self, actor: Actor, recipient_id: UUID) -> Recipient:
        try:
            return self._access.recipient(actor, recipient_id, to_change=True)
        except NotFound:
            raise NotFound(recipient_id=str(recipient_id)) from None


def _outcome(changes: Sequence[ConsentChange]) -> dict[str, Any]:
    """Return what a repeated command answers."""
    return {"items": [asdict(change) | {"recipient_id": str(change.recipient_id)} for change in changes]}


def addressee(recipient: Recipient, postal: PostalAddress | None = None) -> Addressee:
    """Return a recipient as a provider is told of them."""
    return Addressee(
        kind=recipient.kind,
        last_name=recipient.last_name or "",
        first_name=recipient.first_name or "",
        company=recipient.company,
        email=recipient.email or "",
        postal=postal,
    )
