"""What clients take back is destroyed: said first, then done; the vault says that it is done."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chassis.tokens import Signer, Ticket

AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnFile:
    """A version whose bytes nobody may keep, and where it belongs."""

    version_id: UUID
    request_id: UUID
    dossier_id: UUID
    office_id: UUID
    client_id: UUID


class WithdrawnFiles(Protocol):
    """The withdrawn versions whose bytes may still be there."""

    def due(self, limit: int) -> Sequence[WithdrawnFile]:
        """Return some of them."""
        ...

    def settle(self, version_id: UUID) -> None:
        """Forget one: its bytes are gone."""
        ...


class Shredder(Protocol):
    """Whoever keeps the bytes."""

    def destroy(self, version_id: UUID, ticket: str) -> None:
        """Destroy a version, again without harm; raise Unavailable if that cannot be done now."""
        ...


class Destroying:
    """The worker that has the bytes of withdrawn versions destroyed; a crash anywhere has it done again."""

    def __init__(self, files: WithdrawnFiles, shredder: Shredder, signer: Signer) -> None:
        self._files = files
        self._shredder = shredder
        self._signer = signer

    def step(self) -> int:
        """Destroy some; return how many. Raises Unavailable: then the others come later."""
        due = self._files.due(AT_ONCE)
        for file in due:
            self._shredder.destroy(file.version_id, self._signer.ticket(_ticket(file)))
            sys.audit("scelle.crashpoint", "dossier.bytes-destroyed")
            self._files.settle(file.version_id)
        return len(due)


def _ticket(file: WithdrawnFile) -> Ticket:
    return Ticket(
        action="destroy",
        version_id=file.version_id,
        request_id=file.request_id,
        dossier_id=file.dossier_id,
        office_id=file.office_id,
        actor_id=file.client_id,
        actor_kind="client",
        owner_id=file.client_id,
        name="",
        size=0,
        sha256="",
    )
