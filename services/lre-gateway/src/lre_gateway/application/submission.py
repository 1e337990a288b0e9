"""One letter handed to its provider, once: intention saved, call made, outcome saved."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import Refusal
from eventstore import Changed, Store, retried

from lre_gateway.application.checking import Checking
from lre_gateway.application.clock import Clock
from lre_gateway.application.consents import addressee
from lre_gateway.application.grants import Opened
from lre_gateway.application.lately import Lately
from lre_gateway.application.ports import Webhooks
from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    DocRef,
    Grant,
    GrantExpired,
    NotSupported,
    Order,
    OutcomeUnknown,
    PostalAddress,
    PrintOptions,
    Provider,
    ProviderAway,
    ProviderError,
    ProviderMaintenance,
    ProviderRejected,
    Rejection,
    SenderNotReady,
)
from lre_gateway.application.providers import Providers
from lre_gateway.application.uploading import Uploading
from lre_gateway.domain.compatibility import Check, Written
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Kind, Level, Missing, Printing

log = get_logger()

_CAUSES: dict[type[ProviderError], str] = {
    ProviderMaintenance: "maintenance",
    ProviderAway: "provider-away",
    AuthRefused: "code-needed",
    GrantExpired: "code-needed",
    SenderNotReady: "sender-not-ready",
}


class Outcome(StrEnum):
    """What became of an attempt."""

    SUBMITTED = "submitted"
    HELD = "held"
    """It waits here for the code of its sender."""
    REFUSED = "refused"
    """By the last look, or by the provider."""
    NOT_EXECUTED = "not-executed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    """It is no longer where it could be submitted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An outcome, with the code of what stood in the way."""

    outcome: Outcome
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A letter with all that belongs to it, loaded afresh."""

    letter: Letter
    sender: Sender
    recipient: Recipient
    provider: Provider
    account: str
    actor: Actor


class Submission:
    """Hands letters over. Safe to share between threads; a letter is in one thread at a time."""

    def __init__(  # noqa: PLR0913 - what a submission goes through
        self,
        *,
        store: Store,
        checking: Checking,
        uploading: Uploading,
        providers: Providers,
        webhooks: Webhooks,
        clock: Clock,
    ) -> None:
        self._store = store
        self._checking = checking
        self._uploading = uploading
        self._providers = providers
        self._webhooks = webhooks
        self._clock = clock
        self._lock = threading.Lock()
        self._in_flight: set[UUID] = set()

    @property
    def in_flight(self) -> frozenset[UUID]:
        """The letters that threads of this process are submitting now."""
        with self._lock:
            return frozenset(self._in_flight)

    def send(self, letter_id: UUID, opened: Opened | None = None, lately: Lately | None = None) -> Attempt:
        """Hand a letter over, or hold it for its code; never when its provider may have it already.

        Letters that leave together share what is known `lately` of their sender and of what the office chose.

        A crash between the intention and the outcome leaves the letter in submission: it is searched, not sent again.
        """
        with self._lock:
            if letter_id in self._in_flight:
                return Attempt(Outcome.SKIPPED)
            self._in_flight.add(letter_id)
        try:
            return self._send(letter_id, opened, lately or Lately(self._clock))
        except Changed:  # a colleague gave it up at this moment
            return Attempt(Outcome.SKIPPED)
        finally:
            with self._lock:
                self._in_flight.discard(letter_id)

    def problems_of(self, letter_id: UUID) -> list[str]:
        """Look at a letter as things stand now, without doing anything."""
        lately = Lately(self._clock)
        return self._problems(self._case(letter_id, lately), lately)

    def _send(self, letter_id: UUID, opened: Opened | None, lately: Lately) -> Attempt:
        case = self._case(letter_id, lately)
        letter = case.letter
        if letter.state is not State.READY and not (letter.held_here and opened is not None):
            return Attempt(Outcome.SKIPPED)
        if problems := self._problems(case, lately):
            return self._blocked(case, problems)
        if letter.said_to_wait and opened is None:
            letter.hold(self._clock())
            self._store.save(letter, actor=case.actor)
            return Attempt(Outcome.HELD)
        try:
            documents = self._uploading.documents(case.provider, case.account, letter, letter.prepared_by)
        except (ProviderError, Refusal) as error:
            return self._not_uploaded(case, error)
        self._start(case, opened)
        return self._submit(case, self._order(case, documents), opened.grant if opened else None)

    def _case(self, letter_id: UUID, lately: Lately) -> _Case:
        letter = self._store.get(Letter, letter_id)
        sender = lately.get((Sender, letter.sender_id), lambda: self._store.get(Sender, letter.sender_id))
        return _Case(
            letter=letter,
            sender=sender,
            recipient=self._store.get(Recipient, letter.recipient_id),
            provider=self._providers[sender.provider],
            account=sender.account or "",
            actor=Actor.system(office_id=letter.office_id),
        )

    def _problems(self, case: _Case, lately: Lately) -> list[str]:
        """Look a last time: consent and sender must be good at this instant."""
        letter, sender = case.letter, case.sender
        rules = lately.get(
            (Check, letter.level, sender.id, letter.dossier_id),
            lambda: self._checking.rules(letter.level, sender, letter.dossier_id),
        )
        verdict = rules.of(
            Written(
                party=case.recipient.party,
                documents=letter.documents,
                markup=letter.markup,
                chars=letter.chars,
                twin=False,
            )
        )
        return [problem.value for problem in verdict.problems]

    def _blocked(self, case: _Case, problems: list[str]) -> Attempt:
        if case.letter.state is State.READY:
            case.letter.blocked(problems, self._clock())
        else:
            case.letter.start(self._clock(), name=None, email=None, consent_id=None)
            case.letter.rejected(problems, self._clock(), by_provider=False)
        self._store.save(case.letter, actor=case.actor)
        return Attempt(Outcome.REFUSED, problems[0])

    def _not_uploaded(self, case: _Case, error: ProviderError | Refusal) -> Attempt:
        if isinstance(error, ProviderRejected):
            return self._blocked(case, [error.code.value])
        if isinstance(error, SenderNotReady):
            self._sender_lacks(case, error.missing)
        if isinstance(error, Refusal) and error.status < 500:  # noqa: PLR2004 - the vault has no such file any more
            return self._blocked(case, [Rejection.FILE_UNKNOWN.value])
        return Attempt(Outcome.NOT_EXECUTED, _cause(error))

    def _start(self, case: _Case, opened: Opened | None) -> None:
        party, letter = case.recipient.party, case.letter
        if opened is not None and letter.held_here:
            letter.released(opened.release(self._clock()))
        names = (f"{party.first_name or ''} {party.last_name or ''}".strip(), party.company)
        needed = letter.level is Level.QUALIFIED_LRE and party.kind is Kind.INDIVIDUAL
        letter.start(
            self._clock(),
            name=", ".join(part for part in names if part),
            email=party.email,
            consent_id=party.consent.id if needed and party.consent else None,
        )
        self._store.save(letter, actor=case.actor)

    def _order(self, case: _Case, documents: tuple[DocRef, ...]) -> Order:
        letter, postal = case.letter, case.recipient.party.postal
        to = addressee(case.recipient, None if postal is None else PostalAddress(**_fields(postal)))
        printed = letter.print
        return Order(
            reference=reference_of(letter),
            level=letter.level,
            sender_account=case.account,
            recipient=to,
            text="",
            documents=documents,
            dossier_reference=letter.dossier_reference or "",
            billing_reference=letter.entity or "",
            payment_method=letter.payment_method,
            webhook_url=self._webhooks.address(letter.id),
            print_options=PrintOptions(colour=printed["colour"], sides=Printing(printed["sides"])) if printed else None,
        )

    def _submit(self, case: _Case, order: Order, grant: Grant | None) -> Attempt:
        try:
            done = case.provider.submit(order, grant)
        except OutcomeUnknown as error:
            return self._unknown(case, "no-answer", breach=isinstance(error, ContractBreach))
        except (ProviderRejected, NotSupported) as error:
            return self._rejected(case, error)
        except (AuthRefused, GrantExpired, SenderNotReady, ProviderAway) as error:
            return self._not_executed(case, error)
        except Exception:
            log.exception("letter-submission-failed", letter_id=str(case.letter.id))
            return self._unknown(case, "fault", breach=False)
        sys.audit("scelle.crashpoint", "letters.after-provider")
        obtainable = case.provider.capabilities().evidence_kinds
        self._told(case, lambda letter: letter.submitted(done.ref, done.status, self._clock(), obtainable))
        return Attempt(Outcome.SUBMITTED)

    def _unknown(self, case: _Case, cause: str, *, breach: bool) -> Attempt:
        def tell(letter: Letter) -> None:
            if letter.state is State.SUBMITTING:
                letter.outcome_unknown(cause, self._clock())
            if breach:
                letter.breach("unreadable-answer", self._clock())

        self._told(case, tell)
        return Attempt(Outcome.UNKNOWN, cause)

    def _rejected(self, case: _Case, error: ProviderRejected | NotSupported) -> Attempt:
        code = error.code.value if isinstance(error, ProviderRejected) else "LEVEL_NOT_ALLOWED"
        if code == Rejection.FILE_UNKNOWN:
            self._uploading.forget(case.provider, case.account, case.letter)
        self._told(case, lambda letter: letter.rejected([code], self._clock()))
        return Attempt(Outcome.REFUSED, code)

    def _not_executed(self, case: _Case, error: ProviderError) -> Attempt:
        cause = _cause(error)
        self._told(case, lambda letter: letter.not_executed(cause, self._clock()))
        if isinstance(error, SenderNotReady):
            self._sender_lacks(case, error.missing)
        return Attempt(Outcome.NOT_EXECUTED, cause)

    def _told(self, case: _Case, tell: Callable[[Letter], None]) -> None:
        """Record the outcome, whatever happened to the letter meanwhile."""
        tell(case.letter)
        try:
            self._store.save(case.letter, actor=case.actor)
        except Changed:
            self._told_again(case, tell)

    @retried
    def _told_again(self, case: _Case, tell: Callable[[Letter], None]) -> None:
        letter = self._store.get(Letter, case.letter.id)
        tell(letter)
        self._store.save(letter, actor=case.actor)

    @retried
    def _sender_lacks(self, case: _Case, missing: frozenset[Missing]) -> None:
        sender = self._store.get(Sender, case.sender.id)
        sender.refresh(sender.account or "", sender.missing | missing, self._clock())
        self._store.save(sender, actor=case.actor)


def reference_of(letter: Letter) -> str:
    """Return our reference of a letter at its provider: opaque, and what a search finds it by."""
    return letter.id.hex


def _cause(error: Exception) -> str:
    if isinstance(error, Refusal):
        return "vault-away"
    return next((_CAUSES[kind] for kind in type(error).__mro__ if kind in _CAUSES), "provider-away")


def _fields(postal: object) -> dict[str, str]:
    return {name: getattr(postal, name) for name in ("line1", "line2", "postcode", "city", "country")}
