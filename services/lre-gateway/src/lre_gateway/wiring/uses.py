"""What the routes call."""

from lre_gateway.adapters.vault import VaultStream
from lre_gateway.application.attachments import Attachments
from lre_gateway.application.evidences import Evidences
from lre_gateway.application.importing import Importing
from lre_gateway.application.letters import Letters
from lre_gateway.application.recipients import Recipients
from lre_gateway.application.senders import Senders
from lre_gateway.entrypoints.http.uses import Uses
from lre_gateway.readmodel import lists, offices
from lre_gateway.wiring.parts import Parts


def uses(parts: Parts) -> Uses:
    """Build the use cases for people."""
    return Uses(
        access=parts.access,
        settings=parts.choices,
        senders=Senders(
            store=parts.store,
            access=parts.access,
            directory=parts.directory,
            providers=parts.providers,
            default_provider=parts.settings.provider,
            clock=parts.clock,
        ),
        recipients=Recipients(
            store=parts.store,
            access=parts.access,
            directory=parts.directory,
            register=parts.register,
            clock=parts.clock,
        ),
        consents=parts.consents,
        batches=parts.batches,
        checking=parts.checking,
        importing=Importing(store=parts.store, register=parts.register, batches=parts.batches, writing=parts.writing),
        letters=Letters(
            store=parts.store,
            access=parts.access,
            register=parts.register,
            writing=parts.writing,
            providers=parts.providers,
            clock=parts.clock,
        ),
        releases=parts.releases,
        evidences=Evidences(parts.access, parts.vault),
        attachments=Attachments(parts.access, parts.vault),
        stream=VaultStream(parts.vault, parts.settings.peers["vault"]),
        letter_rows=lists.Letters(parts.store),
        office_rows=offices.Offices(parts.store),
    )
