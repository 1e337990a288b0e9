"""A link does to connections what it was told, and nothing else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from testkit.fault_proxy import HEALTHY, Link, Network, Toxics

LARGE = bytes(range(256)) * 2000
PATIENCE = 20.0  # seconds


class Echo:
    """A server that sends back what it receives."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    @staticmethod
    def _echo(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(65536):
                connection.sendall(data)

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def link() -> Iterator[Link]:
    echo = Echo()
    with Network() as network:
        yield network.link("echo", echo.port)
    echo.close()


def asked(link: Link, data: bytes, *, patience: float = PATIENCE) -> bytes:
    """Send bytes and return what comes back until as many have come, or the connection ended."""
    with socket.create_connection(("127.0.0.1", link.port), timeout=patience) as connection:
        threading.Thread(target=_sent, args=(connection, data), daemon=True).start()
        return received(connection, len(data))


def _sent(connection: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        connection.sendall(data)


def received(connection: socket.socket, amount: int) -> bytes:
    found = b""
    while len(found) < amount and (data := connection.recv(65536)):
        found += data
    return found


@pytest.mark.parametrize(
    "toxics",
    [HEALTHY, Toxics(crumbs=700), Toxics(latency=0.05, jitter=0.05), Toxics(loss=0.2), Toxics(rate=5_000_000)],
    ids=["healthy", "crumbs", "latency", "loss", "rate"],
)
def test_every_byte_comes_in_its_order(link: Link, toxics: Toxics) -> None:
    link.put(toxics)
    assert asked(link, LARGE) == LARGE


@pytest.mark.parametrize(
    ("toxics", "least"),
    [(Toxics(latency=0.1), 0.2), (Toxics(rate=10_000), 0.2), (Toxics(loss=1.0), 0.4)],
    ids=["latency", "rate", "loss"],
)
def test_a_slow_link_takes_its_time_both_ways(link: Link, toxics: Toxics, least: float) -> None:
    link.put(toxics)
    began = time.monotonic()
    asked(link, bytes(1000))
    assert time.monotonic() - began >= least


def test_a_link_that_resets_cuts_connections_and_the_next_may_pass(link: Link) -> None:
    link.put(Toxics(reset=1.0))
    with pytest.raises(ConnectionResetError):
        asked(link, b"lost")
    link.put(HEALTHY)
    assert asked(link, b"there") == b"there"
    assert link.passed == 2


def test_a_silent_link_takes_everything_and_gives_it_when_it_heals(link: Link) -> None:
    with socket.create_connection(("127.0.0.1", link.port), timeout=0.3) as connection:
        link.put(Toxics(silent=True))
        connection.sendall(b"later")
        with pytest.raises(TimeoutError):
            connection.recv(10)
        link.put(HEALTHY)
        connection.settimeout(PATIENCE)
        assert received(connection, 5) == b"later"


def test_a_link_that_is_down_refuses_and_cuts_and_comes_back_at_the_same_port(link: Link) -> None:
    with socket.create_connection(("127.0.0.1", link.port), timeout=PATIENCE) as connection:
        connection.sendall(b"here")
        assert received(connection, 4) == b"here"
        with link.suffering(down=True):
            with pytest.raises(ConnectionResetError):
                connection.recv(10)
            with pytest.raises(ConnectionRefusedError):
                asked(link, b"nobody")
    assert asked(link, b"back") == b"back"


def test_what_comes_after_a_link_was_led_elsewhere_goes_there(link: Link) -> None:
    other = Echo()
    with socket.create_connection(("127.0.0.1", link.port), timeout=PATIENCE) as connection:
        connection.sendall(b"a")
        assert received(connection, 1) == b"a"
        link.lead_to(other.port)
        connection.sendall(b"b")
        assert received(connection, 1) == b"b"
    assert asked(link, b"c") == b"c"
    other.close()


def test_a_server_that_is_away_is_away_through_the_link_too(free_port: int) -> None:
    with Network() as network:
        link = network.link("nobody", free_port)
        with suppress(ConnectionResetError, BrokenPipeError):
            assert asked(link, b"hello") == b""
