"""What the routes call, handed to them by the wiring."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from dossier.application.access import Access
from dossier.application.bank_accounts import BankAccounts
from dossier.application.conversations import Conversations
from dossier.application.deposits import Deposits
from dossier.application.document_requests import DocumentRequests
from dossier.application.dossiers import Dossiers
from dossier.application.office_settings import OfficeSettings
from dossier.application.ports import Directory, Files
from dossier.readmodel.bank_accounts import BankAccountRows
from dossier.readmodel.messages import Messages
from dossier.readmodel.queries import Queries


@dataclass(frozen=True, slots=True)
class Uses:
    """The use cases and the questions of one process."""

    access: Access
    dossiers: Dossiers
    office_settings: OfficeSettings
    bank_accounts: BankAccounts
    bank_account_rows: BankAccountRows
    requests: DocumentRequests
    deposits: Deposits
    conversations: Conversations
    queries: Queries
    messages: Messages
    directory: Directory
    files: Files


async def _uses(request: Request) -> Uses:
    uses: Uses = request.app.state.uses
    return uses


Using = Annotated[Uses, Depends(_uses)]
