"""What the staff of an office does with one letter."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Store, retried

from lre_gateway.application.access import Access, person
from lre_gateway.application.batches import Print
from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Register
from lre_gateway.application.providers import Providers, asking
from lre_gateway.application.writing import Frozen, Writing, written
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.document import Role
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.refusals import NotCancellable, UnknownRecipient
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.state import NEXT, State
from lre_gateway.domain.vocabulary import Level


class Letters:
    """The use cases of letters."""

    def __init__(  # noqa: PLR0913 - what is asked about a letter
        self, *, store: Store, access: Access, register: Register, writing: Writing, providers: Providers, clock: Clock
    ) -> None:
        self._store = store
        self._access = access
        self._register = register
        self._writing = writing
        self._providers = providers
        self._clock = clock

    def get(self, actor: Actor, letter_id: UUID) -> Letter:
        """Return a letter."""
        return self._access.letter(actor, letter_id)

    @retried
    def cancel(self, actor: Actor, letter_id: UUID) -> None:
        """Give a letter up before it leaves; a draft at the provider is dropped there first."""
        letter = self._access.letter(actor, letter_id, to_change=True)
        if State.CANCELLED not in NEXT[letter.state]:
            raise NotCancellable
        if letter.provider_ref is not None:
            provider = self._providers[self._store.get(Sender, letter.sender_id).provider]
            with asking():
                provider.cancel(letter.provider_ref)
        letter.cancel(person(actor), self._clock())
        self._store.save(letter, actor=actor)

    @retried
    def reissue(
        self, actor: Actor, letter_id: UUID, recipient_id: UUID | None = None, level: Level | None = None
    ) -> Any:
        """Write a letter again that did not reach its recipient, in a batch of its own; return the ids of both.

        It takes the recipient as they are now, or another one, and may go at another level: on paper after a bounce.
        """
        old = self._access.letter(actor, letter_id, to_change=True)
        old.refuse_unless_reissuable()
        to = recipient_id or old.recipient_id
        subjects = self._register.recipients([to], old.office_id)
        if to not in subjects:
            raise UnknownRecipient(unknown=[str(to)])
        now, batch = self._clock(), self._batch_like(actor, old, level or old.level)
        again = written(
            batch,
            uuid4(),
            self._files(batch, old, person(actor)),
            recipient_id=to,
            subject_id=subjects[to],
            subject=old.subject,
            dossier_reference=old.dossier_reference,
            chars=old.chars,
            markup=old.markup,
            prepared_by=person(actor),
            reissued_from=old.id,
            at=now,
        )
        batch.extend(1)
        old.reissue(again.id, now)
        outcome = {"id": str(again.id), "batch_id": str(batch.id)}
        return self._store.save(old, batch, again, actor=actor, outcome=outcome)

    @retried
    def answer_change(self, actor: Actor, letter_id: UUID, change_id: str, *, accept: bool) -> None:
        """Accept or refuse that the recipient takes the letter under another name (A-65)."""
        letter = self._access.letter(actor, letter_id, to_change=True)
        letter.refuse_unless_asked(change_id)
        if letter.provider_ref is None:
            raise NotFound
        provider = self._providers[self._store.get(Sender, letter.sender_id).provider]
        with asking():
            provider.answer_change(letter.provider_ref, change_id, accept)
        letter.answer_change(change_id, person(actor), self._clock(), accept=accept)
        self._store.save(letter, actor=actor)

    def _batch_like(self, actor: Actor, old: Letter, level: Level) -> Batch:
        sender = self._store.get(Sender, old.sender_id)
        sender.refuse_if_revoked()
        paper = old.print or Print().plain()
        return Batch(
            office_id=old.office_id,
            dossier_id=old.dossier_id,
            sender_id=old.sender_id,
            level=level.value,
            hold_mode=old.hold_mode.value,
            entity=old.entity,
            payment_method=old.payment_method,
            print=paper if level is Level.PAPER else None,
            created_by=person(actor),
            at=self._clock(),
        )

    def _files(self, batch: Batch, old: Letter, by: UUID) -> list[Frozen]:
        """Return the files of the old letter; their pages are looked at if the new one goes on paper."""
        names = old.names or [str(document.version_id) for document in old.documents]
        files = [Frozen(document, name) for document, name in zip(old.documents, names, strict=True)]
        if batch.level is not Level.PAPER:
            return files
        attached = {one.document.version_id for one in files if one.document.role is Role.ATTACHMENT}
        looked = self._writing.attachments(batch, attached, by)
        return [
            replace(one, document=looked[one.document.version_id].document)
            if one.document.version_id in looked
            else one
            for one in files
        ]
