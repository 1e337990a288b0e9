"""The keys of offices under a key service whose master key changes, and which may be away."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from eventstore import KeyRing, KeyServiceAway, keys_command
from eventstore.openbao import OpenBao, TokenFile
from eventstore.transit import TransitKeyService
from launcher.ports import free_ports
from testkit.openbao import OpenBaoServer, openbao_server
from vault.adapters.key_ring import OFFICE_KEYS, PostgresKeyRing
from vault.domain.manifest import Address


def rotate(vault: Any, change: Any) -> None:
    path = vault.keys.folder / "master.key"
    new = path.with_name("new.key")
    new.write_text(change(KeyRing.parse(path.read_text())).encode())
    new.chmod(0o600)
    new.replace(path)


@pytest.fixture
def deposited(vault: Any) -> Iterator[Any]:
    """Return the ticket of a document; the master key, which all tests share, is put back afterwards."""
    ring = KeyRing.parse((vault.keys.folder / "master.key").read_text())
    ticket = vault.ticket()
    assert vault.put(ticket).status_code == 201
    yield ticket
    rotate(vault, lambda _: ring)


def test_documents_are_read_before_between_and_after_a_rotation(
    vault: Any, deposited: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vault.get(deposited).status_code == 200
    rotate(vault, KeyRing.rotated)
    assert vault.get(deposited).status_code == 200
    assert keys_command(vault.parts.store, "rewrap", [OFFICE_KEYS]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["newest"], told["unused"]) == (2, [1])
    assert told["rewrapped"] == told["wrapped"]["2"] >= 1


@pytest.mark.fault("F46")
def test_a_document_whose_office_key_no_version_opens_is_refused_and_named(vault: Any, deposited: Any) -> None:
    rotate(vault, lambda ring: KeyRing({ring.newest: os.urandom(32)}))
    answer = vault.get(deposited)
    assert (answer.status_code, answer.json()["code"]) == (502, "document-damaged")
    assert vault.told("vault.document-read") == 0


@pytest.fixture(scope="module")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBaoServer]:
    with openbao_server(tmp_path_factory.mktemp("openbao"), free_ports(1)[0]) as server:
        yield server


@pytest.mark.fault("F45")
def test_while_openbao_is_sealed_known_offices_are_served_and_no_other_key_is_made(
    vault: Any, openbao: OpenBaoServer, tmp_path: Path
) -> None:
    openbao.key("scelle-vault")
    token = tmp_path / "token"
    token.write_text(openbao.token("scelle-vault"))
    server = OpenBao(openbao.url, TokenFile(token))
    keys = PostgresKeyRing(vault.parts.store, TransitKeyService(server, "scelle-vault"))
    address = Address(uuid4(), uuid4(), uuid4())
    name, key = keys.begin(address)
    held = vault.keys_held()
    openbao.seal()
    try:
        assert keys.open(address, name) == key
        with pytest.raises(KeyServiceAway):
            keys.begin(Address(uuid4(), uuid4(), uuid4()))
        stranger = PostgresKeyRing(vault.parts.store, TransitKeyService(server, "scelle-vault"))
        with pytest.raises(KeyServiceAway):
            stranger.open(address, name)
        assert vault.keys_held() == held
    finally:
        openbao.unseal()
    assert stranger.open(address, name) == key
    server.close()
