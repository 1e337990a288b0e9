"""Page images, drawn by a process for each (`vault.adapters.drawing`)."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress

from vault.application.previews import DrawingFailed, DrawingImpossible, Drawn

SECONDS = 20.0
"""Of the clock, for all of it; the processor time has the same limit."""
MAX_IMAGE_BYTES = 32 << 20
CAUSES = {"encrypted", "damaged", "too-large", "too-complex"}


class ProcessRenderer:
    """The port Renderer."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def draw(self, content: Iterable[bytes | bytearray], media_type: str, page: int) -> Drawn:
        """Draw a page, counted from 1. Raises DrawingImpossible and DrawingFailed; errors of `content` come through."""
        command = [sys.executable, "-I", "-m", "vault.adapters.drawing", media_type, str(page)]
        with subprocess.Popen(  # noqa: S603 - our own words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        ) as process:
            timer = threading.Timer(self._seconds, process.kill)
            timer.start()
            try:
                answer = self._answer(process, content)
            finally:
                timer.cancel()
                process.kill()
        return _drawn(answer)

    def _answer(self, process: "subprocess.Popen[bytes]", content: Iterable[bytes | bytearray]) -> bytes:
        """Send the document and read what comes back; the process answers only once it has read all of it."""
        if process.stdin is None or process.stdout is None:
            raise DrawingFailed
        try:
            with suppress(BrokenPipeError):
                for piece in content:
                    process.stdin.write(piece)
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
        return process.stdout.read(MAX_IMAGE_BYTES)


def _drawn(answer: bytes) -> Drawn:
    line, _, image = answer.partition(b"\n")
    try:
        told = json.loads(line)
    except ValueError:
        raise DrawingFailed from None
    if told.get("cause") in CAUSES:
        raise DrawingImpossible(told["cause"])
    pages = told.get("pages")
    if not isinstance(pages, int) or pages < 1 or not image or len(answer) >= MAX_IMAGE_BYTES:
        raise DrawingFailed
    return Drawn(pages, image)
