"""What a scan tells of a document, and the one sign of malware that the vault looks for by itself."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["clean", "infected", "not-scanned"]
ScannerName = Literal["basic", "clamd"]
Cause = Literal["limits", "timeout", "failed"]
"""Why a document could not be scanned: it is over a limit of the scanner, it took too long, or the scanner failed."""

# The test file of the European institute for computer antivirus research, in two halves: a scanner of the machine
# on which this code lies would take the whole for an infection.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + rb"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_OVERLAP = len(EICAR) - 1
EICAR_NAME = "Eicar-Test-Signature"
MAX_SIGNATURE = 200
"""Characters of a signature's name that are kept."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scanner says of a document."""

    verdict: Verdict
    scanner: ScannerName
    signature: str | None = None
    """The name of what was found, as the scanner calls it."""
    cause: Cause | None = None
    """Why it was not scanned."""


class Watch:
    """Looks at a stream for the EICAR signature, wherever the stream is cut."""

    def __init__(self) -> None:
        self._tail = b""
        self._found = False

    def take(self, chunk: bytes | bytearray | memoryview) -> None:
        """Look at the next bytes."""
        if self._found:
            return
        seen = chunk if isinstance(chunk, bytes | bytearray) else bytes(chunk)
        edge = self._tail + bytes(seen[:_OVERLAP])
        self._found = EICAR in edge or EICAR in seen
        self._tail = edge[-_OVERLAP:] if len(seen) < _OVERLAP else bytes(seen[-_OVERLAP:])

    def finding(self) -> Finding:
        """Return what was found in all of it."""
        if self._found:
            return Finding("infected", "basic", EICAR_NAME)
        return Finding("clean", "basic")
