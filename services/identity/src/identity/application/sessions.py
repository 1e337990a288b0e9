"""Sessions: short access tokens, and refresh tokens that change at each use."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Store

from identity.application.digests import Digests, new_token, token_digest
from identity.application.errors import SessionRefused
from identity.application.people import Offices, People
from identity.application.visitor import Visitor
from identity.domain.device import UNKNOWN, Device
from identity.domain.membership import State
from identity.domain.sign_in import Session

ACCESS_SECONDS = 600
GRACE_SECONDS = 30
"""How long a used refresh token gives the same successor again: two tabs may ask at once."""


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Seconds without use, and in all."""

    idle_client: int = 900
    idle_staff: int = 8 * 3600
    longest: int = 12 * 3600

    def idle(self, kind: str) -> int:
        """Return how long a session of this kind of person may lie unused."""
        return self.idle_staff if kind == "staff" else self.idle_client


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Who is signed in, and as what."""

    id: UUID
    person_id: UUID
    kind: str
    office_id: UUID | None
    role: str | None
    device: Device = UNKNOWN


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A place where somebody is signed in; `used_at` is when it last asked for new tokens, ten minutes ago at most."""

    id: UUID
    device: Device
    began_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a signed-in person carries."""

    access_token: str
    refresh_token: str
    expires_in: int = ACCESS_SECONDS


class Turn(StrEnum):
    """What became of a refresh token that was shown."""

    ROTATED = "rotated"
    REUSED = "reused"
    ENDED = "ended"


class SessionBook(Protocol):
    """Sessions and the digests of their refresh tokens."""

    def begin(self, session: SessionRow, refresh: bytes, longest: int) -> None:
        """Keep a new session with its first refresh token."""
        ...

    def turn(self, refresh: bytes, successor: bytes, policy: SessionPolicy) -> tuple[Turn, SessionRow] | None:
        """Exchange a refresh token for its successor; None if it never existed. A reuse ends the session."""
        ...

    def alive(self, session_id: UUID) -> bool:
        """Say whether a session has neither ended nor grown too old, and its person was not erased."""
        ...

    def open_of(self, person_id: UUID, policy: SessionPolicy) -> list[OpenSession]:
        """Return the sessions of a person that can go on, the last used first."""
        ...

    def end(self, session_id: UUID, person_id: UUID | None = None) -> bool:
        """End a session, if it is this person's; False if there is none to end."""
        ...

    def end_all(self, person_id: UUID, but: UUID | None = None) -> list[UUID]:
        """End a person's sessions, but one perhaps, and return those that ended."""
        ...


class AccessTokens(Protocol):
    """Who signs access tokens: the chassis' Signer."""

    def access_token(
        self, *, person_id: UUID, kind: str, session_id: UUID, office_id: UUID | None = None, role: str | None = None
    ) -> str:
        """Return a token of ten minutes."""
        ...


class Sessions:
    """Begin, continue and end sessions."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        book: SessionBook,
        signer: AccessTokens,
        digests: Digests,
        people: People,
        offices: Offices,
        policy: SessionPolicy,
    ) -> None:
        self._store, self._book, self._signer, self._digests = store, book, signer, digests
        self._people, self._offices, self._policy = people, offices, policy

    def begin(  # noqa: PLR0913 - who, as what, by which means
        self,
        person_id: UUID,
        kind: str,
        *,
        office_id: UUID | None,
        role: str | None = None,
        means: str,
        visitor: Visitor,
    ) -> Tokens:
        """Sign a person in."""
        session = SessionRow(uuid4(), person_id, kind, office_id, role, visitor.device)
        refresh = new_token()
        self._book.begin(session, token_digest(refresh), self._policy.longest)
        signed_in = Session(person_id=person_id, session_id=session.id, office_id=office_id, means=means)
        self._store.save(signed_in, actor=visitor.known_as(person_id, kind, office_id))
        return self._tokens(session, refresh)

    def refresh(self, refresh: str, visitor: Visitor) -> Tokens:
        """Return new tokens for a refresh token, which is then used up.

        A second use within 30 s gets the same successor; a later one means that it was stolen, and ends the session.

        Raises:
            SessionRefused: the session has ended, or just did.

        """
        successor = self._digests.of("refresh successor", refresh).hex()
        turned = self._book.turn(token_digest(refresh), token_digest(successor), self._policy)
        if turned is None:
            raise SessionRefused
        turn, session = turned
        if turn is Turn.REUSED:
            self._ended(session.id, "refresh-token-reused", visitor.nobody())
        if turn is not Turn.ROTATED:
            raise SessionRefused
        if not self._still_entitled(session):
            self._book.end(session.id)
            self._ended(session.id, "no-longer-entitled", visitor.nobody())
            raise SessionRefused
        return self._tokens(session, successor)

    def check(self, actor: Actor) -> None:
        """Let the caller pass if the session of the access token still lives.

        Identity asks this for each of its own requests, so that signing out is honoured here at once. The other
        services only verify the token: there, one that was copied before the session ended is good until it expires,
        ten minutes at most (ACCESS_SECONDS).

        Raises:
            SessionRefused: it has ended.

        """
        if actor.session_id is None or not self._book.alive(actor.session_id):
            raise SessionRefused

    def end(self, actor: Actor) -> None:
        """Sign the caller out."""
        if actor.session_id is not None:
            self._book.end(actor.session_id)
            self._ended(actor.session_id, "asked", actor)

    def mine(self, actor: Actor) -> list[OpenSession]:
        """Return where the caller is signed in (C-35)."""
        return self._book.open_of(actor.person_id, self._policy) if actor.person_id else []

    def end_mine(self, actor: Actor, session_id: UUID) -> None:
        """Sign the caller out at one of these places (C-35).

        Raises:
            NotFound: it ended before, or is not the caller's.

        """
        if actor.person_id is None or not self._book.end(session_id, actor.person_id):
            raise NotFound
        self._ended(session_id, "asked", actor)

    def end_others(self, actor: Actor, cause: str = "asked") -> None:
        """Sign the caller out everywhere else (C-35)."""
        if actor.person_id is not None:
            self.end_all(actor.person_id, cause, actor, but=actor.session_id)

    def end_all(self, person_id: UUID, cause: str, actor: Actor, *, but: UUID | None = None) -> None:
        """Sign a person out everywhere, but in one session perhaps."""
        for session_id in self._book.end_all(person_id, but):
            self._ended(session_id, cause, actor)

    def _still_entitled(self, session: SessionRow) -> bool:
        if session.kind == "client":
            person = self._people.person(session.person_id)
            return person is not None and not person.erased
        return any(
            (one.office_id, one.role, one.state) == (session.office_id, session.role, State.APPROVED)
            for one in self._offices.memberships(session.person_id)
        )

    def _ended(self, session_id: UUID, cause: str, actor: Actor) -> None:
        session = self._store.get(Session, session_id)
        session.end(cause)
        if session.pending_events:
            self._store.save(session, actor=actor)

    def _tokens(self, session: SessionRow, refresh: str) -> Tokens:
        access = self._signer.access_token(
            person_id=session.person_id,
            kind=session.kind,
            session_id=session.id,
            office_id=session.office_id,
            role=session.role,
        )
        return Tokens(access, refresh)
