"""Codes by SMS: asked for, sent, answered (L-49, L-50).

An address that nobody has gets a challenge like any other, so that body, status and time of the answers say nothing.
"""

import hmac
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID, uuid4

from eventstore import Store

from identity.application.digests import Digests, new_code, new_token
from identity.application.errors import CodeRefused, TooManyAttempts
from identity.application.limits import Limits, at_most
from identity.application.visitor import Visitor
from identity.domain.contact import masked, same_email
from identity.domain.sign_in import NOBODY, RefusedCode

BY_AUTHENTICATOR = "sign-in-with-authenticator"
"""The purpose of a challenge that an app answers, and no message."""


@dataclass(frozen=True, slots=True)
class CodePolicy:
    """Times in seconds; caps are codes asked for."""

    seconds: int = 300
    tries: int = 5
    resend_seconds: int = 60
    per_hour: int = 5
    per_day: int = 10
    per_ip_hour: int = 20
    delivery_seconds: int = 30
    """After which a second provider sends another code if the first has not delivered."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a code goes to."""

    person_id: UUID
    office_id: UUID | None
    phone: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What the person sees after asking for a code; no number where an app gives it."""

    id: UUID
    masked_number: str | None
    expires_in: int
    resend_in: int
    means: str = "sms"


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """A code asked for, as it is kept."""

    id: UUID
    purpose: str
    who: bytes
    person_id: UUID | None
    office_id: UUID | None
    token: bytes | None
    code: bytes


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge of which one try was just counted."""

    person_id: UUID | None
    office_id: UUID | None
    purpose: str
    token: bytes | None
    code: bytes
    ended: bool
    expired: bool
    answered_by: str = "code"
    """What answered it: a code by SMS, or what `SecondProofs` says."""


class SecondProofs(Protocol):
    """Apps of people's own."""

    def answers(self, person_id: UUID, code: str) -> str | None:
        """Return what a code is, None for a wrong one; a right one is used up."""
        ...


class Challenges(Protocol):
    """The challenges under way."""

    def open(self, new: NewChallenge, policy: CodePolicy) -> int:
        """End the older challenges of the same `who` and keep this one; or return how many seconds to wait."""
        ...

    def take_try(self, challenge_id: UUID, tries: int) -> Challenge | None:
        """Count a try; None if there is no such challenge or no try is left."""
        ...

    def end(self, challenge_id: UUID) -> bool:
        """End a challenge; False if that was done before."""
        ...

    def end_all(self, person_id: UUID) -> None:
        """End the challenges of a person."""
        ...


class Delivery(Protocol):
    """The way to phones."""

    def hand_over(self, new: NewChallenge, recipient: Recipient, code: str, visitor: Visitor) -> None:
        """Have a code sent, while the caller answers: what a known person costs must not be seen from outside."""
        ...


class Codes:
    """Send codes and check answers."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        challenges: Challenges,
        limits: Limits,
        delivery: Delivery,
        digests: Digests,
        second: SecondProofs,
        policy: CodePolicy,
    ) -> None:
        self._store, self._challenges, self._limits, self._delivery = store, challenges, limits, delivery
        self._digests, self._second, self._policy = digests, second, policy

    def send(
        self, purpose: str, email: str, recipient: Recipient | None, visitor: Visitor, token: bytes | None = None
    ) -> Sent:
        """Send a code to the recipient, or to nobody with the same answer.

        Codes are counted for the address together with the link or the person that they are asked for with: whoever
        has a link of their own cannot use up the codes of somebody else's address.

        Raises:
            TooManyAttempts: too many codes for this address or IP, or the last one was sent a moment ago.

        """
        policy, address = self._policy, same_email(email)
        self._limits.admit(self._limits.cap(at_most(policy.per_ip_hour), "code-ip", visitor.ip))
        challenge_id, code = uuid4(), new_code()
        whose = recipient.person_id if recipient else NOBODY
        new = NewChallenge(
            id=challenge_id,
            purpose=purpose,
            who=self._digests.of("code asked", purpose, address, token.hex() if token else str(whose)),
            person_id=recipient.person_id if recipient else None,
            office_id=recipient.office_id if recipient else None,
            token=token,
            code=self._digests.code(challenge_id, code),
        )
        if wait := self._challenges.open(new, policy):
            raise TooManyAttempts(retry_after=wait)
        if recipient:
            self._delivery.hand_over(new, recipient, code, visitor)
        number = recipient.phone if recipient else self._digests.last_digits(address)
        return Sent(challenge_id, masked(number), policy.seconds, policy.resend_seconds)

    def expect(self, purpose: str, email: str, person_id: UUID, office_id: UUID | None, visitor: Visitor) -> Sent:
        """Wait for a code of the person's app, as often and as long as for one by SMS; none has to cool down.

        Raises:
            TooManyAttempts: too many for this address or IP.

        """
        policy = replace(self._policy, resend_seconds=0)
        self._limits.admit(self._limits.cap(at_most(policy.per_ip_hour), "code-ip", visitor.ip))
        challenge_id = uuid4()
        new = NewChallenge(
            id=challenge_id,
            purpose=purpose,
            who=self._digests.of("code asked", purpose, same_email(email), str(person_id)),
            person_id=person_id,
            office_id=office_id,
            token=None,
            code=self._digests.code(challenge_id, new_token()),  # of nothing that is sent
        )
        if wait := self._challenges.open(new, policy):
            raise TooManyAttempts(retry_after=wait)
        return Sent(challenge_id, None, policy.seconds, 0, "authenticator")

    def answer(self, challenge_id: UUID, code: str, visitor: Visitor) -> Challenge:
        """Return the challenge that this code answers, which it does once.

        Raises:
            CodeRefused: whatever the reason is; the event says which.

        """
        challenge = self._challenges.take_try(challenge_id, self._policy.tries)
        if challenge is None:
            raise CodeRefused
        proof = self._proof(challenge_id, challenge, code)
        if proof is None or challenge.person_id is None:
            self._refused(challenge.person_id, challenge.office_id, "wrong", visitor)
        elif challenge.expired:
            self._refused(challenge.person_id, challenge.office_id, "expired", visitor)
        elif challenge.ended or not self._challenges.end(challenge_id):
            self._refused(challenge.person_id, challenge.office_id, "used", visitor)
        else:
            return replace(challenge, answered_by=proof)
        raise CodeRefused

    def _proof(self, challenge_id: UUID, challenge: Challenge, code: str) -> str | None:
        if challenge.purpose == BY_AUTHENTICATOR and challenge.person_id is not None:
            over = challenge.expired or challenge.ended  # then nothing is used up
            return None if over else self._second.answers(challenge.person_id, code)
        return "code" if hmac.compare_digest(self._digests.code(challenge_id, code), challenge.code) else None

    def _refused(self, person_id: UUID | None, office_id: UUID | None, cause: str, visitor: Visitor) -> None:
        refused = RefusedCode(person_id=person_id or NOBODY, office_id=office_id, cause=cause)
        self._store.save(refused, actor=visitor.nobody())
