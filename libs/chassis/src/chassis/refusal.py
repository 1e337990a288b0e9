"""Why a request was turned down, in words the person can act on; the only chassis module that a domain may import."""

import inspect
from typing import ClassVar


class Refusal(Exception):
    """The request cannot be carried out."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, **facts: object) -> None:
        """Keep `facts`, JSON values that the answer shows beside code and detail (never personal data)."""
        self.facts = facts
        super().__init__(self.detail())

    @classmethod
    def detail(cls) -> str:
        """Return the sentence shown to the person: the docstring of the class."""
        return " ".join(inspect.cleandoc(cls.__doc__ or cls.code).split())


class NotFound(Refusal):
    """Nothing is known at this address, or it is not yours to see."""

    code, status = "not-found", 404


class NotSignedIn(Refusal):
    """Sign in first: the token is missing, expired or not acceptable."""

    code, status = "not-signed-in", 401


class NotAllowed(Refusal):
    """You are signed in, but this is not something you may do."""

    code, status = "not-allowed", 403


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was already used for another request; use a new key for a new intention."""

    code, status = "idempotency-key-reused", 422


class Stale(Refusal):
    """It was changed since you read it; read it again and decide again."""

    code, status = "stale", 412
