"""The code that lets letters leave: it passes through and is kept nowhere."""

from chassis.client import Unavailable
from chassis.http import CurrentStaff, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter

from lre_gateway.domain.refusals import (
    CodeRefused,
    CodesLocked,
    NothingChosen,
    NotTheHolder,
    ProviderSilent,
    SenderRevoked,
    SeveralSenders,
)
from lre_gateway.entrypoints.http import answers, shapes
from lre_gateway.entrypoints.http.uses import Using

router = APIRouter(tags=["letters"])


@router.post(
    "/releases",
    responses=problems(
        Unavailable,
        NotFound,
        NotAllowed,
        NotTheHolder,
        CodesLocked,
        CodeRefused,
        SeveralSenders,
        NothingChosen,
        SenderRevoked,
        ProviderSilent,
    ),
)
def release(chosen: shapes.Release, actor: CurrentStaff, using: Using) -> answers.ReleaseList:
    """Release the chosen letters with one code; the others wait on (A-53). A wrong code moves none of them."""
    done = using.releases.release(actor, chosen.letter_ids, chosen.code)
    return answers.ReleaseList(items=[answers.Release.model_validate(one) for one in done])
