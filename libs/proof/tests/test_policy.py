import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.canonical import canonical
from proof.cosignature import Cosigner, Quorum
from proof.note import Key
from proof.policy import LogKey, Policy, PolicyInvalid

if TYPE_CHECKING:
    from conftest import Log

ORIGIN = "journal.example/test"
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KEY = LogKey(Key.of(ORIGIN, PRIVATE))
SECOND = LogKey(Cosigner.of(ORIGIN, MLDSA44PrivateKey.from_seed_bytes(b"s" * 32)))
WITNESSES = [Cosigner.of(f"w{n}.example", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in range(9)]


def nested(depth: int) -> Quorum:
    quorum = Quorum(1, (WITNESSES[0],))
    for number in range(1, depth):
        quorum = Quorum(1, (quorum, WITNESSES[number]))
    return quorum


@pytest.fixture
def whole(full: "Log") -> Policy:
    """Return a policy that says everything a policy can say."""
    policy = full.policy(quorum=2, authorities=("Sandbox", "Other"))
    assert policy.quorum
    quorum = Quorum(2, (*policy.quorum.members, Quorum(1, tuple(WITNESSES[:2]))))
    first, second = policy.log_keys
    window = replace(
        first, not_before=datetime(2026, 1, 1, tzinfo=UTC), not_after=datetime(2030, 1, 1, 0, 0, 0, 5, tzinfo=UTC)
    )
    return replace(policy, log_keys=(window, second), quorum=quorum)


def test_a_policy_reads_back_as_written(whole: Policy) -> None:
    for policy in (whole, Policy(ORIGIN, (KEY,)), Policy(ORIGIN, (KEY, SECOND), nested(4))):
        assert Policy.parse(policy.encode()) == policy
        assert Policy.parse(policy.encode()).encode() == policy.encode()
        assert Policy.parse(json.dumps(json.loads(policy.encode()), indent=3).encode()) == policy


def test_the_former_format_is_read_as_one_that_names_no_witness_and_no_authority() -> None:
    former = {
        "format": "scelle-policy/1",
        "origin": ORIGIN,
        "log_keys": [{"vkey": KEY.key.vkey, "not_before": None, "not_after": "2030-01-01T00:00:00+02:00"}],
    }
    policy = Policy.parse(canonical(former))
    moment = datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert policy == Policy(ORIGIN, (replace(KEY, not_after=moment),))
    assert json.loads(policy.encode())["format"] == "scelle-policy/2"
    for more in ({"quorum": None}, {"authorities": []}, {"quorum": None, "authorities": []}):
        with pytest.raises(PolicyInvalid):
            Policy.parse(canonical(former | more))


def test_witnesses_are_in_the_order_of_the_policy(whole: Policy) -> None:
    names = [witness.name for witness in whole.witnesses()]
    assert names == ["w1.example", "w2.example", "w3.example", "w0.example", "w1.example"]
    assert Policy(ORIGIN, (KEY,)).witnesses() == []


def changed(policy: Policy, place: str, value: Any) -> bytes:
    """Write a policy with one member changed; the place is a path with dots."""
    whole = json.loads(policy.encode())
    *path, name = place.split(".")
    inner = whole
    for step in path:
        inner = inner[int(step) if isinstance(inner, list) else step]
    if isinstance(inner, list):
        inner[int(name)] = value
    else:
        inner[name] = value
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("format", "scelle-policy/3"),
        ("format", 2),
        ("origin", ""),
        ("origin", 1),
        ("origin", "two\nlines"),
        ("origin", "\ud800"),
        ("more", None),
        ("log_keys", []),
        ("log_keys", {}),
        ("log_keys", None),
        ("log_keys.0", SECOND.key.vkey),
        ("log_keys.0.vkey", SECOND.key.vkey),  # no Ed25519 key is left
        ("log_keys.0.vkey", WITNESSES[0].vkey),
        ("log_keys.0.vkey", 1),
        ("log_keys.0.more", 1),
        ("log_keys.0.not_before", "2026-01-01"),
        ("log_keys.0.not_before", "2026-01-01T00:00:00"),
        ("log_keys.0.not_before", "2026-01-01T00:00:00.1234567Z"),
        ("log_keys.0.not_before", "2026-13-01T00:00:00Z"),
        ("log_keys.0.not_before", "2031-01-01T00:00:00Z"),
        ("log_keys.0.not_before", 0),
        ("log_keys.1.vkey", KEY.key.vkey[:-4]),
        ("quorum", []),
        ("quorum", {}),
        ("quorum.threshold", 0),
        ("quorum.threshold", 5),
        ("quorum.threshold", True),
        ("quorum.threshold", "1"),
        ("quorum.members", []),
        ("quorum.members", WITNESSES[0].vkey),
        ("quorum.members.0", KEY.key.vkey),
        ("quorum.members.0", SECOND.key.vkey),  # the log's own
        ("quorum.members.0", 1),
        ("quorum.members.0", WITNESSES[0].vkey),  # twice: it is in the group too
        ("quorum.members.3.more", 1),
        ("authorities", None),
        ("authorities.0", "PEM"),
        ("authorities.0.certificates", ""),
        ("authorities.0.certificates", None),
        ("authorities.0.certificates", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("authorities.0.policies", []),
        ("authorities.0.policies", "2.999"),
        ("authorities.0.policies", ["2.999", "2.999"]),
        ("authorities.0.policies", ["anything"]),
        ("authorities.0.policies", [1]),
        ("authorities.0.policies", [[]]),
        ("authorities.0.more", 1),
    ],
)
def test_whatever_is_odd_is_refused(whole: Policy, place: str, value: Any) -> None:
    with pytest.raises(PolicyInvalid):
        Policy.parse(changed(whole, place, value))


def test_an_authority_counts_once(whole: Policy) -> None:
    one, _ = json.loads(whole.encode())["authorities"]
    with pytest.raises(PolicyInvalid):
        Policy.parse(changed(whole, "authorities.1", one | {"policies": ["2.999.1"]}))


@pytest.mark.parametrize("member", ["format", "origin", "log_keys", "quorum", "authorities"])
def test_a_member_that_is_missing_is_refused(whole: Policy, member: str) -> None:
    value = json.loads(whole.encode())
    del value[member]
    with pytest.raises(PolicyInvalid):
        Policy.parse(json.dumps(value).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'"a"', b"null", b"1", b'{"origin":1,"origin":2}', b"\xff"])
def test_what_is_no_policy_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyInvalid):
        Policy.parse(data)


def test_a_policy_that_could_not_be_written_as_what_it_says_cannot_be_made() -> None:
    spaced = Key("a name", KEY.key.public)
    early = datetime(2026, 1, 1, tzinfo=UTC)
    for make in (
        lambda: Policy("", (KEY,)),
        lambda: Policy(ORIGIN, ()),
        lambda: Policy(ORIGIN, (SECOND,)),
        lambda: Policy(ORIGIN, (LogKey(spaced),)),
        lambda: Policy(ORIGIN, (LogKey(WITNESSES[0]),)),
        lambda: Policy(ORIGIN, (LogKey(Cosigner(ORIGIN, 1, KEY.key.public)),)),
        lambda: Policy(
            ORIGIN, tuple(LogKey(Key(ORIGIN, public.to_bytes(32))) for public in (27_298, 97_927))
        ),  # one id
        lambda: Policy(ORIGIN, (replace(KEY, not_after=early.replace(tzinfo=None)),)),
        lambda: Policy(ORIGIN, (replace(KEY, not_before=early, not_after=early - timedelta(days=1)),)),
        lambda: Policy(ORIGIN, (replace(KEY, not_before=datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))),)),
        lambda: Policy(ORIGIN, (KEY,), nested(5)),
        lambda: Policy(ORIGIN, (KEY,), Quorum(True, (WITNESSES[0],))),
        lambda: Policy(ORIGIN, (KEY,), Quorum(1, (replace(WITNESSES[0], name="a name"),))),
        lambda: Policy(ORIGIN, (KEY,), Quorum(1, (Cosigner.of(ORIGIN, PRIVATE),))),  # the log as its own witness
    ):
        with pytest.raises(PolicyInvalid):
            make()


def test_bounds_of_any_year_read_back() -> None:
    for year in (1, 999, 1000, 9999):
        policy = Policy(ORIGIN, (replace(KEY, not_before=datetime(year, 1, 1, tzinfo=UTC)),))
        assert Policy.parse(policy.encode()) == policy
