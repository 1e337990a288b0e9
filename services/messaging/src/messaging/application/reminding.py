"""Clients are reminded around a due date, and the office is told when it passed (C-04)."""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from chassis.actor import Actor
from chassis.client import Unavailable
from chassis.refusal import NotAllowed
from eventstore import Changed, Store

from messaging.application.announcing import BOTH, for_each
from messaging.application.ports import Deadlines, Dossiers, Due
from messaging.domain.deadline import Deadline, Reminders
from messaging.domain.notification import Channel, Notice, Notification, Template

log = logging.getLogger(__name__)

PARIS = ZoneInfo("Europe/Paris")
HOUR = 9
"""Reminders leave from this hour on, in Paris."""
BATCH = 20


class Reminding:
    """Queue what is due: each reminder once, together with the note that its day came.

    Nothing but the events remembers what is to come: a process that dies between two reminders, or in one, leaves
    the next to start again from them. What has still to be sent is asked of dossier at that moment, so nobody is
    reminded of what they sent, of what was called off, or in a dossier that was archived. After an absence only the
    latest of the missed reminders leaves.
    """

    def __init__(self, store: Store, deadlines: Deadlines, dossiers: Dossiers, now: Callable[[], datetime]) -> None:
        self._store = store
        self._deadlines = deadlines
        self._dossiers = dossiers
        self._now = now

    def remind_due(self) -> int:
        """Deal with some of what is due; return with how many."""
        done = 0
        for due in self._deadlines.due(self._today(), BATCH):
            try:
                self._remind(due)
                done += 1
            except (Unavailable, Changed):
                continue  # dossier is away, or another process was faster: the next look tells
            except Exception:  # one that cannot be queued keeps no other back
                log.exception("reminder-not-queued")
        return done

    def choose(self, actor: Actor, days: Sequence[int]) -> None:
        """Let an office choose when its clients are reminded, in days from the due date; none at all for never."""
        if actor.office_id is None or actor.person_id is None or actor.role == "compliance":
            raise NotAllowed
        chosen = Reminders(office_id=actor.office_id, actor_id=actor.person_id, days=sorted(set(days)))
        self._store.save(chosen, actor=actor)

    def _today(self) -> date:
        """Return the day whose reminders leave now: before the hour it is still yesterday's."""
        return (self._now().astimezone(PARIS) - timedelta(hours=HOUR)).date()

    def _remind(self, due: Due) -> None:
        deadline = self._store.get(Deadline, due.deadline_id)
        missing = self._dossiers.missing(deadline.dossier_id, deadline.client_id)
        left = any(one.due_on == deadline.due_on for one in missing)
        deadline.reach(due.days, reminded=left)
        told = self._notifications(deadline, due.days) if left else []
        self._store.save(deadline, *told, actor=Actor.system(office_id=deadline.office_id))

    def _notifications(self, deadline: Deadline, days: int) -> list[Notification]:
        late = days > 0
        notice = Notice(
            person_id=deadline.client_id,
            channel=Channel.EMAIL,
            template=Template.REMINDER_OVERDUE if late else Template.REMINDER,
            office_id=deadline.office_id,
            dossier_id=deadline.dossier_id,
            due_on=deadline.due_on,
        )
        notices = [notice]
        readers = self._dossiers.readers(deadline.dossier_id) if late else None
        if readers:
            office = Notice(
                person_id=deadline.client_id,
                channel=Channel.EMAIL,
                template=Template.DEADLINE_PASSED,
                office_id=deadline.office_id,
                dossier_id=deadline.dossier_id,
                about_id=deadline.client_id,
                due_on=deadline.due_on,
            )
            notices += for_each(readers.staff_ids, BOTH, office)
        return [Notification.queue(_id(deadline.id, days, one), one, f"messaging:{deadline.id}") for one in notices]


def _id(deadline_id: UUID, days: int, notice: Notice) -> UUID:
    """Return the same id for the same reminder."""
    return uuid5(deadline_id, f"{days}/{notice.template}/{notice.channel}/{notice.person_id}")
