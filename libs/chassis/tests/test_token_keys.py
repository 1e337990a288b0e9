"""Keys of tokens are rotated while everybody goes on."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from chassis.refusal import NotSignedIn
from chassis.token_keys import (
    LOOK_AGAIN_SECONDS,
    LOOK_SECONDS,
    SigningKey,
    TrustedKeys,
    Watched,
    parse_signing_keys,
    public_jwk,
    signing_at,
)
from chassis.tokens import Signer, Verifier, new_signing_key
from chassis.values import private_key


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def replace(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.replace(path)


def write_keys(path: Path, *keys: SigningKey) -> None:
    replace(path, "".join(key.encode() for key in keys))


def write_trust(path: Path, keys: Iterable[SigningKey], issuer: str = "identity") -> None:
    replace(path, json.dumps({"keys": [public_jwk(key.public, f"{issuer}-{key.number}") for key in keys]}))


def access(signer: Signer) -> str:
    return signer.access_token(person_id=uuid4(), kind="client", session_id=uuid4())


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_file_of_before_numbers_is_key_one(tmp_path: Path) -> None:
    pem = SigningKey.new().encode()
    assert pem.startswith("-----BEGIN PRIVATE KEY-----\n")
    (key,) = parse_signing_keys(pem)
    assert (key.number, key.signs_from) == (1, None)
    path = tmp_path / "key.pem"
    path.write_text(pem)
    assert Signer(path, "vault").kid == "vault-1"


def test_a_file_of_several_keys_reads_as_it_was_written(tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=6)
    keys = [SigningKey.new(2), SigningKey.new(3, soon)]
    path = tmp_path / "key.pem"
    write_keys(path, *keys)
    read = parse_signing_keys(path.read_text())
    assert [(key.number, key.signs_from) for key in read] == [(2, None), (3, soon)]
    assert [key.public.public_bytes_raw() for key in read] == [key.public.public_bytes_raw() for key in keys]
    assert private_key(path).public_key() == keys[0].public, "and settings that look at the first one find it"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "{a}{a}",
        "{b}{a}",
        "words\n{a}",
        "{a}words",
        "key 3\nkey 1\n{a}",
        "key 1\nsigns-from 2026-01-01\n{a}",
    ],
)
def test_a_file_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    one, two = SigningKey.new().encode(), SigningKey.new(2).encode()
    with pytest.raises(ValueError, match=r"must hold|text that says|time zone"):
        parse_signing_keys(text.format(a=one, b=two))


def test_the_next_key_signs_when_its_time_has_come(tmp_path: Path) -> None:
    now = time.time()
    first, second = SigningKey.new(1), SigningKey.new(2, datetime.fromtimestamp(now + 360, UTC))
    path = tmp_path / "key.pem"
    write_keys(path, first, second)
    moment = [now]
    signer = Signer(path, "identity", clock=lambda: moment[0])
    assert (signer.kid, signer.public_jwk()["kid"]) == ("identity-1", "identity-1")
    assert [key["kid"] for key in signer.public_jwks()] == ["identity-1", "identity-2"], "published before it signs"
    moment[0] += 361
    assert kid(access(signer)) == "identity-2"
    assert signing_at([second], now).number == 2, "a service without another key signs with the one it has"


@pytest.mark.fault("F56")
def test_no_token_is_refused_while_keys_are_rotated(tmp_path: Path) -> None:
    keys, trust = tmp_path / "key.pem", tmp_path / "trust.json"
    first = SigningKey.new(1)
    write_keys(keys, first)
    write_trust(trust, [first])
    signer, verifier = Signer(keys, "identity"), Verifier(trust)
    carried = access(signer)
    second = SigningKey.new(2, datetime.now(UTC) + timedelta(seconds=1.5))
    write_trust(trust, [first, second])
    write_keys(keys, first, second)
    seen, ends = set[str](), time.monotonic() + 4
    while time.monotonic() < ends:
        token = access(signer)
        seen.add(kid(token))
        assert verifier.access(token)
        assert verifier.access(carried)
        time.sleep(0.01)
    assert seen == {"identity-1", "identity-2"}
    assert kid(access(signer)) == "identity-2"


def test_a_key_that_left_the_trust_file_is_believed_no_more(tmp_path: Path) -> None:
    trust, clock = tmp_path / "trust.json", Clock()
    first, second = SigningKey.new(1), SigningKey.new(2)
    write_trust(trust, [first, second])
    keys = TrustedKeys(trust, clock)
    write_trust(trust, [second])
    assert keys.get("identity-1"), "for a while"
    clock.now += LOOK_SECONDS
    assert keys.get("identity-1") is None
    assert keys.get("identity-2") == second.public


def test_a_token_that_was_believed_is_refused_once_its_key_left_the_trust_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, trust, clock = tmp_path / "key.pem", tmp_path / "trust.json", Clock()
    key = SigningKey.new(1)
    write_keys(path, key)
    write_trust(trust, [key])
    monkeypatch.setattr("chassis.tokens.TrustedKeys", lambda file: TrustedKeys(file, clock))
    verifier, token = Verifier(trust), access(Signer(path, "identity"))
    assert verifier.access(token) is verifier.access(token)
    write_trust(trust, [SigningKey.new(1)])
    clock.now += LOOK_SECONDS
    with pytest.raises(NotSignedIn):
        verifier.access(token)


def test_keys_that_are_made_up_make_nobody_read_the_file_more_than_once_a_second(tmp_path: Path) -> None:
    trust, clock, reads = tmp_path / "trust.json", Clock(), list[str]()

    def count(text: str) -> str:
        reads.append(text)
        return text

    trust.write_text("0")
    watched = Watched(trust, count, clock)
    for number in range(100):
        replace(trust, str(number))
        watched.get(LOOK_AGAIN_SECONDS)
    assert reads == ["0"]
    clock.now += LOOK_AGAIN_SECONDS
    assert watched.get(LOOK_AGAIN_SECONDS) == "99"
    assert reads == ["0", "99"]


def test_half_a_file_changes_nothing_and_is_looked_at_again(tmp_path: Path) -> None:
    trust, clock = tmp_path / "trust.json", Clock()
    first, second = SigningKey.new(1), SigningKey.new(2)
    write_trust(trust, [first])
    keys = TrustedKeys(trust, clock)
    replace(trust, '{"keys": [')
    clock.now += LOOK_SECONDS
    assert keys.get("identity-1") == first.public
    trust.unlink()
    clock.now += LOOK_SECONDS
    assert keys.get("identity-1") == first.public
    write_trust(trust, [second])
    clock.now += LOOK_AGAIN_SECONDS
    assert keys.get("identity-2") == second.public


def test_a_verifier_still_refuses_keys_of_strangers_after_a_rotation(tmp_path: Path) -> None:
    keys, trust = tmp_path / "key.pem", tmp_path / "trust.json"
    keys.write_bytes(new_signing_key())
    write_trust(trust, [SigningKey.new(1)])
    with pytest.raises(NotSignedIn):
        Verifier(trust).access(access(Signer(keys, "identity")))
