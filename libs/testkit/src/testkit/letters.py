"""A provider of letters in memory: it does what the port promises, and breaks when a test says so."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

from lre_gateway.application.provider import (
    Addressee,
    AuthRefused,
    Capabilities,
    ConsentAnswer,
    DocRef,
    EvidenceFile,
    Fact,
    Grant,
    GrantExpired,
    Hint,
    Idempotency,
    Order,
    OutcomeUnknown,
    PaymentMethod,
    Provider,
    ProviderAway,
    ProviderError,
    ProviderMaintenance,
    ProviderRejected,
    RecipientChange,
    Rejection,
    Released,
    SenderAuth,
    SenderStatus,
    Snapshot,
    Submitted,
    Webhook,
)
from lre_gateway.domain.vocabulary import (
    ConsentState,
    EvidenceKind,
    Level,
    Missing,
    Status,
)
from typing_extensions import override

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LIMIT = 256 * 1024 * 1024


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Return the instant."""
        return self.now

    def advance(self, **by: float) -> None:
        """Move it on."""
        self.now += timedelta(**by)


class Killed(BaseException):
    """The process dies here, as far as the code under test can tell."""


@dataclass
class Held:
    """A letter as the provider holds it."""

    order: Order
    ref: str
    status: Status
    facts: list[Fact] = field(default_factory=list)
    word: str = ""
    changes: list[RecipientChange] = field(default_factory=list)


PROOFS = {
    Status.NOTIFIED: (EvidenceKind.DEPOSIT_AND_SENDING, EvidenceKind.CONTENT),
    Status.ACKNOWLEDGED: (EvidenceKind.RECEPTION, EvidenceKind.FULL_ARCHIVE),
    Status.REFUSED: (EvidenceKind.REFUSAL, EvidenceKind.FULL_ARCHIVE),
    Status.NOT_CLAIMED: (EvidenceKind.NON_CLAIM, EvidenceKind.FULL_ARCHIVE),
    Status.BOUNCED: (EvidenceKind.NON_DELIVERY,),
}


class MemoryProvider(Provider):
    """A provider that does what the port promises; `script` breaks the next calls of `submit`, one word each.

    Words: maintenance, away, cut-before, cut-after, killed-before, killed-after, or a Rejection.
    """

    name = "ar24"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.letters: dict[str, Held] = {}
        self.uploads: list[str] = []
        self.submits: list[str] = []
        self.code_of: dict[str, str] = {}
        self.used: set[tuple[str, str]] = set()
        self.grants: dict[str, datetime] = {}
        self.senders: dict[str, SenderStatus] = {}
        self.answers: list[ConsentAnswer] = []
        self.script: deque[str] = deque()
        self.down: ProviderError | None = None
        self.drafts = True
        self.reuse = True
        self.evidence_late = False
        self.altered = False
        self.at_once = self.most_at_once = 0
        self.before_submit: Callable[[], None] = lambda: None

    @override
    def capabilities(self) -> Capabilities:
        return Capabilities(
            levels=frozenset(Level),
            drafts_at_provider=self.drafts,
            sender_auth=SenderAuth.OTP,
            auth_grant_seconds=3600,
            consent_api=True,
            consent_enforced=False,
            payment_methods_api=True,
            webhook=Webhook.HINT,
            recipient_change_api=True,
            cancel_draft=True,
            idempotency=Idempotency.REFERENCE_SEARCH,
            max_total_bytes=LIMIT,
            max_content_chars=20_000,
            reuse_documents=self.reuse,
            evidence_kinds=frozenset(EvidenceKind) - {EvidenceKind.DEPOSIT, EvidenceKind.SENDING},
        )

    @override
    def health(self) -> Literal["up", "maintenance", "down"]:
        return "down" if self.down else "up"

    def _answer(self) -> None:
        if self.down is not None:
            raise self.down

    @override
    def sender(self, account_or_email: str) -> SenderStatus:
        self._answer()
        unknown = SenderStatus(account="", linked=False, missing=frozenset({Missing.LINK}), email=account_or_email)
        by = {one.email: one for one in self.senders.values()}
        return self.senders.get(account_or_email) or by.get(account_or_email) or unknown

    @override
    def request_access(self, email: str) -> None:
        self._answer()

    @override
    def order_credential(self, account: str) -> None:
        self._answer()

    @override
    def payment_methods(self, account: str) -> tuple[PaymentMethod, ...]:
        self._answer()
        return (PaymentMethod(code="stripe-47146", label="Carte de l'étude"),)

    @override
    def consents(self, account: str) -> tuple[ConsentAnswer, ...]:
        self._answer()
        return tuple(self.answers)

    @override
    def request_consent(self, account: str, addressee: Addressee) -> None:
        self._answer()
        self.answers.append(ConsentAnswer(email=addressee.email, state=ConsentState.REQUESTED, at=self.clock()))

    @override
    def consent_link(self, account: str) -> str:
        return f"https://provider.example/consent/{account}"

    @override
    def upload(self, account: str, name: str, media_type: str, content: bytes | Path) -> DocRef:
        self._answer()
        if not isinstance(content, bytes):
            raise TypeError
        with self.lock:
            self.uploads.append(name)
            return DocRef(id=str(len(self.uploads)), sha256=hashlib.sha256(content).hexdigest())

    @override
    def authenticate(self, account: str, otp: str) -> Grant:
        self._answer()
        with self.lock:
            if otp != self.code_of.get(account) or (account, otp) in self.used:
                raise AuthRefused
            self.used.add((account, otp))
            grant = Grant(secret=uuid4().hex, expires_at=self.clock() + timedelta(hours=1))
            self.grants[grant.secret] = grant.expires_at
            return grant

    @override
    def submit(self, order: Order, grant: Grant | None) -> Submitted:
        self._answer()
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.before_submit()
            return self._submit(order, grant)
        finally:
            with self.lock:
                self.at_once -= 1

    def _submit(self, order: Order, grant: Grant | None) -> Submitted:
        with self.lock:
            word = self.script.popleft() if self.script else ""
            self.submits.append(order.reference)
            if word == "maintenance":
                raise ProviderMaintenance
            if word == "away":
                raise ProviderAway
            if word == "cut-before":
                raise OutcomeUnknown
            if word == "killed-before":
                raise Killed
            if word in set(Rejection):
                raise ProviderRejected(Rejection(word), "slug")
            if grant is not None and self.grants[grant.secret] <= self.clock():
                raise GrantExpired
            waits = grant is None and order.level is Level.QUALIFIED_LRE
            ref = str(1000 + len(self.letters))
            status = Status.AWAITING_SENDER_AUTH if waits else Status.IN_TRANSIT
            self.letters[ref] = Held(order, ref, status)
        if word == "cut-after":
            raise OutcomeUnknown
        if word == "killed-after":
            raise Killed
        return Submitted(ref=ref, status=status)

    @override
    def release(self, account: str, refs: Sequence[str], grant_or_otp: Grant | str) -> tuple[Released, ...]:
        self._answer()
        if not isinstance(grant_or_otp, Grant):
            raise TypeError
        if self.grants[grant_or_otp.secret] <= self.clock():
            raise GrantExpired
        for ref in refs:
            self.letters[ref].status = Status.IN_TRANSIT
        return tuple(Released(ref=ref, outcome="released") for ref in refs)

    @override
    def cancel(self, ref: str) -> None:
        self._answer()
        self.letters[ref].status = Status.AUTH_LAPSED

    @override
    def answer_change(self, ref: str, change_id: str, accept: bool) -> None:
        self._answer()

    @override
    def get(self, ref: str) -> Snapshot:
        self._answer()
        held = self.letters[ref]
        return Snapshot(
            ref=ref,
            reference=held.order.reference,
            status=Status.UNRECOGNIZED if held.word else held.status,
            raw_status=held.word or held.status.value,
            facts=tuple(held.facts),
            changes=tuple(held.changes),
        )

    @override
    def get_many(self, refs: Sequence[str]) -> tuple[Snapshot, ...]:
        return tuple(self.get(ref) for ref in refs if ref in self.letters)

    @override
    def find(self, account: str, reference: str) -> Snapshot | None:
        self._answer()
        with self.lock:
            found = [held.ref for held in self.letters.values() if held.order.reference == reference]
        return self.get(found[0]) if found else None

    @override
    def evidence(self, ref: str, kind: EvidenceKind) -> EvidenceFile | None:
        self._answer()
        held = self.letters[ref]
        dates = {kind: fact.at for fact in held.facts for kind in PROOFS.get(fact.status, ())}
        if self.evidence_late or kind not in dates:
            return None
        content = f"%PDF-1.7 {kind} of {ref}".encode()
        return EvidenceFile(
            kind=kind,
            at=dates[kind],
            media_type="application/pdf",
            content=content,
            source=f"provider.example/get/proof/{ref}",
        )

    @override
    def hints(self, headers: Mapping[str, str], body: bytes) -> tuple[Hint, ...]:
        return (Hint(ref=body.decode(), kind="letter"),)

    # what recipients do, and what the provider makes of it

    def happens(self, ref: str, status: Status, at: datetime | None = None) -> None:
        """Let something dated happen to a letter."""
        self.letters[ref].status = status
        self.letters[ref].facts.append(Fact(status=status, at=at or self.clock()))

    def ref_of(self, letter_id: UUID) -> str:
        """Return the one reference of a letter; it fails if there is none, or a second one."""
        (ref,) = [held.ref for held in self.letters.values() if held.order.reference == letter_id.hex]
        return ref
