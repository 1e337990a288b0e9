"""Stolen keys, tokens that say something else, and clocks: cases 9, 12, 13 and 23 of test_tampering.py."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from proof.bundle import Item, Observation
from proof.note import Note
from proof.policy import LogKey, Policy
from proof.reading import decode
from proof.timestamp import request, stamped
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import Faults, answer
from testkit.forging import HOST, History, StolenKeys, repacked, stamp, with_final
from testkit.insider import WHOLE, Insider

HOUR, DAY = 3600, 86_400  # seconds
TRUSTED, BELOW = "intact", "below-level"


@pytest.fixture(scope="session")
def rewritten(insider: Insider, bundle: bytes, keys: StolenKeys) -> tuple[History, bytes]:
    """Return a history in which a refused document was validated, signed with the keys of the log; and its bundle."""
    leaves = insider.leaves()
    victim = next(item for item in decode(bundle).items if b'"type":"dossier.document-refused"' in item.entry)
    leaves[victim.index] = victim.entry.replace(b"document-refused", b"document-validated")
    history = History(leaves)
    note = keys.sign(history.size, history.root())
    items = tuple(item for item in decode(bundle).items if item.index <= victim.index)
    shown = repacked(bundle, items=items, observations=observed(bundle, items))
    return history, history.bundle(shown, note, {victim.index: leaves[victim.index]})


def observed(bundle: bytes, items: Iterable[Item]) -> tuple[Observation, ...]:
    """Return what the bucket held of the documents of some items."""
    entries = b"".join(item.entry for item in items)
    return tuple(seen for seen in decode(bundle).observations if seen.ver.encode() in entries)


def test_case_12_a_log_signed_with_the_stolen_key_has_no_witness(
    insider: Insider, bundle: bytes, rewritten: tuple[History, bytes]
) -> None:
    said = insider.opinion(rewritten[1], level=3)
    assert (said.verdict, said.level) == (BELOW, 1), said.failed
    assert said.state("witness-quorum") == "not-applicable"
    assert insider.opinion(bundle, level=3).verdict == TRUSTED


def test_case_12_the_policy_says_until_when_a_key_is_trusted(insider: Insider, bundle: bytes) -> None:
    """After the theft is known: nothing new is believed, and what was signed before stays verifiable as of then."""
    policy, theft = Policy.parse(insider.policy), datetime.now(UTC)
    revoked = replace(policy, log_keys=tuple(LogKey(one.key, None, theft) for one in policy.log_keys)).encode()
    later, before = theft + timedelta(seconds=1), theft - timedelta(seconds=1)
    said = insider.opinion(bundle, policy=revoked, at=later)
    assert (said.verdict, said.level, said.state("checkpoint-signature")) == (BELOW, 0, "not-applicable")
    said = insider.opinion(bundle, policy=revoked, at=before, level=WHOLE)
    assert (said.verdict, said.level) == (TRUSTED, WHOLE)


def test_case_12_the_log_itself_says_which_keys_it_is_signed_with(insider: Insider) -> None:
    told = b"".join(leaf for leaf in insider.leaves() if b'"kind":"key"' in leaf).decode()
    assert all(one.key.vkey in told for one in Policy.parse(insider.policy).log_keys)


def test_case_13_one_witness_is_not_a_quorum(
    insider: Insider, keys: StolenKeys, rewritten: tuple[History, bytes]
) -> None:
    history, forged = rewritten
    note, now = keys.sign(history.size, history.root()), datetime.now(UTC)
    levels = []
    for names in (["witness-1"], ["witness-1", "witness-2"]):
        said = insider.opinion(with_final(forged, keys.cosign(note, names, now)), level=3)
        levels.append((said.verdict, said.level, said.examined("cosignature"), said.examined("witness-quorum")))
    assert levels[0] == (BELOW, 1, 1, 0)
    assert levels[1] == (TRUSTED, 3, 2, 1)  # this is what a level promises, and where its promise ends


def test_case_9_a_token_that_was_rewritten_or_moved(insider: Insider, bundle: bytes) -> None:
    tokens, other = dict(decode(bundle).tokens), decode(insider.export()).final
    place, token = list(tokens.items())[-1]
    signature, time = len(token) - 9, token.index(b"\x18\x0f") + 15  # the last digit of a GeneralizedTime
    for position, code in ((signature, "signature"), (time, "signature"), (0, "malformed")):
        changed = bytearray(token)
        changed[position] ^= 1
        assert _codes(insider, bundle, tokens | {place: bytes(changed)}) == {code}
    moved = stamp(insider.platform.authority, other)  # a good token, of a later checkpoint
    assert _codes(insider, bundle, tokens | {place: moved}) == {"imprint"}


def _codes(insider: Insider, bundle: bytes, tokens: dict[tuple[int, int], bytes]) -> set[str]:
    found = insider.opinion(repacked(bundle, tokens=tokens)).failed["timestamp"]
    return {finding.partition(": ")[2] for finding in found}


def _added(insider: Insider, bundle: bytes, token: bytes) -> set[str]:
    opened = decode(bundle)
    size = max(opened.checkpoints)
    number = sum(place[0] == size for place in opened.tokens)
    return _codes(insider, bundle, {**opened.tokens, (size, number): token})


def test_case_9_a_token_of_another_authority(insider: Insider, bundle: bytes) -> None:
    query = request(stamped(Note.parse(decode(bundle).final))).data
    other = Chain.made("Sandbox", datetime.now(UTC))  # under the same names
    assert _added(insider, bundle, answer(other, query, Faults())) == {"authority"}


def test_case_9_a_token_with_an_injected_certificate(insider: Insider, bundle: bytes) -> None:
    """It names the signer that is trusted, issuer and serial number, and brings a certificate of these names."""
    pinned = Policy.parse(insider.policy).authorities[0].certificates
    key = rsa.generate_private_key(65537, 2048)
    own = (
        x509.CertificateBuilder(pinned[0].issuer, pinned[0].subject, key.public_key(), pinned[0].serial_number)
        .not_valid_before(pinned[0].not_valid_before_utc)
        .not_valid_after(pinned[0].not_valid_after_utc)
    )
    for extension in pinned[0].extensions:
        own = own.add_extension(extension.value, extension.critical)
    injected = Chain(key, (own.sign(key, hashes.SHA256()), *pinned[1:]))
    note = Note.parse(decode(bundle).final)
    assert _added(insider, bundle, answer(injected, request(stamped(note)).data, Faults())) == {"authority"}
    bare = TimestampRequestBuilder(stamped(note), HashAlgorithm.SHA256, nonce=False, cert_req=False).build().as_bytes()
    assert _added(insider, bundle, answer(injected, bare, Faults())) == {"signature"}


def test_case_9_a_token_from_when_the_certificates_had_expired(insider: Insider, bundle: bytes) -> None:
    final = decode(bundle).final
    with insider.authority(clock_shift=6 * 365 * DAY) as address:
        token = stamp(address, final)
    assert _added(insider, bundle, token) == {"chain-expired"}
    assert insider.opinion(repacked(bundle, tokens=_with(bundle, stamp(address, final)))).failed == {}


def _with(bundle: bytes, token: bytes) -> dict[tuple[int, int], bytes]:
    opened = decode(bundle)
    size = max(opened.checkpoints)
    return {**opened.tokens, (size, sum(place[0] == size for place in opened.tokens)): token}


@pytest.mark.parametrize("fault", ["wrong_nonce", "wrong_imprint", "other_policy"])
def test_case_9_an_answer_that_is_not_to_the_question_is_not_kept(insider: Insider, fault: str) -> None:
    """The log goes on without it, says so, and the next good answer closes the gap."""
    code = {"wrong_nonce": "nonce", "wrong_imprint": "imprint", "other_policy": "policy"}[fault]
    dossier = insider.another_dossier(f"case-9-{fault}")
    log = insider.platform.folder / "logs" / "journal.log"
    with insider.authority(**{fault: True}):
        position = log.stat().st_size
        said = insider.opinion(insider.export(dossier), level=WHOLE)
        assert (said.verdict, said.level, said.failed) == (BELOW, 3, {})
        assert insider.status()["unstamped"] > 0
    refused = [line for line in log.read_bytes()[position:].splitlines() if b"timestamp-invalid" in line]
    assert any(f'"code": "{code}"'.encode() in line for line in refused), refused
    insider.intact(dossier)


def test_case_23_the_clock_of_a_witness_goes_back(insider: Insider, bundle: bytes, keys: StolenKeys) -> None:
    opened = decode(bundle)
    note = Note.parse(opened.final)
    own = Note(note.text, tuple(line for line in note.signatures if not line.name.startswith("witness-1")))
    early = keys.cosign(own.encode(), ["witness-1"], datetime.now(UTC) - timedelta(days=1))
    said = insider.opinion(with_final(bundle, early))
    assert said.failed == {"witness-clock": [f"{max(opened.checkpoints)}: witness-1{HOST}"]}


@pytest.mark.parametrize("hours", [2, -24 * 8], ids=["ahead", "behind"])
def test_case_23_the_clocks_of_the_servers_are_not_those_of_the_authority(insider: Insider, hours: int) -> None:
    """Only one of the two clocks can be moved here; the difference is what counts."""
    dossier = insider.another_dossier(f"case-23-{hours}")
    with insider.authority(clock_shift=-hours * HOUR):
        wrong = insider.opinion(insider.export(dossier))  # no token covers it yet, so the export has one made
    if hours < 0:  # what is recorded after the token lies days before it
        wrong = insider.opinion(insider.export(dossier))
    assert "recorded-time" in wrong.failed
    assert ("timestamp-order" in wrong.failed) == (hours > 0)
    insider.touch(dossier)
    insider.intact(dossier)
