"""Letters that wait for their sender's code leave, many with one code (A-52, A-53)."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from eventstore import Store, retried

from lre_gateway.application.access import Access, person
from lre_gateway.application.batches import unasked
from lre_gateway.application.clock import Clock
from lre_gateway.application.consents import Consents
from lre_gateway.application.grants import Grants, Opened
from lre_gateway.application.ports import Agenda, Task
from lre_gateway.application.provider import AuthRefused, OutcomeUnknown, ProviderError, Released
from lre_gateway.application.providers import Providers, asking
from lre_gateway.application.submission import Attempt, Outcome, Submission
from lre_gateway.application.submitting import AT_ONCE
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.refusals import CodeRefused, NothingChosen, SenderAway, SeveralSenders, TooMany
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Status

log = get_logger()

MOST = 1_000
MEANS = "otp"
"""The kind of code: six digits that the holder's authenticator makes of the provider's key."""
PATIENCE_SECONDS = 20.0
"""How long an answer waits for letters on their way; the others go on and are `pending` in it."""

_OUTCOMES = {
    Outcome.SUBMITTED: "submitted",
    Outcome.REFUSED: "refused",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_EXECUTED: "refused",
    Outcome.SKIPPED: "not-waiting",
    Outcome.HELD: "not-waiting",
}


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """What became of one letter: released, submitted, pending, refused, unknown, or not-waiting."""

    letter_id: UUID
    outcome: str
    problem: str | None = None


class Releases:
    """The use case of codes. A code is never stored; what it opened stays in the memory of this process."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        *,
        store: Store,
        access: Access,
        agenda: Agenda,
        grants: Grants,
        submission: Submission,
        consents: Consents,
        providers: Providers,
        clock: Clock,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._store = store
        self._access = access
        self._agenda = agenda
        self._grants = grants
        self._submission = submission
        self._consents = consents
        self._providers = providers
        self._clock = clock
        self._patience = patience_seconds
        self._threads = ThreadPoolExecutor(AT_ONCE, "releasing")

    def close(self) -> None:
        """Wait for the letters under way; those not begun keep waiting for a code."""
        self._threads.shutdown(cancel_futures=True)

    def release(self, actor: Actor, letter_ids: Sequence[UUID], code: str) -> Any:
        """Let ticked letters of one sender leave with one code, given by the holder of its key.

        Return a result for each letter, as JSON values. A wrong code moves none: raises CodeRefused, and CodesLocked
        once five were wrong. Raises NotTheHolder, SeveralSenders.
        """
        letters = self._chosen(actor, letter_ids)
        waiting = [letter for letter in letters if letter.state is State.AWAITING_SENDER_AUTH]
        results = {letter.id: ReleaseResult(letter.id, "not-waiting") for letter in letters}
        if waiting:
            sender = self._sender(actor, waiting)
            opened = self._authenticate(actor, sender, code, len(waiting))
            results |= {one.letter_id: one for one in self._leave(sender, waiting, opened)}
        items = [asdict(results[letter.id]) | {"letter_id": str(letter.id)} for letter in letters]
        if actor.command is not None:
            self._store.save(actor=actor, outcome={"items": items})
        return items

    def _chosen(self, actor: Actor, letter_ids: Sequence[UUID]) -> list[Letter]:
        ids = list(dict.fromkeys(letter_ids))
        if not ids:
            raise NothingChosen
        if len(ids) > MOST:
            raise TooMany(limit=MOST)
        return [self._access.letter(actor, one, to_change=True) for one in ids]

    def _sender(self, actor: Actor, waiting: Sequence[Letter]) -> Sender:
        sender_ids = {letter.sender_id for letter in waiting}
        if len(sender_ids) > 1:
            raise SeveralSenders
        sender = self._store.get(Sender, sender_ids.pop())
        sender.refuse_unless_releasable(person(actor), self._clock())
        if sender.account is None:
            raise SenderAway
        return sender

    def _authenticate(self, actor: Actor, sender: Sender, code: str, letters: int) -> Opened:
        """Exchange the code for a grant: once, though recording what came of it may take several tries."""
        grant = None
        with asking(), suppress(AuthRefused):
            grant = self._providers[sender.provider].authenticate(sender.account or "", code)
        if grant is None:
            raise CodeRefused(left=self._note_refused(sender.id, actor))
        opened = Opened(grant, person(actor), MEANS, self._clock())
        self._note_authenticated(sender.id, actor, letters, opened.at)
        self._grants.keep(sender.id, opened)
        return opened

    @retried
    def _note_refused(self, sender_id: UUID, actor: Actor) -> int:
        sender = self._store.get(Sender, sender_id)
        left = sender.code_refused(person(actor), self._clock())
        self._store.save(sender, actor=unasked(actor))
        return left

    @retried
    def _note_authenticated(self, sender_id: UUID, actor: Actor, letters: int, at: datetime) -> None:
        sender = self._store.get(Sender, sender_id)
        sender.authenticated(MEANS, letters, person(actor), at)
        self._store.save(sender, actor=unasked(actor))

    def _leave(self, sender: Sender, waiting: Sequence[Letter], opened: Opened) -> Iterable[ReleaseResult]:
        """Let letters leave, wherever they wait; what people answered is read once more before (A-20)."""
        try:
            self._consents.refresh_sender(sender.id)
        except ProviderError:
            return [ReleaseResult(letter.id, "refused", "provider-away") for letter in waiting]
        drafts, blocked = dict[str, UUID](), list[ReleaseResult]()
        for letter in waiting:
            if letter.provider_ref is None:
                continue
            if problems := self._submission.problems_of(letter.id):
                blocked.append(ReleaseResult(letter.id, "refused", problems[0]))
            else:
                drafts[letter.provider_ref] = letter.id
        held = [letter.id for letter in waiting if letter.held_here]
        return [*blocked, *self._release_drafts(sender, drafts, opened), *self._submit(sender, held)]

    def _release_drafts(self, sender: Sender, drafts: dict[str, UUID], opened: Opened) -> Iterable[ReleaseResult]:
        if not drafts:
            return []
        for letter_id in drafts.values():
            self._note_let_go(letter_id, opened)
        provider = self._providers[sender.provider]
        try:
            answers = provider.release(sender.account or "", list(drafts), opened.grant)
        except OutcomeUnknown:
            answers = tuple(Released(ref=ref, outcome="unknown") for ref in drafts)
        except ProviderError as error:
            log.warning("release-failed", sender_id=str(sender.id), cause=type(error).__name__)
            answers = tuple(Released(ref=ref, outcome="refused", problem="not-executed") for ref in drafts)
        self._agenda.forget(Task.POLL, drafts.values())  # whatever was answered, the letters are read again at once
        return [self._released(drafts[one.ref], one, sender) for one in answers]

    def _released(self, letter_id: UUID, answer: Released, sender: Sender) -> ReleaseResult:
        if answer.outcome == "released":
            self._note_released(letter_id, answer.ref, sender)
        return ReleaseResult(letter_id, answer.outcome, answer.problem)

    @retried
    def _note_let_go(self, letter_id: UUID, opened: Opened) -> None:
        """Record who lets a draft go before its provider is asked: whatever its answer, that was so."""
        letter = self._store.get(Letter, letter_id)
        if letter.state is State.AWAITING_SENDER_AUTH:
            letter.released(opened.release(self._clock()))
            self._store.save(letter, actor=Actor.system(office_id=letter.office_id))

    @retried
    def _note_released(self, letter_id: UUID, ref: str, sender: Sender) -> None:
        letter = self._store.get(Letter, letter_id)
        obtainable = self._providers[sender.provider].capabilities().evidence_kinds
        letter.submitted(ref, Status.IN_TRANSIT, self._clock(), obtainable)
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))

    def _submit(self, sender: Sender, letter_ids: Sequence[UUID]) -> Iterable[ReleaseResult]:
        """Submit letters that waited here."""
        running = {one: self._threads.submit(self._send, sender.id, one) for one in letter_ids}
        wait(running.values(), timeout=self._patience)
        return [_result(letter_id, future) for letter_id, future in running.items()]

    def _send(self, sender_id: UUID, letter_id: UUID) -> Attempt:
        """Submit one letter while the grant is good; one that comes later keeps waiting for a new code."""
        opened = self._grants.of(sender_id)
        if opened is None:
            return Attempt(Outcome.NOT_EXECUTED, "code-needed")
        attempt = self._submission.send(letter_id, opened)
        if attempt.problem == "code-needed":
            self._grants.drop(sender_id)
        return attempt


def _result(letter_id: UUID, future: Future[Attempt]) -> ReleaseResult:
    if not future.done():
        return ReleaseResult(letter_id, "pending")
    try:
        attempt = future.result()
    except Exception:
        # What it left behind is found by recovery; the other letters have their results.
        log.exception("letter-not-submitted", letter_id=str(letter_id))
        return ReleaseResult(letter_id, "unknown", "fault")
    return ReleaseResult(letter_id, _OUTCOMES[attempt.outcome], attempt.problem)
