"""What identity tells the others: persons, offices, memberships and sign-ins, by id only."""

from typing import ClassVar
from uuid import UUID

from contracts.erasure import KeysDestroyed
from contracts.published import Published


class OfficeRegistered(Published):
    """An office exists on the platform."""

    TOPIC: ClassVar[str] = "identity.office-registered"
    crpcen: str
    """The profession's number of the office."""


class PersonRegistered(Published):
    """A person has an account or was named by an office; who it is stays with identity."""

    TOPIC: ClassVar[str] = "identity.person-registered"
    kind: str
    """staff or client."""
    office_id: UUID | None = None


class PersonChanged(Published):
    """Name, e-mail or phone changed; ask identity for the present ones."""

    TOPIC: ClassVar[str] = "identity.person-changed"


class EmailConfirmed(Published):
    """The person proved to read the e-mail address."""

    TOPIC: ClassVar[str] = "identity.email-confirmed"


class MembershipRequested(Published):
    """A person asks to belong to an office; a notary of the office decides."""

    TOPIC: ClassVar[str] = "identity.membership-requested"
    person_id: UUID
    office_id: UUID
    role: str
    """notary, collaborator or compliance."""


class MembershipApproved(Published):
    """A notary declared that the person belongs to the office."""

    TOPIC: ClassVar[str] = "identity.membership-approved"
    person_id: UUID
    office_id: UUID
    role: str
    approved_by: UUID | None = None
    """None where the identity provider vouches for the membership."""


class MembershipRefused(Published):
    """A notary declared that the person does not belong to the office."""

    TOPIC: ClassVar[str] = "identity.membership-refused"
    person_id: UUID
    office_id: UUID
    role: str
    refused_by: UUID


class ClientInvited(Published):
    """An office invited a client to the platform."""

    TOPIC: ClassVar[str] = "identity.client-invited"
    person_id: UUID
    office_id: UUID


class CodeSent(Published):
    """A one-time code went to the person's phone."""

    TOPIC: ClassVar[str] = "identity.code-sent"
    person_id: UUID
    purpose: str


class CodeRefused(Published):
    """A wrong, reused or expired code was given."""

    TOPIC: ClassVar[str] = "identity.code-refused"
    person_id: UUID
    cause: str


class PasswordSet(Published):
    """The person chose a password."""

    TOPIC: ClassVar[str] = "identity.password-set"
    person_id: UUID
    first: bool = False
    """The person had none before."""


class SecondFactorEnabled(Published):
    """From now on codes of the person's own authenticator app are asked for at sign-in."""

    TOPIC: ClassVar[str] = "identity.second-factor-enabled"
    person_id: UUID


class SecondFactorRemoved(Published):
    """Codes at sign-in go by SMS again."""

    TOPIC: ClassVar[str] = "identity.second-factor-removed"
    person_id: UUID
    cause: str
    """asked by the person, or office: the person lost the app and asked the office."""


class SignedIn(Published):
    """A session began."""

    TOPIC: ClassVar[str] = "identity.signed-in"
    person_id: UUID
    session_id: UUID
    means: str
    """How the person proved who they are: oidc, or password-and-code, password-and-totp, password-and-recovery-code."""


class SignInRefused(Published):
    """Someone tried to sign in as this person and was turned down."""

    TOPIC: ClassVar[str] = "identity.sign-in-refused"
    person_id: UUID
    cause: str


class SignedOut(Published):
    """A session ended."""

    TOPIC: ClassVar[str] = "identity.signed-out"
    person_id: UUID
    session_id: UUID


class PersonErased(Published):
    """An office had a person erased (RGPD art. 17): nobody may keep who it was, and all that is proved stays proved."""

    TOPIC: ClassVar[str] = "identity.person-erased"
    person_id: UUID
    office_id: UUID
    """The office of whoever asked."""
    basis: str
    """Why: subject-request, retention-ended, unlawful-processing."""


class PersonKeysDestroyed(KeysDestroyed):
    """Identity destroyed its key of an erased person, with the sessions, passwords, codes and links."""

    TOPIC: ClassVar[str] = "identity.person-keys-destroyed"


EVENTS: tuple[type[Published], ...] = (
    OfficeRegistered,
    PersonRegistered,
    PersonChanged,
    EmailConfirmed,
    MembershipRequested,
    MembershipApproved,
    MembershipRefused,
    ClientInvited,
    CodeSent,
    CodeRefused,
    PasswordSet,
    SecondFactorEnabled,
    SecondFactorRemoved,
    SignedIn,
    SignInRefused,
    SignedOut,
    PersonErased,
    PersonKeysDestroyed,
)
