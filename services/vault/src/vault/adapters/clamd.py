"""ClamAV's daemon, over TCP or a local socket: INSTREAM, as clamd(8) describes it."""

import re
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from vault.application.ports import ScanFailed, ScannerAway
from vault.domain.scanning import MAX_SIGNATURE, Finding, ScannerName

CONNECT_SECONDS = 5.0
SCAN_SECONDS = 300.0
"""For one answer, and for one piece to be taken."""
PIECE_BYTES = 1 << 20
MAX_ANSWER_BYTES = 4096
_FOUND = re.compile(rb"stream: (.+) FOUND")
# Answers of a document over a limit of the daemon; with AlertExceedsMax, the second is said of archives and the like.
_OVER_LIMITS = re.compile(rb"size limit exceeded|Heuristics\.Limits\.Exceeded")
_VERSION = re.compile(rb"ClamAV [^/]+/\d+/(.+)")


class Clamd:
    """The port Scanner; `address` is host:port or the path of a socket.

    `oldest` is how old the signatures may be, by the date that the daemon gives; None if the operator keeps their own.
    """

    name: ScannerName = "clamd"

    def __init__(self, address: str, oldest: timedelta | None, seconds: float = SCAN_SECONDS) -> None:
        self._address = address
        self._oldest = oldest
        self._seconds = seconds

    def ready(self) -> None:
        """Raise ScannerAway unless the daemon answers and its signatures are fresh."""
        try:
            with self._connected() as connection:
                connection.sendall(b"zVERSION\0")
                version = _answer(connection)
        except OSError as error:
            raise ScannerAway("no answer") from error
        if self._oldest is None:
            if not version.startswith(b"ClamAV "):
                raise ScannerAway("no answer")
            return
        made = _VERSION.fullmatch(version)
        if made is None or datetime.now(UTC) - _date(made[1]) > self._oldest:
            raise ScannerAway("signatures too old")

    def scan(self, chunks: Iterable[bytes | bytearray | memoryview]) -> Finding:
        """Send a document and return what is found; raise ScanFailed. Errors of `chunks` come through."""
        try:
            with self._connected() as connection:
                self._send(connection, chunks)
                return self._finding(_answer(connection))
        except TimeoutError:
            raise ScanFailed("timeout") from None
        except OSError:
            raise ScanFailed("failed") from None

    def _connected(self) -> socket.socket:
        host, _, port = self._address.rpartition(":")
        if host and port.isdigit():
            connection = socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS)
        else:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(CONNECT_SECONDS)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
        connection.settimeout(self._seconds)
        return connection

    def _send(self, connection: socket.socket, chunks: Iterable[bytes | bytearray | memoryview]) -> None:
        connection.sendall(b"zINSTREAM\0")
        for chunk in chunks:
            view = memoryview(chunk)
            for start in range(0, len(view), PIECE_BYTES):
                piece = view[start : start + PIECE_BYTES]
                try:
                    connection.sendall(struct.pack("!L", len(piece)))
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):  # over its limit, it says so and hangs up
                    return
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(struct.pack("!L", 0))

    def _finding(self, answer: bytes) -> Finding:
        if _OVER_LIMITS.search(answer):
            raise ScanFailed("limits")
        if answer == b"stream: OK":
            return Finding("clean", self.name)
        if found := _FOUND.fullmatch(answer):
            return Finding("infected", self.name, found[1].decode("ascii", "replace")[:MAX_SIGNATURE])
        raise ScanFailed("failed")


def _answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MAX_ANSWER_BYTES:
        piece = connection.recv(MAX_ANSWER_BYTES)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n")


def _date(text: bytes) -> datetime:
    """Read when the signatures were made; a date that cannot be read is very old."""
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
