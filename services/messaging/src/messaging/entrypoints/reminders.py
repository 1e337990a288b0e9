"""The API of reminders: when an office reminds its clients of what they have still to send (C-04)."""

from typing import Annotated

from chassis.http import CurrentStaff, Input, example, problems
from chassis.refusal import NotAllowed
from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from messaging.application.ports import Deadlines
from messaging.application.reminding import Reminding

EXAMPLE: dict[str, JsonValue] = {"days": [-7, -1, 3]}


class RemindersIn(Input):
    """Days from the due date, negative before it; an empty list for no reminder."""

    model_config = example(EXAMPLE)

    days: Annotated[list[Annotated[int, Field(ge=-60, le=60, strict=True)]], Field(max_length=6)]


class RemindersOut(BaseModel):
    """When the office reminds, in days from the due date, earliest first."""

    model_config = example(EXAMPLE)

    days: list[int]


def router(reminding: Reminding, deadlines: Deadlines) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["reminders"], responses=problems(NotAllowed))

    @routes.get("/reminders")
    def show(actor: CurrentStaff) -> RemindersOut:
        """Tell when my office reminds its clients."""
        if actor.office_id is None:
            raise NotAllowed
        return RemindersOut(days=list(deadlines.days_of(actor.office_id)))

    @routes.put("/reminders", status_code=204)
    def choose(chosen: RemindersIn, actor: CurrentStaff) -> None:
        """Choose when my office reminds its clients; what is still to come follows at once."""
        reminding.choose(actor, chosen.days)

    return routes
