"""What the API takes, with examples."""

from typing import Annotated
from uuid import UUID

from chassis.http import Input, Instant, Line
from pydantic import Field

from lre_gateway.domain.office_settings import FEWEST_YEARS, MOST_YEARS
from lre_gateway.domain.vocabulary import HoldMode, Kind, Level, Printing, Trade

MAX_LETTERS = 500
MAX_IDS = 1_000
MAX_FILES = 50
MAX_TEXT = 100_000
"""Above what a letter may have: the check says so in its own words, and the other letters go on."""
_NOT_IN_A_NAME = frozenset("/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\n\r\t")

Name = Annotated[Line, Field(max_length=200, examples=["Durand"])]
Email = Annotated[Line, Field(max_length=254, examples=["jean.durand@example.org"])]
Code = Annotated[Line, Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$", examples=["etude"])]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=MAX_IDS)]
Reference = Annotated[Line, Field(max_length=60, examples=["2026-0042"])]


def file_name(name: str) -> str:
    """Return the name of a file, or raise ValueError."""
    if name in {".", ".."} or _NOT_IN_A_NAME & set(name) or not name.isprintable():
        raise ValueError("a file name has no path, no line break and no change of writing direction")
    return name


class OfficeChoices(Input):
    """What the office chooses about its letters."""

    trade: Trade
    retention_years: Annotated[int, Field(ge=FEWEST_YEARS, le=MOST_YEARS, examples=[10])]
    hold_mode: HoldMode


class NewSender(Input):
    """The e-mail of an account at the provider, and who of the office holds its key (A-11, A-12)."""

    email: Email
    holder_id: UUID | None = None
    """The caller, unless it says otherwise."""


class EntityPayment(Input):
    """How the letters of a billing entity are paid (A-26)."""

    sender_id: UUID
    label: Annotated[Line, Field(max_length=120, examples=["Étude Martin"])]
    payment_method: Code


class Postal(Input):
    """Where paper goes."""

    line1: Annotated[Line, Field(min_length=1, max_length=120, examples=["12 rue des Lilas"])]
    line2: Annotated[Line, Field(max_length=120)] = ""
    postcode: Annotated[Line, Field(min_length=1, max_length=20, examples=["75011"])]
    city: Annotated[Line, Field(min_length=1, max_length=80, examples=["Paris"])]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["FR"])] = "FR"


class NewRecipient(Input):
    """Someone to whom the office writes; with `person_id` a client of the office, whose erasure counts here too."""

    kind: Kind
    last_name: Name = ""
    first_name: Name = ""
    company: Name | None = None
    email: Email = ""
    postal: Postal | None = None
    person_id: UUID | None = None


class RecipientChange(Input):
    """What is sent changes, what is absent stays; null removes company or postal address."""

    kind: Kind = Kind.INDIVIDUAL
    last_name: Name = ""
    first_name: Name = ""
    company: Name | None = None
    email: Email = ""
    postal: Postal | None = None


class NewConsents(Input):
    """People agreed: the document that shows it is one that was uploaded to the office (A-16)."""

    recipient_ids: Ids
    document_id: UUID
    at: Instant | None = None
    """When they said so; now, unless it says otherwise."""


class Recipients(Input):
    """Some recipients."""

    recipient_ids: Ids


class ConsentRefresh(Input):
    """The sending account whose answers are asked for, about some recipients or all (A-18)."""

    sender_id: UUID
    recipient_ids: Annotated[list[UUID], Field(max_length=MAX_IDS)] | None = None


class ConsentRequest(Input):
    """The sending account that has the provider ask some recipients."""

    sender_id: UUID
    recipient_ids: Ids


class OptOut(Input):
    """Whether they want paper instead of electronic notices."""

    opted_out: bool


class Print(Input):
    """How paper is printed (A-42)."""

    colour: bool = False
    sides: Printing = Printing.SIMPLEX


class NewLetter(Input):
    """One letter: to whom, about what, with which files; `text` may have the marks p, br, b, i, u, lists, h1 to h3."""

    recipient_id: UUID
    subject: Annotated[Line, Field(min_length=1, max_length=200, examples=["Notification"])]
    text: Annotated[str, Field(max_length=MAX_TEXT, examples=["<p>Madame, Monsieur,</p>"])] = ""
    attachments: Annotated[list[UUID], Field(max_length=MAX_FILES)] = Field(default_factory=list)


class BatchFacts(Input):
    """What the letters of a batch have in common (A-31, A-72)."""

    sender_id: UUID
    level: Level
    dossier_id: UUID | None = None
    entity: Code | None = None
    payment_method: Code | None = None
    """That of the entity, unless it says otherwise."""
    print: Print | None = None
    dossier_reference: Reference = ""


class NewBatch(BatchFacts):
    """A batch with its letters; more can be added."""

    letters: Annotated[list[NewLetter], Field(min_length=1, max_length=MAX_LETTERS)]


class MoreLetters(Input):
    """Letters to add."""

    letters: Annotated[list[NewLetter], Field(min_length=1, max_length=MAX_LETTERS)]


class Reissue(Input):
    """To whom instead, if the first address does not work, and at which level: on paper after a bounce."""

    recipient_id: UUID | None = None
    level: Level | None = None


class Answer(Input):
    """Whether the recipient may be accepted under the other name (A-65)."""

    accept: bool


class Release(Input):
    """Letters that wait, and the code that the holder of the key reads now; it is kept nowhere (A-53)."""

    letter_ids: Ids
    code: Annotated[str, Field(pattern=r"^\d{6}$", examples=["123456"], repr=False)]
