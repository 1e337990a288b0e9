"""Changes that must know what they change: ETag and If-Match (RFC 9110, 13.1.1; RFC 6585, 3)."""

import re
from typing import Annotated

from fastapi import Depends, Header

from chassis.refusal import Refusal, Stale

ETAG = {"description": "The version that was read, for If-Match.", "required": True, "schema": {"type": "string"}}
"""The header as the OpenAPI document describes it."""
_TAG = re.compile(r'"(\d{1,9})"')


class PreconditionMissing(Refusal):
    """Say which version you are changing: send its ETag in If-Match."""

    code, status = "precondition-missing", 428


def etag(version: int) -> str:
    """Return the ETag of a version number."""
    return f'"{version}"'


async def if_match(if_match: Annotated[str | None, Header(description="The ETag that was read.")] = None) -> int:
    """Return the version number the caller read."""
    if if_match is None:
        raise PreconditionMissing
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise Stale
    return int(found[1])


IfMatch = Annotated[int, Depends(if_match)]
"""The version the caller read; the application compares it and raises Stale."""
