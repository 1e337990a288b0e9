"""A TCP relay between the store and PostgreSQL that can swallow the answer to a commit."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from eventstore import Store
from testkit.parcels import Parcel, Sample, SomeCommand, Someone, a_parcel


class AnswerThief:
    """Forwards everything; once armed, lets one append through and drops the connection instead of its answer."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.armed = False
        self.stolen = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(self._target)
                asked = threading.Event()
                threading.Thread(target=self._requests, args=(client, server, asked), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client, asked), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.armed and b"sample.parcel" in data:
                    asked.set()
                server.sendall(data)
            server.close()

    def _answers(self, server: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                # 'Z' 'I' at the end: ready for a new query, the transaction is over
                if asked.is_set() and data.endswith(b"Z\x00\x00\x00\x05I"):
                    self.armed = False
                    self.stolen += 1
                    client.shutdown(socket.SHUT_RDWR)
                    client.close()
                    return
                client.sendall(data)
            client.close()

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def thief(sample: Sample) -> Iterator[AnswerThief]:
    address = urlsplit(sample.url)
    made = AnswerThief(address.hostname or "127.0.0.1", address.port or 5432)
    yield made
    made.close()


@pytest.fixture
def far_store(sample: Sample, thief: AnswerThief) -> Iterator[Store]:
    address = urlsplit(sample.url)
    user = address.netloc.rpartition("@")[0]
    opened = sample.open(address._replace(netloc=f"{user}@127.0.0.1:{thief.port}").geturl() + "?sslmode=disable")
    yield opened
    opened.close()


@pytest.mark.fault("F35")
def test_a_lost_answer_to_a_commit_is_a_success_with_the_first_outcome(
    far_store: Store, store: Store, thief: AnswerThief
) -> None:
    parcel = a_parcel()
    thief.armed = True
    outcome = far_store.save(parcel, actor=Someone(command=SomeCommand("k")), outcome={"id": str(parcel.id)})
    assert thief.stolen == 1
    assert outcome == {"id": str(parcel.id)}
    assert len(store.read(0, 10)) == 1


@pytest.mark.fault("F35")
def test_a_lost_answer_without_a_command_is_a_success_too(
    far_store: Store, store: Store, thief: AnswerThief, someone: Someone
) -> None:
    parcel = a_parcel()
    thief.armed = True
    far_store.save(parcel, actor=someone)
    assert thief.stolen == 1
    assert store.get(Parcel, parcel.id).number == "2026-1"
    assert len(store.read(0, 10)) == 1
