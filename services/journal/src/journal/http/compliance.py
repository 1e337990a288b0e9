"""What whoever controls an office reads of it: every leaf, found by what is asked for, and the numbers left out."""

from typing import Annotated
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, Instant, Paging, example, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Depends, Query
from pydantic import Field

from journal.http.asking import CurrentIntent
from journal.http.parts import Parts
from journal.log.records import LogBehind
from journal.reading.purposes import Intent, PurposeRequired
from journal.reading.query import COUNTER, Counter, Filter
from journal.reading.questions import Asked, Questions
from journal.reading.timeline import EVENT, EventPage

Type = Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9.-]{0,99}$")]


class CountedPage(EventPage):
    """A page of leaves, and which numbers of the office it covers. All pages together cover all numbers."""

    model_config = example({"items": [EVENT], "next": None, "counters": [COUNTER], "below": 431})

    counters: list[Counter]
    below: int = Field(description="size of the log when the first page was asked for; what came later is not listed")


def _filter(  # noqa: PLR0913, PLR0917 - one parameter for each thing that may be asked about
    office: UUID | None = None,
    dossier: UUID | None = None,
    person: Annotated[UUID | None, Query(description="whoever acted, or whom the event is about")] = None,
    document: Annotated[UUID | None, Query(description="a document version")] = None,
    letter: Annotated[UUID | None, Query(description="a letter, with its files")] = None,
    actor: Annotated[UUID | None, Query(description="whoever acted")] = None,
    event_type: Annotated[list[Type] | None, Query(alias="type", max_length=16)] = None,
    since: Annotated[Instant | None, Query(alias="from", description="recorded at or after")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="recorded before")] = None,
) -> Filter:
    return Filter(
        office=office,
        dossier=dossier,
        person=person,
        document=document,
        letter=letter,
        actor=actor,
        types=tuple(event_type or ()),
        since=since,
        until=until,
    )


CurrentFilter = Annotated[Filter, Depends(_filter)]
"""What is asked for."""


def compliance_routes(parts: Parts) -> APIRouter:
    """Return the routes of whoever controls an office."""
    router = APIRouter(tags=["compliance"])

    @router.get("/events", responses=problems(NotFound, Unavailable, PurposeRequired, LogBehind))
    def events(actor: CurrentActor, intent: CurrentIntent, wanted: CurrentFilter, paging: CurrentPaging) -> CountedPage:
        """List what the log holds of an office, filtered, for its compliance role; records are listed too.

        The times of `from` and `to` are those at which the services recorded the events, by their clocks.
        """
        return _page(parts.questions, parts.questions.of_office(actor, wanted), intent, paging)

    return router


def _page(questions: Questions, asked: Asked, intent: Intent, paging: Paging) -> CountedPage:
    after, below = paging.after or (-1, None)
    answer = questions.page(asked, intent, after, below, paging.limit)
    more = paging.cursor([answer.last, answer.below]) if answer.last is not None else None
    return CountedPage(items=answer.events, next=more, counters=answer.counters, below=answer.below)
