"""Every office gets a new key while the vault serves: documents' keys go under it, and the former one is destroyed."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.settings import CRASHPOINT
from eventstore import KeyServiceAway
from vault.adapters import office_keys
from vault.adapters.office_keys import OfficeKeys
from vault.application.ports import KeyDestroyed
from vault.domain.manifest import Address


def rows(vault: Any, query: str) -> list[Any]:
    with vault.parts.store.connection() as connection:
        return [tuple(row.values()) for row in connection.execute(query).fetchall()]


def numbers(vault: Any) -> set[tuple[UUID, int]]:
    """Return the keys that offices have."""
    return {*rows(vault, "SELECT office_id, number FROM vault.office_key")}


def used(vault: Any) -> set[tuple[UUID, int]]:
    """Return the keys of offices that wrap something."""
    return {*rows(vault, "SELECT DISTINCT office_id, office_key FROM vault.data_key")}


def rotating(vault: Any) -> OfficeKeys:
    return OfficeKeys(vault.parts.store, vault.parts.store.key_service)


def deposited(vault: Any, count: int, **changes: Any) -> list[Any]:
    tickets = [vault.ticket(**changes) for _ in range(count)]
    assert [vault.put(ticket).status_code for ticket in tickets] == [201] * count
    return tickets


def test_documents_are_read_and_deposited_all_the_time(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_keys, "BATCH", 2)
    first, second = uuid4(), uuid4()
    tickets = [*deposited(vault, 5, office_id=first), *deposited(vault, 1, office_id=second)]
    objects = vault.kept()
    answers: list[int] = []
    ended = threading.Event()

    def people(act: Callable[[], int]) -> None:
        while not ended.is_set():
            answers.append(act())

    acts = (lambda: vault.get(tickets[0]).status_code, lambda: vault.put(vault.ticket(office_id=first)).status_code)
    working = [threading.Thread(target=people, args=(act,)) for act in acts]
    for thread in working:
        thread.start()
    try:
        done = [rotating(vault).rotate() for _ in range(3)]
    finally:
        ended.set()
        for thread in working:
            thread.join()
    assert set(answers) <= {200, 201}
    assert {200, 201} <= set(answers)
    assert all((one.offices, one.destroyed, one.unreadable) == (2, 2, []) for one in done)
    assert all(one.rewrapped >= len(tickets) for one in done)
    assert numbers(vault) == used(vault) == {(first, 4), (second, 4)}
    assert {*objects} <= {*vault.kept()}
    assert [vault.get(ticket).status_code for ticket in tickets] == [200] * len(tickets)


def test_killed_in_the_middle_it_is_begun_again(vault: Any, environment: dict[str, str]) -> None:
    office = uuid4()
    tickets = [*deposited(vault, 2, office_id=office), *deposited(vault, 2)]
    command = [sys.executable, "-m", "vault", "keys", "rotate"]
    armed = {**environment, CRASHPOINT: "vault.data-keys-rewrapped:2"}
    assert subprocess.run(command, env=armed, check=False).returncode == -signal.SIGKILL  # noqa: S603 - our own words
    assert {number for _, number in used(vault)} == {1, 2}
    assert [vault.get(ticket).status_code for ticket in tickets] == [200] * len(tickets)
    done = subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - as above
    assert b'"rewrapped": 4' in done.stdout
    assert {number for _, number in numbers(vault)} == {number for _, number in used(vault)} == {3}
    assert [vault.get(ticket).status_code for ticket in tickets] == [200] * len(tickets)


def test_without_the_key_service_nothing_is_lost(vault: Any) -> None:
    tickets = [*deposited(vault, 1), *deposited(vault, 1)]
    service = vault.parts.store.key_service

    class GoingAway:
        """The key service, which answers once more."""

        answers = 1

        def wrap(self, key: bytes, context: bytes) -> bytes:
            if not self.answers:
                raise KeyServiceAway
            self.answers -= 1
            return bytes(service.wrap(key, context))

    with pytest.raises(KeyServiceAway):
        OfficeKeys(vault.parts.store, GoingAway()).rotate()  # type: ignore[arg-type] # it wraps, and no more is asked
    assert len(numbers(vault)) == 3
    assert [vault.get(ticket).status_code for ticket in tickets] == [200, 200]
    assert rotating(vault).rotate().rewrapped == 2
    assert numbers(vault) == used(vault)


def test_a_document_destroyed_meanwhile_stays_destroyed(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, rewrap = vault.parts.keys, OfficeKeys._rewrap
    address = Address(uuid4(), uuid4(), uuid4())
    (name, _), (other, secret) = keys.begin(address), keys.begin(address)

    def late(self: OfficeKeys, *given: Any) -> None:
        keys.destroy(name)
        rewrap(self, *given)

    monkeypatch.setattr(OfficeKeys, "_rewrap", late)
    assert rotating(vault).rotate().rewrapped == 1
    with pytest.raises(KeyDestroyed):
        keys.open(address, name)
    assert keys.open(address, other) == secret


def test_a_key_that_does_not_open_is_named_and_what_it_is_under_is_kept(vault: Any) -> None:
    keys = vault.parts.keys
    address = Address(uuid4(), uuid4(), uuid4())
    (broken, _), (whole, secret) = keys.begin(address), keys.begin(address)
    with vault.parts.store.connection() as connection:
        connection.execute("UPDATE vault.data_key SET wrapped = %s WHERE object_key = %s", (bytes(60), broken))
    done = rotating(vault).rotate()
    assert (done.rewrapped, done.destroyed, done.unreadable) == (1, 0, [f"vault.data_key {broken}"])
    assert used(vault) == numbers(vault) == {(address.office_id, 1), (address.office_id, 2)}
    assert keys.open(address, whole) == secret
