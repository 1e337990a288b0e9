"""What the routes call, handed to them by the wiring."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from lre_gateway.adapters.vault import VaultStream
from lre_gateway.application.access import Access
from lre_gateway.application.attachments import Attachments
from lre_gateway.application.batches import Batches
from lre_gateway.application.checking import Checking
from lre_gateway.application.consents import Consents
from lre_gateway.application.evidences import Evidences
from lre_gateway.application.importing import Importing
from lre_gateway.application.letters import Letters
from lre_gateway.application.office_settings import Settings
from lre_gateway.application.recipients import Recipients
from lre_gateway.application.releases import Releases
from lre_gateway.application.senders import Senders
from lre_gateway.readmodel import lists, offices


@dataclass(frozen=True, slots=True)
class Uses:
    """The use cases and the questions of one process."""

    access: Access
    settings: Settings
    senders: Senders
    recipients: Recipients
    consents: Consents
    batches: Batches
    checking: Checking
    importing: Importing
    letters: Letters
    releases: Releases
    evidences: Evidences
    attachments: Attachments
    stream: VaultStream
    letter_rows: lists.Letters
    office_rows: offices.Offices


def _uses(request: Request) -> Uses:
    uses: Uses = request.app.state.uses
    return uses


Using = Annotated[Uses, Depends(_uses)]
