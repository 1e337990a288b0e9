"""What the routes call, handed to them by the wiring."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from dossier.application.access import Access
from dossier.application.deposits import Deposits
from dossier.application.document_requests import DocumentRequests
from dossier.application.dossiers import Dossiers
from dossier.application.ports import Directory, Files
from dossier.readmodel.queries import Queries


@dataclass(frozen=True, slots=True)
class Uses:
    """The use cases and the questions of one process."""

    access: Access
    dossiers: Dossiers
    requests: DocumentRequests
    deposits: Deposits
    queries: Queries
    directory: Directory
    files: Files


def _uses(request: Request) -> Uses:
    uses: Uses = request.app.state.uses
    return uses


Using = Annotated[Uses, Depends(_uses)]
