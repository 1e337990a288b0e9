"""A name server that can fall silent or out of order: every name of one domain is this machine's."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from launcher.ports import LOOPBACK

ADDRESS = "127.53.0.1"
PORT = 53  # resolvers know no other
DOMAIN = "scelle.test"
LONGEST = 512  # bytes of a question over UDP (RFC 1035, 4.2.1)
_HEADER = 12
_TYPE_A, _CLASS_IN = 1, 1
_ANSWER = 0x8180  # a response, with recursion asked for and given
_FAILED, _UNKNOWN = 2, 3  # RCODE
_SECONDS_GOOD = 1


class State(Enum):
    """What becomes of a question."""

    ANSWERS = "answers"
    SILENT = "silent"
    FAILS = "fails"


class NameServer:
    """A thread that answers questions for the addresses of names in `DOMAIN`, and knows no other name."""

    def __init__(self) -> None:
        """Listen; raises OSError where this process may not."""
        self.state, self.asked = State.ANSWERS, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, PORT))
        self._thread = threading.Thread(target=self._answer, name="names", daemon=True)
        self._thread.start()

    @contextmanager
    def out_of_order(self, state: State) -> Iterator[None]:
        """Answer nobody, or everybody with a failure, for the block."""
        self.state = state
        try:
            yield
        finally:
            self.state = State.ANSWERS

    def close(self) -> None:
        """End the thread."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (ADDRESS, PORT))
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(LONGEST)
            if not question:
                return
            self.asked += 1
            if self.state is not State.SILENT:
                self._socket.sendto(reply(question, failed=self.state is State.FAILS), asker)


def reply(question: bytes, *, failed: bool = False) -> bytes:
    """Return the answer to a question about one name (RFC 1035, 4.1)."""
    labels, place = [], _HEADER
    while length := question[place]:
        labels.append(question[place + 1 : place + 1 + length].decode("ascii").lower())
        place += 1 + length
    end = place + 5  # the root, the type, the class
    kind = int.from_bytes(question[place + 1 : place + 3])
    known = ".".join(labels).endswith(f".{DOMAIN}")
    code = _FAILED if failed else 0 if known else _UNKNOWN
    found = known and not failed and kind == _TYPE_A
    counts = b"".join(number.to_bytes(2) for number in (1, int(found), 0, 0))
    answer = question[:2] + (_ANSWER | code).to_bytes(2) + counts + question[_HEADER:end]
    if found:
        numbers = (0xC000 | _HEADER, _TYPE_A, _CLASS_IN)
        address = IPv4Address(LOOPBACK).packed
        answer += b"".join(number.to_bytes(2) for number in numbers) + _SECONDS_GOOD.to_bytes(4)
        answer += len(address).to_bytes(2) + address
    return answer


def within(folder: Path) -> tuple[str, ...]:
    """Return what a command is put behind so that it, and what it starts, asks this server and no other."""
    configuration = folder / "resolv.conf"
    configuration.write_text(f"nameserver {ADDRESS}\noptions timeout:1 attempts:2\n")
    configuration.chmod(0o644)
    mount = f"mount --bind '{configuration}' /etc/resolv.conf && exec \"$@\""
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh")


def may_serve(folder: Path) -> bool:
    """Tell whether this process may listen there, and give a command another name server."""
    try:
        with NameServer():
            asking = [*within(folder), "getent", "ahostsv4", f"anybody.{DOMAIN}"]
            found = subprocess.run(asking, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    except OSError:  # the port or the program
        return False
    return found.stdout.startswith(LOOPBACK)
