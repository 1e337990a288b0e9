"""What is new in dossiers, for those who may read them: one piece of news in its own words, several in one list."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from messaging.application.addressing import Addressing, Letter, NobodyToWriteTo, NothingLeft, for_staff, given
from messaging.application.ports import Dossiers, Missing, Readers, Templates
from messaging.domain.notification import Notice, Notification, Template


@dataclass(frozen=True, slots=True)
class News:
    """Find the values of the templates; labels and numbers are asked of dossier now, and not kept."""

    dossiers: Dossiers
    templates: Templates
    addressing: Addressing

    def one(self, notice: Notice) -> Letter:
        """Tell one piece of news."""
        if notice.template in {Template.DOCUMENT_REFUSED, Template.DOCUMENT_VALIDATED}:
            return self._decision(notice)
        if notice.template is Template.DOCUMENTS_REQUESTED:
            return self._asked(notice)
        if notice.template in {Template.REMINDER, Template.REMINDER_OVERDUE}:
            return self._missing(notice)
        if notice.template is Template.MESSAGE_RECEIVED:
            return self._message(notice)
        return self._of_a_dossier(notice)

    def several(self, told: Sequence[Notification]) -> tuple[Letter, list[Notification]]:
        """Name kinds, numbers and dossiers (S-18); return also what the reader may not know any more."""
        by_dossier: dict[UUID, list[Notification]] = defaultdict(list)
        for one in told:
            by_dossier[given(one.notice.dossier_id)].append(one)
        found: dict[UUID, tuple[Readers, Counter[Template]]] = {}
        dropped: list[Notification] = []
        for dossier_id, news in by_dossier.items():
            try:
                found[dossier_id] = self._open_to(news[0].notice), self._counts(news)
            except NobodyToWriteTo:
                dropped += news
        total = sum((counts for _, counts in found.values()), Counter[Template]())
        if not total:
            raise NobodyToWriteTo if dropped else NothingLeft
        lines = [f"Dossier {one.number} ({one.title}) : {self._said(counts)}" for one, counts in found.values()]
        home = "dossiers" if for_staff(told[0].notice) else "mes-dossiers"
        only = next(iter(found)) if len(found) == 1 else None
        values = {
            "where": f"Dossier {found[only][0].number}" if only else f"{len(found)} dossiers",
            "what": self._said(total),
            "lines": "\n".join(lines),
            "url": self.addressing.url(f"{home}/{only}" if only else home),
        }
        return (self.addressing.person(told[0].notice.person_id), values), dropped

    def _counts(self, news: Sequence[Notification]) -> Counter[Template]:
        """Count by kind; of documents asked for, those that are still to be sent."""
        counts = Counter(one.notice.template for one in news)
        if Template.DOCUMENTS_REQUESTED in counts:
            notice, batches = news[0].notice, {one.notice.batch_id for one in news} - {None}
            counts[Template.DOCUMENTS_REQUESTED] = sum(one.batch_id in batches for one in self._left(notice))
        return counts

    def _said(self, counts: Mapping[Template, int]) -> str:
        return ", ".join(self.templates.amount(kind, number) for kind, number in counts.items() if number)

    def _open_to(self, notice: Notice) -> Readers:
        """Return the dossier if it exists, and if whoever of the office is told may still read it."""
        dossier = self.dossiers.readers(given(notice.dossier_id))
        if dossier is None or (for_staff(notice) and notice.person_id not in dossier.staff_ids):
            raise NobodyToWriteTo
        return dossier

    def _left(self, notice: Notice) -> Sequence[Missing]:
        return self.dossiers.missing(given(notice.dossier_id), notice.person_id)

    def _of_a_dossier(self, notice: Notice) -> Letter:
        dossier = self._open_to(notice)
        url = self.addressing.url(f"dossiers/{notice.dossier_id}")
        values = {"number": dossier.number, "title": dossier.title, "url": url}
        if notice.request_id:
            request = self.dossiers.request(notice.request_id)
            values["label"] = request.label if request else ""
        if notice.due_on:
            values["day"] = self.templates.day(notice.due_on)
        return self.addressing.person(notice.person_id), values

    def _decision(self, notice: Notice) -> Letter:
        request = self.dossiers.request(given(notice.request_id))
        if request is None:
            raise NobodyToWriteTo
        path = f"mes-dossiers/{notice.dossier_id}"
        values = {"label": request.label, "url": self.addressing.url(path)}
        if notice.template is Template.DOCUMENT_REFUSED:
            reason = request.refusals.get(given(notice.version_id))
            if reason is None:
                raise NobodyToWriteTo
            values |= {"reason": reason, "url": self.addressing.url(f"{path}?demande={notice.request_id}")}
        return self.addressing.for_the_office(notice, values)

    def _asked(self, notice: Notice) -> Letter:
        asked = [one for one in self._left(notice) if one.batch_id == notice.batch_id]
        if not asked:
            raise NothingLeft
        lines = [
            f"{one.label}, avant le {self.templates.day(one.due_on)}" if one.due_on else one.label for one in asked
        ]
        url = self.addressing.url(f"mes-dossiers/{notice.dossier_id}")
        return self.addressing.for_the_office(notice, {"url": url, "lines": "\n".join(lines)})

    def _missing(self, notice: Notice) -> Letter:
        labels = [one.label for one in self._left(notice) if one.due_on == notice.due_on]
        if not labels or notice.due_on is None:
            raise NothingLeft
        values = {
            "number": self._open_to(notice).number,
            "day": self.templates.day(notice.due_on),
            "lines": "\n".join(labels),
            "url": self.addressing.url(f"mes-dossiers/{notice.dossier_id}"),
        }
        return self.addressing.for_the_office(notice, values)

    def _message(self, notice: Notice) -> Letter:
        staff = f"dossiers/{notice.dossier_id}/messages/{notice.about_id}"
        path = staff if for_staff(notice) else f"mes-dossiers/{notice.dossier_id}/messages"
        values = {"number": self._open_to(notice).number, "url": self.addressing.url(path)}
        return self.addressing.for_the_office(notice, values)
