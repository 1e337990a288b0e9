"""Lists by pages: {"items": [...], "next": cursor or null}."""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel

from chassis import cursor as cursors
from chassis.http.callers import CurrentActor

Item = TypeVar("Item")
MAX_ITEMS = 100


class Page(BaseModel, Generic[Item]):
    """One page; `next` opens the following one and is null on the last."""

    items: list[Item]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """The page asked for: `limit` items after the position `after`."""

    limit: int
    after: list[Any] | None
    _key: bytes
    _scope: str

    def cursor(self, position: list[Any]) -> str:
        """Return the cursor of the page that follows `position` (JSON values)."""
        return cursors.encode(position, key=self._key, scope=self._scope)


async def paging(
    request: Request,
    actor: CurrentActor,
    limit: Annotated[int, Query(ge=1, le=MAX_ITEMS)] = 50,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Paging:
    """Return the page asked for; a cursor is good for its actor, list and filters only."""
    filters = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"}
    )
    scope = f"{actor.person_id} {request.url.path} {filters}"
    key: bytes = request.app.state.cursor_key
    after = cursors.decode(cursor, key=key, scope=scope) if cursor is not None else None
    return Paging(limit, after, key, scope)


CurrentPaging = Annotated[Paging, Depends(paging)]
