"""What is said of a letter while it stays where it is: changes of its recipient, proofs, prices, alerts."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from eventsourcing.domain import AggregateEvent

from lre_gateway.domain import letter_side_events as noted
from lre_gateway.domain.evidence import Evidence
from lre_gateway.domain.following import Change
from lre_gateway.domain.refusals import NoSuchChange
from lre_gateway.domain.retention import kept_until
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import EvidenceKind


class Noting:
    """The part of a letter that takes notes; each thing is said once."""

    state: State
    subject_id: UUID
    changes: dict[str, str]
    identity_pending: bool
    said: set[tuple[str, str]]
    price: Decimal | None
    deadline: datetime | None
    near_at: datetime | None
    overdue_at: datetime | None
    evidence: tuple[Evidence, ...]
    pending: tuple[str, ...]
    ended_at: datetime | None
    retention_ended_at: datetime | None
    destroyed_at: datetime | None

    def change_asked(self, change: Change, at: datetime) -> None:
        """Record that the recipient asks to be accepted under another name."""
        if change.id not in self.changes:
            self._note(
                noted.ChangeRequested,
                at,
                change_id=change.id,
                subject_id=self.subject_id,
                last_name=change.last_name,
                first_name=change.first_name,
                company=change.company,
            )

    def refuse_unless_asked(self, change_id: str) -> None:
        """Raise NoSuchChange unless the recipient waits for an answer to this."""
        if self.state is not State.NOTIFIED or self.changes.get(change_id) != "asked":
            raise NoSuchChange

    def answer_change(self, change_id: str, actor_id: UUID, at: datetime, *, accept: bool) -> None:
        """Record what the sender answered."""
        self.refuse_unless_asked(change_id)
        self._note(
            noted.ChangeAccepted if accept else noted.ChangeRefused, at, change_id=change_id, actor_id=actor_id
        )  # fmt: skip

    def identity_looked_at(self, at: datetime) -> None:
        """Record that the provider still looks at who the recipient is; that may take three days."""
        if self.state is State.NOTIFIED and not self.identity_pending:
            self._note(noted.IdentityPending, at)

    def unrecognized(self, word: str, at: datetime) -> None:
        """Record a word of the provider that this version does not know; nothing follows from it."""
        plain = "".join(sign for sign in word if sign.isascii() and (sign.isalnum() or sign in "_-"))[:40]
        self._say("word", plain, noted.StatusUnrecognized, at, word=plain)

    def breach(self, cause: str, at: datetime) -> None:
        """Record that the provider contradicts itself; once for each cause."""
        self._say("breach", cause, noted.Breach, at, cause=cause)

    def attention(self, cause: str, at: datetime) -> None:
        """Record that a person has to decide; once for each cause."""
        self._say("attention", cause, noted.AttentionNeeded, at, cause=cause)

    def priced(self, price: Decimal | None, payment_method: str | None, at: datetime) -> None:
        """Record what the provider asks for it."""
        if price is not None and price != self.price:
            self._note(noted.Priced, at, price=price, payment_method=payment_method)

    def watch_deadline(self, now: datetime) -> None:
        """Say that the window closes soon, or closed without a fact; each once."""
        if self.state is not State.NOTIFIED or self.deadline is None:
            return
        if self.overdue_at is not None and self.overdue_at <= now:
            self._say("deadline", "overdue", noted.DeadlineOverdue, now, deadline=self.deadline)
        elif self.near_at is not None and self.near_at <= now < self.deadline:
            self._say("deadline", "near", noted.DeadlineNear, now, deadline=self.deadline)

    def store_evidence(self, evidence: Evidence, *, manifest_sha256: str | None, host: str | None) -> None:
        """Record that a proof is in the vault; one of each kind."""
        if self.retention_ended_at is not None or any(known.kind is evidence.kind for known in self.evidence):
            return
        self._note(
            noted.EvidenceStored,
            evidence.fetched_at,
            kind=evidence.kind.value,
            version_id=evidence.version_id,
            size=evidence.size,
            sha256=evidence.sha256,
            sha512=evidence.sha512,
            media_type=evidence.media_type,
            manifest_sha256=manifest_sha256,
            provider_at=evidence.provider_at,
            seal=evidence.seal,
            host=host,
            pending=[kind for kind in self.pending if kind != evidence.kind],
        )

    def evidence_missing(self, kind: str, at: datetime) -> None:
        """Record that a proof did not come in time."""
        if kind in self.pending:
            left = [other for other in self.pending if other != kind]
            self._note(noted.EvidenceMissing, at, kind=kind, pending=left)

    def end_retention(self, years: int, now: datetime) -> bool:
        """Record that the office keeps it no longer, if so many years have passed since its end; tell whether it did.

        A letter whose proofs are still to be fetched is kept. Whether its dossier needs it is asked before.
        """
        if self.retention_ended_at is not None or self.ended_at is None or self.pending:
            return False
        if now < kept_until(self.ended_at, years):
            return False
        self._note(noted.RetentionEnded, now, retention_years=years)
        return True

    def files_destroyed(self, version_ids: Collection[UUID], at: datetime) -> None:
        """Record which files are destroyed; once."""
        if self.retention_ended_at is not None and self.destroyed_at is None:
            self._note(noted.FilesDestroyed, at, version_ids=sorted(map(str, version_ids)))

    def keep(self, stored: Any) -> None:
        """Keep what an event says of a proof."""
        self.evidence = (
            *self.evidence,
            Evidence(
                kind=EvidenceKind(stored.kind),
                version_id=stored.version_id,
                size=stored.size,
                sha256=stored.sha256,
                sha512=stored.sha512,
                media_type=stored.media_type,
                provider_at=stored.provider_at,
                fetched_at=stored.at,
                seal=stored.seal,
            ),
        )

    def _say(self, about: str, what: str, event_class: type[AggregateEvent], at: datetime, **facts: object) -> None:
        if (about, what) not in self.said:
            self._note(event_class, at, **facts)

    def _note(self, event_class: type[AggregateEvent], at: datetime, **facts: object) -> None:
        """Trigger an event of the letter."""
        raise NotImplementedError
