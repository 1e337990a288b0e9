"""What every key service does, and what each of them refuses in its own way."""

import base64
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from eventstore import (
    FileKeyService,
    KeyRing,
    KeyService,
    KeyServiceAway,
    UnsafeConfiguration,
    Wrapped,
    WrongMasterKey,
    open_key_service,
    transit,
)
from eventstore.openbao import Login, OpenBao, TokenFile
from eventstore.transit import TransitKeyService
from launcher.ports import free_ports
from testkit.openbao import OpenBaoServer

KEY, CONTEXT = os.urandom(32), b"subject|sample|one"


@dataclass
class Subject:
    """A key service under test, and what its operator does."""

    service: KeyService
    rotate: Callable[[], None]
    give_up: Callable[[int], None]
    again: Callable[[], KeyService]
    """Opens it as a second process would."""


def write_ring(path: Path, ring: KeyRing) -> None:
    """Replace the file as an operator's tool does: whole, and as another file."""
    new = path.with_name("new")
    new.write_text(ring.encode())
    new.replace(path)


@pytest.fixture(params=["file", "openbao"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "file":
        path = tmp_path / "master.key"
        path.write_text(base64.b64encode(os.urandom(32)).decode())

        def ring() -> KeyRing:
            return KeyRing.parse(path.read_text())

        yield Subject(
            FileKeyService(path),
            rotate=lambda: write_ring(path, ring().rotated()),
            give_up=lambda version: write_ring(path, ring().without(version)),
            again=lambda: FileKeyService(path),
        )
        return
    server: OpenBaoServer = request.getfixturevalue("openbao")
    with a_key(server, tmp_path) as (name, opened):
        yield Subject(
            opened(),
            rotate=lambda: server.rotate(name),
            give_up=lambda version: give_up(server, name, version),
            again=opened,
        )


@contextmanager
def a_key(server: OpenBaoServer, folder: Path) -> Iterator[tuple[str, Callable[[], TransitKeyService]]]:
    """Make a key with a token of its own; what opens it is closed at the end."""
    name = f"scelle-{uuid4()}"
    server.key(name)
    file = folder / f"{name}.token"
    file.write_text(server.token(name))
    opened: list[OpenBao] = []

    def again() -> TransitKeyService:
        opened.append(OpenBao(server.url, TokenFile(file)))
        return TransitKeyService(opened[-1], name)

    yield name, again
    for one in opened:
        one.close()


def give_up(server: OpenBaoServer, name: str, version: int) -> None:
    server.call("POST", f"transit/keys/{name}/config", {"min_decryption_version": version + 1})


def test_what_was_wrapped_is_unwrapped_by_every_process(subject: Subject) -> None:
    wrapped = subject.service.wrap(KEY, CONTEXT)
    assert KEY not in wrapped
    assert subject.service.unwrap(wrapped, CONTEXT) == KEY
    assert subject.again().unwrap(wrapped, CONTEXT) == KEY
    assert (subject.service.version(wrapped), subject.service.versions()) == (1, [1])
    assert subject.service.wrap(KEY, CONTEXT) != wrapped


def test_a_key_opens_in_no_other_place_and_with_no_bit_changed(subject: Subject) -> None:
    wrapped = subject.service.wrap(KEY, CONTEXT)
    changed = wrapped[:-4] + (b"AAAA" if wrapped[-4:] != b"AAAA" else b"BBBB")
    for blob, context in ((wrapped, b"subject|sample|two"), (changed, CONTEXT), (wrapped[:20], CONTEXT)):
        with pytest.raises(WrongMasterKey):
            subject.again().unwrap(blob, context)


def test_after_a_rotation_the_newest_version_wraps_and_every_one_unwraps(subject: Subject) -> None:
    first, other = subject.service.wrap(KEY, CONTEXT), subject.again()
    subject.rotate()
    second = subject.service.wrap(KEY, CONTEXT)
    assert (subject.service.version(first), subject.service.version(second)) == (1, 2)
    for one in (subject.service, other, subject.again()):
        assert one.unwrap(first, CONTEXT) == one.unwrap(second, CONTEXT) == KEY
    assert subject.again().versions() == [1, 2]


def test_rewrapping_puts_keys_under_the_newest_version_and_refuses_a_wrong_one_whole(subject: Subject) -> None:
    old = [Wrapped(subject.service.wrap(bytes([n]) * 32, b"%d" % n), b"%d" % n) for n in range(5)]
    subject.rotate()
    new = subject.service.rewrap(old)
    assert [subject.service.version(blob) for blob in new] == [2] * 5
    assert [subject.again().unwrap(blob, b"%d" % n) for n, blob in enumerate(new)] == [
        bytes([n]) * 32 for n in range(5)
    ]
    with pytest.raises(WrongMasterKey):
        subject.service.rewrap([old[0], Wrapped(old[1].blob, b"elsewhere")])


def test_a_version_that_was_given_up_unwraps_nothing_and_says_so(subject: Subject) -> None:
    old = subject.service.wrap(KEY, CONTEXT)
    subject.rotate()
    (new,) = subject.service.rewrap([Wrapped(old, CONTEXT)])
    subject.give_up(1)
    fresh = subject.again()
    assert fresh.unwrap(new, CONTEXT) == KEY
    assert fresh.versions() == [2]
    with pytest.raises(WrongMasterKey):
        fresh.unwrap(old, CONTEXT)


def test_what_another_kind_of_key_service_wrapped_is_refused(subject: Subject) -> None:
    for blob in (b"vault:v1:AAAA", b"file:v1:AAAA", os.urandom(60), b""):
        with pytest.raises(WrongMasterKey):
            subject.service.unwrap(blob, CONTEXT)


def test_a_file_of_before_versions_is_version_one_and_what_it_wrapped_opens(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    master, nonce = os.urandom(32), os.urandom(12)
    path.write_text(base64.b64encode(master).decode() + "\n")
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as the code of then wrote it

    before = nonce + AESGCM(master).encrypt(nonce, KEY, CONTEXT)
    write_ring(path, KeyRing.parse(path.read_text()).rotated())
    service = FileKeyService(path)
    assert service.unwrap(before, CONTEXT) == KEY
    assert path.read_text().startswith(f"1 {base64.b64encode(master).decode()}\n2 ")


def test_an_unreadable_file_leaves_a_running_process_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(base64.b64encode(os.urandom(32)).decode())
    service = FileKeyService(path)
    wrapped = service.wrap(KEY, CONTEXT)
    path.write_text("half a ring")
    assert service.unwrap(wrapped, CONTEXT) == KEY
    path.unlink()
    assert service.unwrap(wrapped, CONTEXT) == KEY


@pytest.mark.parametrize("text", ["", "2 short", "{a}\n{b}", "2 {a}\n1 {b}", "1 {a}\n1 {b}", "0 {a}", "1 {a}\n\n2 {b}"])
def test_a_ring_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    one, two = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    with pytest.raises(ValueError, match="must"):
        KeyRing.parse(text.format(a=one, b=two))


def test_the_newest_version_is_never_destroyed_nor_one_that_is_not_there() -> None:
    ring = KeyRing({1: KEY}).rotated()
    assert list(ring.without(1).keys) == [2]
    for version in (2, 3):
        with pytest.raises(ValueError, match="not one"):
            ring.without(version)


@pytest.mark.fault("F45")
def test_a_sealed_server_is_away_and_what_was_unwrapped_is_known_for_five_minutes_at_most(
    openbao: OpenBaoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_key(openbao, tmp_path) as (_, opened):
        service, other = opened(), opened()
        known, unknown = (service.wrap(KEY, context) for context in (b"known", b"unknown"))
        assert other.unwrap(known, b"known") == KEY
        openbao.seal()
        try:
            assert other.unwrap(known, b"known") == KEY
            for ask in (
                lambda: other.unwrap(unknown, b"unknown"),
                lambda: other.wrap(KEY, b"new"),
                lambda: other.rewrap([Wrapped(known, b"known")]),
                lambda: opened().versions(),
            ):
                with pytest.raises(KeyServiceAway):
                    ask()
            later = time.monotonic() + transit.KEPT_SECONDS + 1
            with monkeypatch.context() as clock:
                clock.setattr("eventstore.transit.time.monotonic", lambda: later)
                with pytest.raises(KeyServiceAway):
                    other.unwrap(known, b"known")
        finally:
            openbao.unseal()
        assert other.unwrap(unknown, b"unknown") == KEY


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s.anything")
    server = OpenBao(f"http://127.0.0.1:{free_ports(1)[0]}", TokenFile(token))
    with pytest.raises(KeyServiceAway):
        TransitKeyService(server, "any").wrap(KEY, CONTEXT)
    server.close()


def test_a_token_is_renewed_in_time_and_read_again_when_it_is_refused(openbao: OpenBaoServer, tmp_path: Path) -> None:
    with a_key(openbao, tmp_path) as (name, opened):
        file = tmp_path / f"{name}.token"
        file.write_text(openbao.token(name, period="4s"))
        service = opened()
        wrapped = service.wrap(KEY, CONTEXT)
        ends = time.monotonic() + 6  # longer than the token lives without being renewed
        while time.monotonic() < ends:
            assert service.rewrap([Wrapped(wrapped, CONTEXT)])
            time.sleep(0.2)
        openbao.call("POST", "auth/token/revoke", {"token": file.read_text()})
        with pytest.raises(KeyServiceAway):
            service.wrap(KEY, CONTEXT)
        file.write_text(openbao.token(name))
        assert service.version(service.wrap(KEY, CONTEXT)) == 1


def test_a_service_account_signs_in_with_what_the_cluster_gave_it(openbao: OpenBaoServer, tmp_path: Path) -> None:
    name = f"scelle-{uuid4()}"
    openbao.key(name)
    openbao.token(name)
    jwt_file, path = a_service_account(openbao, tmp_path, name)
    server = OpenBao(openbao.url, Login(name, jwt_file, path))
    service = TransitKeyService(server, name)
    assert service.unwrap(service.wrap(KEY, CONTEXT), CONTEXT) == KEY
    server.close()
    stranger = OpenBao(openbao.url, Login("another", jwt_file, path))
    with pytest.raises(KeyServiceAway):
        TransitKeyService(stranger, name).wrap(KEY, CONTEXT)
    stranger.close()


def a_service_account(server: OpenBaoServer, folder: Path, role: str) -> tuple[Path, str]:
    """Let the server believe tokens of a key of ours, as it believes those of a cluster; return one and the path."""
    import jwt  # noqa: PLC0415 - of the services, not of the event store
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()
    path = f"jwt-{role}"
    server.call("POST", f"sys/auth/{path}", {"type": "jwt"})
    server.call("POST", f"auth/{path}/config", {"jwt_validation_pubkeys": [public]})
    rules = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["openbao"], "token_policies": [role]}
    server.call("POST", f"auth/{path}/role/{role}", {**rules, "token_ttl": "10m"})
    now = int(time.time())
    claims = {"sub": "system:serviceaccount:scelle:vault", "aud": "openbao", "iat": now, "exp": now + 600}
    file = folder / "jwt"
    file.write_text(jwt.encode(claims, key, algorithm="ES256"))
    return file, path


def test_a_key_that_binds_nothing_to_its_place_is_refused(openbao: OpenBaoServer, tmp_path: Path) -> None:
    with a_key(openbao, tmp_path) as (name, _):
        openbao.call("POST", f"transit/keys/{name}-plain", {"type": "aes256-gcm96"})
        file = tmp_path / "token"
        file.write_text(openbao.token(f"{name}-plain"))
        server = OpenBao(openbao.url, TokenFile(file))
        with pytest.raises(UnsafeConfiguration, match="derived=true"):
            TransitKeyService(server, f"{name}-plain").wrap(KEY, CONTEXT)
        server.close()


def test_a_key_that_is_not_there_is_never_made_by_whoever_uses_it(openbao: OpenBaoServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(openbao.token("scelle-nobody"))
    server = OpenBao(openbao.url, TokenFile(file))
    with pytest.raises(KeyServiceAway, match="transit/keys/scelle-nobody"):
        TransitKeyService(server, "scelle-nobody").wrap(KEY, CONTEXT)
    server.close()


@dataclass
class Settings:
    """What an operator may say."""

    master_key_file: Path | None = None
    transit_url: str | None = None
    transit_key: str | None = None
    transit_mount: str = "transit"
    transit_token_file: Path | None = None
    transit_role: str | None = None
    transit_jwt_file: Path | None = None
    transit_login: str = "kubernetes"
    transit_ca_file: Path | None = None


def test_the_settings_choose_the_key_service(openbao: OpenBaoServer, tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(base64.b64encode(KEY).decode())
    assert isinstance(open_key_service(Settings(master_key_file=path), "vault"), FileKeyService)
    name = f"scelle-{uuid4()}"
    openbao.key(name)
    token = tmp_path / "token"
    token.write_text(openbao.token(name))
    chosen: Any = open_key_service(
        Settings(transit_url=openbao.url, transit_token_file=token), name.removeprefix("scelle-")
    )
    assert chosen.unwrap(chosen.wrap(KEY, CONTEXT), CONTEXT) == KEY
    chosen.close()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"transit_url": "http://openbao"},
        {"transit_url": "http://openbao", "transit_role": "vault"},
        {
            "transit_url": "http://openbao",
            "transit_role": "vault",
            "transit_jwt_file": Path("jwt"),
            "transit_token_file": Path("token"),
        },
    ],
)
def test_settings_that_name_no_key_service_or_two_ways_in_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UnsafeConfiguration):
        open_key_service(Settings(**said), "vault")
