"""The online check: whoever holds a bundle learns what it is worth, without an account and without leaving it here."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from chassis.http import accept_stream, example, problems
from chassis.http.problems import BodyTooLarge, BodyTooSlow, Invalid
from fastapi import APIRouter, Query, Request
from proof.policy import Policy
from proof.verify import SIGNED, Trust, verify
from pydantic import BaseModel, Field, JsonValue

MAX_BUNDLE = 32 * 1024 * 1024  # bytes; the command has a wider limit
TURNS = 2  # bundles read and checked at once; the others wait
BODY_SECONDS = 30.0

SCOPE: dict[str, JsonValue] = {"id": "0b9f7c1e-2f53-4c7e-9d0a-6f1c2b3a4d5e", "kind": "dossier"}
CHECK: dict[str, JsonValue] = {
    "name": "event-state",
    "family": "LOCAL_INTEGRITY",
    "state": "failed",
    "examined": 17,
    "findings": ["408"],
}
REPORT: dict[str, JsonValue] = {
    "format": "scelle-report/2",
    "verdict": "tampered",
    "level": None,
    "asked": 1,
    "origin": "journal.example/prod",
    "size": 412,
    "root": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    "scope": SCOPE,
    "entries": 17,
    "witnessed_at": "2026-03-02T09:30:05.000000Z",
    "stamped_at": "2026-03-02T09:30:06.000000Z",
    "problem": None,
    "checks": [CHECK],
}


class ScopeAnswer(BaseModel):
    """What a bundle is about."""

    model_config = example(SCOPE)

    id: str
    kind: str


class CheckAnswer(BaseModel):
    """One named check: how many things it looked at, and where something is wrong."""

    model_config = example(CHECK)

    name: str
    family: str
    state: Literal["passed", "failed", "not-applicable"]
    examined: int
    findings: list[str]


class Verification(BaseModel):
    """The report that `scelle verify --json` prints (docs/spec/journal.md, section 9)."""

    model_config = example(REPORT)

    format: str
    verdict: Literal["intact", "tampered", "malformed", "below-level"]
    level: int | None = Field(description="reached; null where something failed")
    asked: int
    origin: str | None
    size: int | None
    root: str | None = Field(description="base64")
    scope: ScopeAnswer | None
    entries: int
    witnessed_at: datetime | None
    stamped_at: datetime | None
    anchors: list[str] | None = Field(
        default=None, description="what each public anchor is worth; only where there are some"
    )
    anchored_at: datetime | None = Field(default=None, description="the time of the block that anchors it")
    problem: str | None
    checks: list[CheckAnswer]


def verification_routes(policy: Callable[[], Policy]) -> APIRouter:
    """Return the route that anybody may call."""
    router = APIRouter(tags=["verification"])
    turns = asyncio.Semaphore(TURNS)

    @router.post(
        "/verifications",
        dependencies=[accept_stream(MAX_BUNDLE)],
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
        response_model_exclude_unset=True,
        responses=problems(BodyTooSlow, BodyTooLarge),
    )
    async def check(request: Request, level: Annotated[int, Query(ge=0, le=5)] = SIGNED) -> Verification:
        """Verify the bundle in the body under the journal's own policy; nothing of it is kept.

        The answer is worth what the journal's word is worth: whoever doubts it verifies with a file of their own.
        """
        async with turns:
            data = await _body(request)
            if not data:
                raise Invalid(errors=[{"pointer": "#", "detail": "send the bundle as the body"}])
            report = await asyncio.to_thread(verify, data, Trust(datetime.now(UTC), policy()), level=level)
        said: dict[str, Any] = json.loads(report.to_json())
        return Verification.model_validate(said)

    return router


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise BodyTooSlow from None
