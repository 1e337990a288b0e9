"""The verifier for browsers, run in Node: it says what the library says, of whatever it is given.

VERIFIER_CASES says how many generated cases (300 unless told otherwise), VERIFIER_FIRST from which seed on.
"""

import base64
import json
import os
import warnings
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.utils import CryptographyDeprecationWarning
from generator import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from node import Node, encoded
from proof import mldsa
from proof.canonical import NotCanonical, canonical, parse
from proof.leaf import parse_leaf
from proof.record import KINDS, Record
from proof.shapes import EntryInvalid
from proof.timestamp import Authority, AuthorityInvalid, TimestampInvalid, request, verify
from proof.wording import WORDS
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import POLICY, Faults, answer
from worlds import Log, live

COUNT, FIRST = int(os.environ.get("VERIFIER_CASES", "300")), int(os.environ.get("VERIFIER_FIRST", "0"))
STAMPED = b"what is stamped"


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """Leave out the sentence for people, which every verifier words for itself."""
    return report | {"problem": report["problem"] is not None}


@pytest.mark.covers("C-05")
@pytest.mark.timeout(60 + COUNT // 5)
def test_the_browsers_verifier_says_the_same_of_every_case(node: Node) -> None:
    verdicts: Counter[str] = Counter()
    for seed, case in cases(COUNT, FIRST):
        expected = json.loads(case.expected())
        assert comparable(node.verify(case)) == comparable(expected), f"seed {seed}: {case.damages}"
        verdicts.update([expected["verdict"], f"level {expected['level']}"])
    if COUNT >= 300:
        assert verdicts.keys() >= {"intact", "tampered", "malformed", "below-level", "level 3", "level 4", "level 5"}


@settings(deadline=None)
@given(st.data())
def test_any_bytes_get_a_report(node: Node, data: st.DataObject) -> None:
    case = next(cases(1, data.draw(st.integers(0, 50))))[1]
    field = data.draw(st.sampled_from(["bundle", "policy", "known"]))
    hostile = data.draw(st.binary(max_size=200))
    setattr(case, field, [hostile] if field == "known" else hostile)
    report = node.verify(case)
    assert report["verdict"] in {"malformed", "tampered"}
    assert report["verdict"] == json.loads(case.expected())["verdict"]


def test_a_policy_that_says_a_thing_twice_is_refused(node: Node) -> None:
    case = next(case for _, case in cases(50) if b'"quorum":null' in (case.policy or b"") and not case.damages)
    assert node.verify(case)["problem"] is None
    case.policy = (case.policy or b"").replace(b'"quorum":null', b'"quorum":null,"quorum":null')
    assert node.verify(case)["verdict"] == json.loads(case.expected())["verdict"] == "malformed"


def changed(rng: Random, data: bytes, first: int = 0) -> bytes:
    """Flip a bit at `first` or after."""
    place = rng.randrange(first, len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def hints_respelt(signature: bytes) -> list[bytes]:
    """Write the same hints otherwise: two places swapped, one doubled, an end beyond, something behind the last."""
    hints, counts = signature[-84:-4], signature[-4:]
    swapped = bytes([hints[1], hints[0]]) + hints[2:]
    doubled = hints[:1] + hints[:-1] + bytes(count + 1 for count in counts)
    spelt = [swapped + counts, doubled, hints + counts[:3] + b"\x51", hints[:-1] + b"\1" + counts]
    return [signature[:-84] + one for one in spelt]


def test_ml_dsa_signatures_are_accepted_as_the_library_accepts_them(node: Node) -> None:
    rng, hints = Random(44), mldsa.SIGNATURE_SIZE - 84  # noqa: S311 - a test's chance
    seen: Counter[bool] = Counter()
    for _ in range(40):
        private = MLDSA44PrivateKey.from_seed_bytes(rng.randbytes(32))
        public, message = private.public_key().public_bytes_raw(), rng.randbytes(rng.randrange(200))
        signature = private.sign(message)
        tried = [(public, signature, message), (changed(rng, public), signature, message)]
        tried += [(public, changed(rng, signature, first), message) for first in (0, 32, hints, hints, hints + 80)]
        tried += [(public, respelt, message) for respelt in hints_respelt(signature)]
        tried += [(public, signature[:-1], message), (public, signature, message + b"\0")]
        for key, value, data in tried:
            expected = mldsa.verify(key, value, data)
            assert node.ask("mldsa", key=key, signature=value, message=data) is expected
            seen[expected] += 1
    assert seen[True] >= 40
    assert seen[False] >= 200


ODD_POINTS = [
    "00" * 32,
    "01" + "00" * 31,
    "01" + "00" * 30 + "80",
    "ec" + "ff" * 30 + "7f",
    "ec" + "ff" * 31,
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "ee" + "ff" * 31,
    "ff" * 32,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]  # of small order, beyond the modulus, or no points at all


def test_ed25519_signatures_are_accepted_as_the_library_accepts_them_odd_ones_too(node: Node) -> None:
    rng, order = Random(25519), 2**252 + 27742317777372353535851937790883648493  # noqa: S311 - a test's chance
    tried = [
        (bytes.fromhex(key), bytes.fromhex(point) + scalar.to_bytes(32, "little"), bytes([message]))
        for key in ODD_POINTS
        for point in ODD_POINTS
        for scalar in (0, 1, order)
        for message in range(4)
    ]
    for _ in range(30):
        private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        key, message = private.public_key().public_bytes_raw(), rng.randbytes(20)
        signature = private.sign(message)
        beyond = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
        tried += [(key, signature, message), (changed(rng, key), signature, message)]
        tried += [(key, changed(rng, signature), message), (key, signature[:32] + beyond, message)]
    accepted = 0
    for key, signature, message in tried:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            expected = True
        except InvalidSignature:
            expected = False
        assert node.ask("ed25519", key=key, signature=signature, message=message) is expected
        accepted += expected
    assert accepted > 30


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6)
keys = st.sampled_from(["a", "b_1", "__proto__", "constructor", "0", "10", "2", "z"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner), max_leaves=12)
spellings = values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
pieces = st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b"\\ud83d", b"\\u0041", b"0", b"-0", b"1e1", b":", b","])


@settings(max_examples=600, deadline=None)
@given(data=spellings | st.lists(pieces, max_size=8).map(b"".join), mark=st.integers(0, 60), more=pieces)
def test_canonical_json_is_read_as_the_library_reads_it(node: Node, data: bytes, mark: int, more: bytes) -> None:
    for spelt in (data, data[:mark] + more + data[mark:]):
        try:
            expected = canonical(parse(spelt)).decode()
        except NotCanonical:
            assert "refused" in node.ask("canonical", data=spelt)
        else:
            assert node.ask("canonical", data=spelt) == {"value": expected}


@settings(max_examples=300, deadline=None)
@given(value=values)
def test_every_canonical_value_is_read_back(node: Node, value: object) -> None:
    try:
        written = canonical(value)
    except NotCanonical:
        return
    assert node.ask("canonical", data=written) == {"value": written.decode()}


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(st.binary(max_size=200), max_size=6))
def test_the_digest_of_pieces_is_that_of_the_whole(node: Node, pieces: list[bytes]) -> None:
    told = [base64.b64encode(piece).decode() for piece in pieces]
    assert node.ask("digest", pieces=told) == sha256(b"".join(pieces)).hexdigest()


def test_nesting_and_numbers_end_where_the_library_ends_them(node: Node) -> None:
    tried = [b"[" * depth + b"]" * depth for depth in (31, 32, 33, 34, 100_000)]
    tried += [str(sign * (2**53 + more)).encode() for sign in (1, -1) for more in (-2, -1, 0, 1)]
    tried += [b"9" * 5000, b"\xef\xbb\xbf1", b'"\xed\xa0\x80"', b'"\xf0\x9f\x98\x80"', b'"\\ud83d\\ude00"', b"1 ", b""]
    for spelt in tried:
        try:
            expected = {"value": canonical(parse(spelt)).decode()}
        except NotCanonical:
            assert "refused" in node.ask("canonical", data=spelt)
        else:
            assert node.ask("canonical", data=spelt) == expected


odd = scalars | st.sampled_from(
    [
        [],
        {},
        [None],
        "x" * 200,
        "x" * 201,
        "😀" * 200,
        "😀" * 201,
        "journal",
        "event",
        "head",
        "seal",
        "2026-02-29T00:00:00.000000Z",
    ]
)


HASH = encoded(b"h" * 32)
LOOK: dict[str, Any] = {"purpose": "audit", "reference": "A/1", "query": {"of": ["a", "b"], "page": 2, "open": None}}
MORE: dict[str, dict[str, Any]] = {
    "seal": {"size": 3, "root": HASH, "tokens": [HASH], "cosignatures": [], "policy": None},
    "key": {"vkeys": ["a+b+c"], "retired": []},
    "access": LOOK,
    "export": LOOK | {"format": "lcp", "entries": 3, "digest": HASH},
}


def leaves_of_every_kind() -> list[dict[str, Any]]:
    """Return one leaf of each kind."""
    log = Log(Random(7))  # noqa: S311 - a test's chance
    live(log)
    kinds = {json.loads(leaf.entry)["kind"]: json.loads(leaf.entry) for leaf in log.leaves}
    for kind, body in MORE.items():
        made = Record(
            kind=kind, store_seq=1, recorded_at="2026-03-01T12:00:00.000000Z", actor_kind="service", body=body
        )
        kinds[kind] = json.loads(made.encode())
    assert kinds.keys() == KINDS | {"event"}
    return list(kinds.values())


LEAVES = leaves_of_every_kind()


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_leaves_are_read_as_the_library_reads_them(node: Node, data: st.DataObject) -> None:
    leaf = json.loads(json.dumps(data.draw(st.sampled_from(LEAVES))))
    target = leaf["body"] if "body" in leaf and data.draw(st.booleans()) else leaf
    name = data.draw(st.sampled_from([*sorted(target), "more"]))
    change = data.draw(st.sampled_from(["set", "copy", "drop"]))
    if change == "set":
        target[name] = data.draw(odd)
    elif change == "copy":
        target[name] = target[data.draw(st.sampled_from(sorted(target)))]
    else:
        target.pop(name, None)
    try:
        written = canonical(leaf)
        expected = {"value": parse_leaf(written).kind}
    except NotCanonical:
        return
    except EntryInvalid:
        assert "refused" in node.ask("leaf", data=written)
    else:
        assert node.ask("leaf", data=written) == expected


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain.made("Sandbox", datetime.now(UTC))


def believed(token: bytes, authority: Authority) -> str:
    """Return the moment of a token in microseconds, or why it is not believed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of what the changed bytes say
        warnings.simplefilter("ignore", UserWarning)
        try:
            return str(round(verify(token, sha256(STAMPED).digest(), [authority]).at.timestamp()) * 1_000_000)
        except TimestampInvalid as error:
            return error.code


def test_timestamps_are_believed_and_refused_for_the_same_reasons(node: Node, chain: Chain) -> None:
    rng, pem = Random(3161), chain.pem()  # noqa: S311 - a test's chance
    authority = Authority.parse(pem, [POLICY])
    odd_times = [Faults(clock_shift=shift) for shift in (-3 * 86_400, 6 * 365 * 86_400)]
    faults = [Faults(), Faults(wrong_imprint=True), Faults(other_policy=True), *odd_times]
    tokens = [answer(chain, request(STAMPED).data, fault) for fault in faults]
    tokens += [tokens[0][:-1], tokens[0] + b"\0", b"", bytes.fromhex("30053003020100"), bytes.fromhex("30053003020102")]
    tokens += [answer(Chain.made("Sandbox", datetime.now(UTC)), request(STAMPED).data, Faults())]
    tokens += [changed(rng, tokens[0]) for _ in range(300)]
    seen: Counter[str] = Counter()
    for token in tokens:
        expected = believed(token, authority)
        told = {"certificates": pem.decode(), "policies": [POLICY], "digest": sha256(STAMPED).digest()}
        assert node.ask("timestamp", response=token, **told) == expected, token.hex()
        seen["believed" if expected.isdigit() else expected] += 1
    reasons = {"malformed", "refused", "imprint", "authority", "policy", "chain-expired", "signature", "believed"}
    assert seen.keys() == reasons


def test_authorities_are_read_as_the_library_reads_them(node: Node, chain: Chain) -> None:
    pem = chain.pem().decode()
    *parts, _ = pem.split("-----END CERTIFICATE-----\n")
    signer, middle, root = (part + "-----END CERTIFICATE-----\n" for part in parts)
    chains = [pem, "", "hello", signer, signer + middle, middle + root, signer + root, root, f"before\n{pem}after"]
    for certificates in chains:
        for policies in ([POLICY], ["1.2.840.113549.1.9"], ["1"], ["1.40.1"], ["3.1"], ["1.02"], ["anything"], []):
            try:
                Authority.parse(certificates.encode(), policies)
            except AuthorityInvalid:
                assert "refused" in node.ask("authority", certificates=certificates, policies=policies)
            else:
                assert node.ask("authority", certificates=certificates, policies=policies) == {"value": policies}


def test_the_page_says_what_the_command_says(node: Node) -> None:
    assert node.ask("wording") == {name: words for name, words in WORDS["fr"].items() if name != "title"}


def test_the_page_asks_nobody_for_anything() -> None:
    folder = Path(__file__).parents[2] / "libs/proof/src/proof/verifiers"
    page = (folder / "check.html").read_text()
    assert "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'" in page
    for file in [folder / "check.html", folder / "scelle-verify.mjs", *sorted((folder / "js").iterdir())]:
        content = file.read_text()
        assert "http:" not in content, file
        assert "https:" not in content, file
        assert "fetch(" not in content, file
