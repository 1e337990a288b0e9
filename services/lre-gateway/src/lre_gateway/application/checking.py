"""Whether the letters of a batch can leave: asked again and again, in slices, with only the news recorded."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from eventstore import ATTEMPTS, Changed, Store, retried

from lre_gateway.application.access import Access
from lre_gateway.application.clock import Clock
from lre_gateway.application.office_settings import Settings
from lre_gateway.application.ports import CheckRow, Register
from lre_gateway.application.providers import Providers
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.compatibility import Check, Sending, Verdict, Written
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Level, Missing

SLICE = 500
"""Letters read, judged and saved at a time: memory does not grow with the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check found (A-38). Letters that left before count as compatible, those given up are not counted."""

    batch_id: UUID
    check: int
    asked: int
    compatible: int
    incompatible: int
    warned: int
    changed: int
    """Letters about which the check found something else than the one before."""
    by_code: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Mended:
    """Recipients that changed and letters that were refused, each with the place at which that happened, from 1."""

    recipients: Mapping[UUID, int]
    refusals: Mapping[UUID, int]

    def since_refused(self, row: CheckRow) -> bool:
        """Tell whether the recipient of a letter changed after its provider refused it."""
        return self.recipients.get(row.recipient_id, -1) > self.refusals.get(row.letter_id, 0)


class Checking:
    """Checks batches and letters. No provider is called: what senders lack is known from the last refresh."""

    def __init__(  # noqa: PLR0913 - what a check looks at
        self,
        *,
        store: Store,
        access: Access,
        register: Register,
        settings: Settings,
        providers: Providers,
        clock: Clock,
    ) -> None:
        self._store = store
        self._access = access
        self._register = register
        self._settings = settings
        self._providers = providers
        self._clock = clock

    def check(self, actor: Actor, batch_id: UUID) -> Report:
        """Check the letters of a batch that did not leave (A-46); letters that left are not touched."""
        batch = self._access.batch(actor, batch_id, to_change=True)
        rules, tally = self._rules_of(batch), _Tally()
        self._check_all(batch, rules, tally, replace(actor, command=None))
        return self._reported(batch_id, tally, actor)

    def again(self, batch_id: UUID, causes: Collection[str], mended: Mended) -> None:
        """Check a batch because something changed, and say so if that changes what is known of it."""
        batch, tally = self._store.get(Batch, batch_id), _Tally(mended)
        self._check_all(batch, self._rules_of(batch), tally, Actor.system(office_id=batch.office_id))
        self._said_again(batch_id, causes, tally.changed)

    def _rules_of(self, batch: Batch) -> Check:
        return self.rules(batch.level, self._store.get(Sender, batch.sender_id), batch.dossier_id)

    def rules(self, level: Level, sender: Sender, dossier_id: UUID | None) -> Check:
        """Return the check for letters of one level, sender and dossier, as things stand now."""
        limits = self._providers[sender.provider].capabilities()
        return Check(
            Sending(
                level=level,
                sender_email=sender.account_email or "",
                missing=sender.missing | ({Missing.LINK} if sender.revoked else frozenset()),
                trade=self._settings.of(sender.office_id).choices.trade,
                levels=limits.levels,
                max_total_bytes=limits.max_total_bytes,
                max_chars=limits.max_content_chars,
                archived=dossier_id is not None and self._register.archived(dossier_id),
            )
        )

    def _check_all(self, batch: Batch, rules: Check, tally: "_Tally", actor: Actor) -> None:
        """Judge a slice while the one before is saved: the database and this process each have work to do."""
        after: UUID | None = None
        with ThreadPoolExecutor(1, "checking") as saver:
            saving = saver.submit(lambda: None)
            while rows := self._register.check_rows(batch.id, after, SLICE):
                news = self._news(rows, rules, tally)
                saving.result()
                saving = saver.submit(self._save, batch, news, actor)
                after = rows[-1].letter_id
            saving.result()

    @staticmethod
    def _news(rows: Sequence[CheckRow], rules: Check, tally: "_Tally") -> list["_News"]:
        news: list[_News] = []
        for row in rows:
            if tally.left_alone(row):
                continue
            verdict = rules.of(_written(row))
            tally.add(verdict)
            known = (row.state is not State.DRAFT, row.problems, row.warnings)
            if known != (True, verdict.problems, verdict.warnings):
                news.append((row, verdict))
        tally.changed += len(news)
        return news

    def _save(self, batch: Batch, news: Sequence["_News"], actor: Actor) -> None:
        """Record what is new. The letters are loaded only if something else happened to one of them meanwhile."""
        now = self._clock()
        letters = [_told(_standing(batch, row, now), verdict, now) for row, verdict in news]
        for attempt in range(ATTEMPTS):
            try:
                self._store.save(*letters, actor=actor)
            except Changed:  # a colleague gave one up, or its batch leaves at this moment: look again
                if attempt == ATTEMPTS - 1:
                    raise
                letters = [_told(self._store.get(Letter, row.letter_id), verdict, now) for row, verdict in news]
            else:
                return

    @retried
    def _said_again(self, batch_id: UUID, causes: Collection[str], letters: int) -> None:
        batch, counts = self._store.get(Batch, batch_id), self._register.batch_counts(batch_id)
        incompatible, warned = counts.get(State.INCOMPATIBLE, 0), self._register.warned(batch_id)
        compatible = sum(counts.values()) - counts.get(State.CANCELLED, 0) - incompatible
        batch.rechecked((compatible, incompatible, warned), letters, causes, self._clock())
        if batch.pending_events:
            self._store.save(batch, actor=Actor.system(office_id=batch.office_id))

    def _reported(self, batch_id: UUID, tally: "_Tally", actor: Actor) -> Report:
        for attempt in range(ATTEMPTS):
            batch = self._store.get(Batch, batch_id)
            counts = self._register.batch_counts(batch_id)
            compatible = sum(counts.values()) - counts.get(State.CANCELLED, 0) - tally.incompatible
            batch.checked(compatible, tally.incompatible, tally.warned, self._clock())
            report = Report(
                batch_id=batch_id,
                check=batch.check,
                asked=batch.asked,
                compatible=compatible,
                incompatible=tally.incompatible,
                warned=tally.warned,
                changed=tally.changed,
                by_code=dict(sorted(tally.by_code.items())),
            )
            try:
                self._store.save(batch, actor=actor, outcome=asdict(report) | {"batch_id": str(batch_id)})
            except Changed:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return report
        raise AssertionError  # the loop returns or raises


class _Tally:
    """The figures of a report, counted while the slices go by; `mended` if nobody asked for it."""

    def __init__(self, mended: Mended | None = None) -> None:
        self._mended = mended
        self.incompatible = self.warned = self.changed = 0
        self.by_code: Counter[str] = Counter()

    def left_alone(self, row: CheckRow) -> bool:
        """Tell whether what a provider refused stays refused: nobody asked, and its recipient is as they were."""
        return self._mended is not None and row.rejected and not self._mended.since_refused(row)

    def add(self, verdict: Verdict) -> None:
        """Count one letter."""
        self.incompatible += bool(verdict.problems)
        self.warned += bool(verdict.warnings)
        self.by_code.update(code.value for code in (*verdict.problems, *verdict.warnings))


_News = tuple[CheckRow, Verdict]
"""A letter about which a check found something else than the one before."""


def _standing(batch: Batch, row: CheckRow, now: datetime) -> Letter:
    return Letter.standing(
        row.letter_id,
        row.version,
        now,
        office_id=batch.office_id,
        dossier_id=batch.dossier_id,
        batch_id=batch.id,
        state=row.state,
        problems=row.problems,
        warnings=row.warnings,
    )


def _told(letter: Letter, verdict: Verdict, now: datetime) -> Letter:
    problems, warnings = ([code.value for code in codes] for codes in (verdict.problems, verdict.warnings))
    letter.check(problems, warnings, now)
    return letter


def _written(row: CheckRow) -> Written:
    return Written(
        party=row.party, documents=row.documents, markup=row.markup, chars=row.chars, twin=row.twin
    )  # fmt: skip
