"""What is sent and answered, with the examples of the OpenAPI document."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from chassis.http import Input
from pydantic import BaseModel, Field

from identity.application.people import MemberRow, OfficeRow, PersonRow
from identity.application.sessions import Tokens
from identity.domain.membership import Role

Token = Annotated[str, Field(min_length=1, max_length=128, examples=["k7m0m3l2Hq2vY6cJxk0m2o5b8f4n1p9r"])]
Name = Annotated[str, Field(min_length=1, max_length=100, examples=["Dupont"])]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["jeanne.dupont@example.org"])]
Phone = Annotated[str, Field(min_length=4, max_length=40, examples=["06 12 34 04 64"])]
Password = Annotated[str, Field(min_length=1, max_length=128, examples=["Une longue phrase 7"])]


class AskCode(Input):
    """The address the client types, and the invitation of the link (L-48)."""

    email: Email
    invitation: Token | None = None


class AnswerCode(Input):
    """What the person read on the phone."""

    code: Annotated[str, Field(min_length=1, max_length=32, examples=["123456"])]


class ChosenPassword(Input):
    """A new password and the right to set it."""

    setup_token: Token
    password: Password


class PasswordSignIn(Input):
    """E-mail and password."""

    email: Email
    password: Password


class Refresh(Input):
    """The last refresh token."""

    refresh_token: Token


class Confirmation(Input):
    """The token of the link in the message."""

    token: Token


class MembershipRequest(Input):
    """A newcomer asks to belong to an office (L-18)."""

    registration_token: Token
    crpcen: Annotated[str, Field(min_length=1, max_length=20, examples=["75999"])]
    recovery_email: Email
    role: Literal[Role.COLLABORATOR, Role.COMPLIANCE] = Role.COLLABORATOR


class NewClient(Input):
    """A client of the office (L-35)."""

    first_name: Name
    last_name: Name
    email: Email
    phone: Phone


class ClientChange(Input):
    """What is corrected; the rest stays."""

    first_name: Name | None = None
    last_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None


class InvitationRequest(Input):
    """Which client, of which office."""

    person_id: UUID
    office_id: UUID


class ConfirmationRequest(Input):
    """Which new member."""

    person_id: UUID


class CodeSent(BaseModel):
    """A code is on its way, if the address is known; seconds."""

    id: UUID
    masked_number: str = Field(examples=["** ** ** 04 64"])
    expires_in: int = Field(examples=[300])
    resend_in: int = Field(examples=[60])


class SignedIn(BaseModel):
    """A session."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(examples=[600])


class PasswordSetup(BaseModel):
    """The right to choose a password."""

    setup_token: str
    expires_in: int = Field(examples=[900])


class RegistrationNeeded(BaseModel):
    """The identity provider knows this person, and no office does yet."""

    registration_token: str
    first_name: str
    last_name: str
    email: str
    expires_in: int = Field(examples=[1800])


class MembershipAsked(BaseModel):
    """A membership that waits for confirmation and approval."""

    id: UUID
    person_id: UUID
    office_id: UUID


class Created(BaseModel):
    """The id of what was made."""

    id: UUID


class Office(BaseModel):
    """An office."""

    id: UUID
    crpcen: str = Field(examples=["75999"])
    name: str = Field(examples=["Étude Morel"])


class Client(BaseModel):
    """A client as the office knows it; names are null once the person was erased."""

    id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None = Field(examples=["+33612340464"])


class Member(BaseModel):
    """A membership with the person's name."""

    id: UUID
    person_id: UUID
    role: str
    state: str
    first_name: str | None
    last_name: str | None
    email: str | None
    email_confirmed: bool


class Me(BaseModel):
    """The caller."""

    id: UUID
    kind: Literal["staff", "client"]
    role: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    office: Office | None


class Items(BaseModel):
    """A short list, whole."""


class OfficeList(Items):
    """Offices."""

    items: list[Office]


class MemberList(Items):
    """Memberships."""

    items: list[Member]


def signed_in(tokens: Tokens) -> SignedIn:
    """Return the body for new tokens."""
    return SignedIn(**asdict(tokens))


def office(row: OfficeRow) -> Office:
    """Return the body for an office."""
    return Office(**asdict(row))


def client(row: PersonRow) -> Client:
    """Return the body for a client."""
    return Client(id=row.id, first_name=row.first_name, last_name=row.last_name, email=row.email, phone=row.phone)


def members(rows: list[MemberRow]) -> MemberList:
    """Return the body for memberships."""
    return MemberList(items=[Member(**asdict(row)) for row in rows])
