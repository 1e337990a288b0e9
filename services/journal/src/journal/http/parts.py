"""What the routes call, and the shapes that several of them answer with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import Response

from journal.attest.attestations import Attestations
from journal.attest.stamping import Stamper
from journal.attest.witnessing import Witnesses
from journal.log.checkpoints import Checkpoints
from journal.log.database import Database
from journal.log.policies import Policies
from journal.log.records import Records
from journal.reading.access import Access
from journal.reading.certificate import Certificates
from journal.reading.drifts import Drifts
from journal.reading.exports import Exports
from journal.reading.peers import Peers
from journal.reading.proving import Proving
from journal.reading.questions import Questions
from journal.reading.replaying import Replay
from journal.reading.report import Reports
from journal.reading.timeline import Timeline


class Closing(Protocol):
    """What holds connections."""

    def close(self) -> None:
        """Close them."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes call."""

    database: Database
    peers: Peers
    checkpoints: Checkpoints
    attestations: Attestations
    witnesses: Witnesses
    stamper: Stamper
    records: Records
    policy: Policies
    access: Access
    timeline: Timeline
    exports: Exports
    certificates: Certificates
    reports: Reports
    questions: Questions
    proving: Proving
    replay: Replay
    drifts: Drifts
    closing: Sequence[Closing] = ()

    def close(self) -> None:
        """Close the connections."""
        for part in self.closing:
            part.close()


def file_answer(media_type: str) -> dict[int | str, dict[str, object]]:
    """Describe an answer that is a file of this media type."""
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


def download(content: bytes, media_type: str, name: str) -> Response:
    """Answer with a file that the browser saves as `name`."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
