"""Sign-ins: what was sent, what was refused, and sessions. Codes and passwords are no events."""

from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event

NOBODY = UUID(int=0)
"""The person of a refusal that is about nobody known (the nil UUID of RFC 9562)."""


class Invitation(Aggregate):
    """An office invites a client to the platform (L-46)."""

    TOPIC = "identity.invitation"

    class Created(AggregateCreated):
        """The office asked."""

        TOPIC = "identity.client-invited"
        person_id: UUID
        office_id: UUID

    @event(Created)
    def __init__(self, person_id: UUID, office_id: UUID) -> None:
        self.person_id = person_id
        self.office_id = office_id


class SentCode(Aggregate):
    """A code went to the person's phone (L-49)."""

    TOPIC = "identity.sent-code"

    class Created(AggregateCreated):
        """The provider took the message."""

        TOPIC = "identity.code-sent"
        person_id: UUID
        office_id: UUID | None
        purpose: str

    @event(Created)
    def __init__(self, person_id: UUID, office_id: UUID | None, purpose: str) -> None:
        self.person_id = person_id
        self.office_id = office_id
        self.purpose = purpose


class RefusedCode(Aggregate):
    """A code was refused, or not sent; each refusal stands alone, so that many at once do not contend."""

    TOPIC = "identity.refused-code"

    class Created(AggregateCreated):
        """The code was wrong, late or used, or the number had its share."""

        TOPIC = "identity.code-refused"
        person_id: UUID
        office_id: UUID | None
        cause: str

    @event(Created)
    def __init__(self, person_id: UUID, office_id: UUID | None, cause: str) -> None:
        self.person_id = person_id
        self.office_id = office_id
        self.cause = cause


class RefusedSignIn(Aggregate):
    """A sign-in was refused; each refusal stands alone, like those of codes."""

    TOPIC = "identity.refused-sign-in"

    class Created(AggregateCreated):
        """Nobody was let in."""

        TOPIC = "identity.sign-in-refused"
        person_id: UUID
        office_id: UUID | None
        cause: str

    @event(Created)
    def __init__(self, person_id: UUID, office_id: UUID | None, cause: str) -> None:
        self.person_id = person_id
        self.office_id = office_id
        self.cause = cause


class Session(Aggregate):
    """From a sign-in to its end."""

    TOPIC = "identity.session"

    class Created(AggregateCreated):
        """The person is in."""

        TOPIC = "identity.signed-in"
        person_id: UUID
        session_id: UUID
        office_id: UUID | None
        means: str

    class SignedOut(AggregateEvent):
        """The session is over."""

        TOPIC = "identity.signed-out"
        person_id: UUID
        session_id: UUID
        cause: str

    @event(Created)
    def __init__(self, person_id: UUID, session_id: UUID, office_id: UUID | None, means: str) -> None:
        self.person_id = person_id
        self.session_id = session_id
        self.office_id = office_id
        self.means = means
        self.ended = False

    @staticmethod
    def create_id(session_id: UUID) -> UUID:
        """Return the session's own id, which access tokens carry."""
        return session_id

    def end(self, cause: str) -> None:
        """End the session, once."""
        if not self.ended:
            self.trigger_event(self.SignedOut, person_id=self.person_id, session_id=self.session_id, cause=cause)

    @event(SignedOut)
    def _ended(self) -> None:
        self.ended = True
