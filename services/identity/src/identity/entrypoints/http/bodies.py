"""What is sent and answered, with the examples of the OpenAPI document."""

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.http import Input, Line, Page, example
from pydantic import BaseModel, ConfigDict, Field

from identity.application.people import MemberRow, OfficeRow, PersonRow
from identity.application.sessions import Tokens
from identity.domain.erasure import Basis
from identity.domain.membership import Role

Token = Annotated[str, Field(min_length=1, max_length=128, examples=["k7m0m3l2Hq2vY6cJxk0m2o5b8f4n1p9r"])]
Name = Annotated[Line, Field(min_length=1, max_length=100, examples=["Dupont"])]
Email = Annotated[Line, Field(min_length=3, max_length=254, examples=["jeanne.dupont@example.org"])]
Phone = Annotated[Line, Field(min_length=4, max_length=40, examples=["06 12 34 04 64"])]
Password = Annotated[str, Field(min_length=1, max_length=128, examples=["Une longue phrase 7"])]


class AskCode(Input):
    """The address the client types, and the invitation of the link (L-48)."""

    email: Email
    invitation: Token


class AskLink(Input):
    """The address of whoever lost the link or forgot the password."""

    email: Email


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


RefuseAlike = Annotated[bool, Field(description="Refuse where another client has the name, address or number.")]


class NewClient(Input):
    """A client of the office (L-35)."""

    first_name: Name
    last_name: Name
    email: Email
    phone: Phone
    refuse_alike: RefuseAlike = False


class ClientChange(Input):
    """What is corrected; the rest stays."""

    first_name: Name | None = None
    last_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    refuse_alike: RefuseAlike = False


class ErasureRequest(Input):
    """Why a person is to be erased: at their request, because nothing asks to keep it, or because it was unlawful."""

    basis: Annotated[Basis, Field(examples=[Basis.SUBJECT_REQUEST])]


class InvitationRequest(Input):
    """Which client, of which office."""

    person_id: UUID
    office_id: UUID


class ConfirmationRequest(Input):
    """Which new member."""

    person_id: UUID


_ID = "0b9f2f0e-6c1d-4b7a-9a3e-5d1c2b3a4f50"
_PERSON_ID = "7c4e1d2a-3b5f-4c8e-8f1a-2d6b9e0c7a11"
_SECRET = "k7m0m3l2Hq2vY6cJxk0m2o5b8f4n1p9r"  # noqa: S105 - an example
_JEANNE = {"first_name": "Jeanne", "last_name": "Dupont", "email": "jeanne.dupont@example.org"}
_LEA = {"first_name": "Léa", "last_name": "Fournier", "email": "lea.fournier@etude-morel.example"}
_MOREL = {"id": _ID, "crpcen": "75999", "name": "Étude Morel"}
_MEMBER = {"id": _ID, "person_id": _PERSON_ID, "role": "collaborator", "state": "requested", **_LEA}


def like(**members: Any) -> ConfigDict:
    """Return the configuration of an answer with its example."""
    return example(members)


class CodeSent(BaseModel):
    """A code is on its way by SMS, if the address is known; or one of the person's app is waited for. Seconds."""

    model_config = like(id=_ID, means="sms", masked_number="** ** ** 04 64", expires_in=300, resend_in=60)

    id: UUID
    means: Literal["sms", "authenticator"]
    masked_number: str | None
    """Where the SMS goes; null for an app."""
    expires_in: int
    resend_in: int


class SignedIn(BaseModel):
    """A session; seconds."""

    model_config = like(
        access_token="eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJpZGVudGl0eSJ9.c2lnbmF0dXJl",  # noqa: S106 - an example
        refresh_token=_SECRET,
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        expires_in=600,
    )

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int


class PasswordSetup(BaseModel):
    """The right to choose a password; seconds."""

    model_config = like(setup_token=_SECRET, expires_in=900)

    setup_token: str
    expires_in: int


class RegistrationNeeded(BaseModel):
    """The identity provider knows this person, and no office does yet; seconds."""

    model_config = like(registration_token=_SECRET, **_LEA, expires_in=1800)

    registration_token: str
    first_name: str
    last_name: str
    email: str
    expires_in: int


class MembershipAsked(BaseModel):
    """A membership that waits for confirmation and approval."""

    model_config = like(id=_ID, person_id=_PERSON_ID, office_id="3a1e6f0c-9d2b-5e47-b8c1-6f0a4d7e2b93")

    id: UUID
    person_id: UUID
    office_id: UUID


class Created(BaseModel):
    """The id of what was made."""

    model_config = like(id=_ID)

    id: UUID


class Office(BaseModel):
    """An office."""

    model_config = like(**_MOREL)

    id: UUID
    crpcen: str
    name: str


class Client(BaseModel):
    """A client as the office knows it; names are null once the person was erased."""

    model_config = like(id=_ID, **_JEANNE, phone="+33612340464")

    id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None


class ClientPage(Page[Client]):
    """Clients by name; `next` opens the following page and is null on the last."""

    model_config = like(items=[{"id": _ID, **_JEANNE, "phone": "+33612340464"}], next=None)


class Member(BaseModel):
    """A membership with the person's name."""

    model_config = like(**_MEMBER, email_confirmed=True)

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

    model_config = like(
        id=_PERSON_ID, kind="staff", role="collaborator", **_LEA, office=_MOREL, session_id=_ID, phone="** ** ** 04 64"
    )

    id: UUID
    kind: Literal["staff", "client"]
    role: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    """Where codes go, of a client; only its last four digits are told."""
    office: Office | None
    session_id: UUID | None


class Items(BaseModel):
    """A short list, whole."""


class OfficeList(Items):
    """Offices."""

    model_config = like(items=[_MOREL])

    items: list[Office]


class MemberList(Items):
    """Memberships."""

    model_config = like(items=[_MEMBER | {"email_confirmed": True}])

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
