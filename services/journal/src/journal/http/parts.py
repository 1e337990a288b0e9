"""What the routes call, and the shapes that several of them answer with."""

from dataclasses import dataclass

from fastapi import Response

from journal.log.checkpoints import Checkpoints
from journal.log.database import Database
from journal.reading.access import Access
from journal.reading.certificate import Certificates
from journal.reading.exports import Exports
from journal.reading.peers import Peers
from journal.reading.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes call."""

    database: Database
    peers: Peers
    checkpoints: Checkpoints
    access: Access
    timeline: Timeline
    exports: Exports
    certificates: Certificates

    def close(self) -> None:
        """Close the connections."""
        self.peers.close()
        self.database.close()


def file_answer(media_type: str) -> dict[int | str, dict[str, object]]:
    """Describe an answer that is a file of this media type."""
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


def download(content: bytes, media_type: str, name: str) -> Response:
    """Answer with a file that the browser saves as `name`."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
