"""What the API gives of batches, with examples."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.http import Output, Page, example

from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import HoldMode, Level
from lre_gateway.entrypoints.http import examples
from lre_gateway.entrypoints.http.answers import Obstacle


class BatchCreated(Output):
    """The batch and its letters, in the order sent."""

    model_config = example(examples.BATCH_CREATED)

    id: UUID
    letter_ids: list[UUID]


class LettersAdded(Output):
    """The letters that were added, in the order sent."""

    model_config = example(examples.LETTERS_ADDED)

    letter_ids: list[UUID]


class RowRefused(Output):
    """A row that became no letter; the row of names is number 1."""

    model_config = example(examples.ROW_REFUSED)

    row: int
    code: str
    detail: str


class Imported(Output):
    """What became of the rows of a table."""

    model_config = example(examples.IMPORTED)

    batch_id: UUID | None
    letters: int
    recipients_added: int
    refused: list[RowRefused]


class Report(Output):
    """How many letters of a batch can leave (A-38); `changed` differ from the report before."""

    model_config = example(examples.REPORT)

    batch_id: UUID
    check: int
    asked: int
    compatible: int
    incompatible: int
    warned: int
    changed: int
    by_code: dict[str, int]


class LetterError(Output):
    """A letter that cannot leave, with its recipient and every reason (A-43)."""

    model_config = example(examples.ERROR)

    letter_id: UUID
    recipient_id: UUID
    recipient: str | None
    subject: str | None
    by_provider: bool
    problems: list[Obstacle]


class LetterErrorPage(Page[LetterError]):
    """Letters that cannot leave; `next` opens the following page and is null on the last."""

    model_config = example({"items": [examples.ERROR], "next": None})


class Progress(Output):
    """How far the sending has come (A-48), and whether the check was redone because something changed."""

    model_config = example(examples.PROGRESS)

    asked: int
    done: int
    by_state: dict[State, int]
    paused: str | None
    finished: bool
    rechecked_at: datetime | None
    rechecked_for: list[Literal["cancellation", "dossier", "office", "recipient", "sender"]]


class BatchLine(Output):
    """A batch in a list."""

    model_config = example(examples.BATCH_LINE)

    id: UUID
    dossier_id: UUID | None
    sender_id: UUID
    level: Level
    level_name: str
    hold_mode: HoldMode
    entity: str | None
    payment_method: str | None
    created_by: UUID
    created_at: datetime
    asked: int
    check: int
    checked_at: datetime | None
    compatible: int
    incompatible: int
    warned: int
    submitted_at: datetime | None
    paused: str | None
    finished_at: datetime | None


class BatchPage(Page[BatchLine]):
    """Batches, newest first; `next` opens the following page and is null on the last."""

    model_config = example({"items": [examples.BATCH_LINE], "next": None})


class BatchView(BatchLine):
    """A batch on its own page."""

    model_config = example(examples.BATCH)

    progress: Progress


class Submission(Output):
    """How many letters are on their way to the provider."""

    model_config = example(examples.SUBMISSION)

    letters: int
