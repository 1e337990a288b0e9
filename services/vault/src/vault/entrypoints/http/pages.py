"""The routes of page images."""

from typing import Annotated

from chassis.http import example, problems
from chassis.refusal import NotFound
from chassis.tokens import TicketRefused
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from vault.application.previews import MAX_PAGES, Pages
from vault.domain.refusals import NoPreview, PreviewFailed, TicketForAnotherAction
from vault.entrypoints.http.documents import HARMLESS, READING_REFUSALS
from vault.entrypoints.http.tickets import CurrentBearer

PNG_HEAD = b"\x89PNG"
IMAGES: dict[str, dict[str, object]] = {"image/png": {}, "image/webp": {}}


class PageCount(BaseModel):
    """How many pages a document has."""

    model_config = example({"pages": 12})

    pages: int


def page_routes(pages: Pages) -> APIRouter:
    """Return the routes for whoever looks at a document without receiving it."""
    router = APIRouter(
        prefix="/documents/{version_id}/pages",
        tags=["page images"],
        responses=problems(
            TicketRefused, TicketForAnotherAction, NotFound, NoPreview, PreviewFailed, *READING_REFUSALS
        ),
    )

    @router.get("")
    async def count(holder: CurrentBearer) -> PageCount:
        """Tell how many page images there are, with a ticket to read. The first one is drawn for it."""
        return PageCount(pages=await pages.count(holder.actor, holder.may("view", "download")))

    @router.get("/{number}", response_class=Response, responses={200: {"content": IMAGES}})
    async def page(holder: CurrentBearer, number: Annotated[int, Path(ge=1, le=MAX_PAGES)]) -> Response:
        """Receive the image of a page, counted from 1; of the document's own data it holds pixels only.

        It is drawn when it is first asked for, in 20 s at most. A person's looking at pages is recorded as a reading.
        """
        image = await pages.page(holder.actor, holder.may("view", "download"), number)
        media_type = "image/png" if image.startswith(PNG_HEAD) else "image/webp"
        return Response(image, media_type=media_type, headers={"Content-Disposition": "inline", **HARMLESS})

    return router
