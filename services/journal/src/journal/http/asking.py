"""What readers say beside what they want: why they read, and which states of the log they hold."""

from typing import Annotated

from chassis.http import CurrentActor
from fastapi import Depends, Query
from pydantic import Field

from journal.reading.purposes import REFERENCE_PATTERN, Intent, Purpose, stated


def _intent(
    actor: CurrentActor,
    purpose: Annotated[
        Purpose | None, Query(description="Why you read; the journal keeps it. Required of the compliance role.")
    ] = None,
    reference: Annotated[
        str | None, Query(pattern=REFERENCE_PATTERN, description="The number of your case, which the journal keeps.")
    ] = None,
) -> Intent:
    return stated(actor, purpose, reference)


CurrentIntent = Annotated[Intent, Depends(_intent)]
"""Who asks and why; raises PurposeRequired."""

Size = Annotated[int, Field(ge=0, le=2**53 - 1)]
Known = Annotated[list[Size] | None, Query(max_length=8, description="Sizes of checkpoints that you already hold.")]
Contents = Annotated[bool, Query(description="Whether to disclose the contents that you may see.")]
