import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID
from proof.checkpoint import Checkpoint
from proof.cosignature import cosign
from proof.note import Note, sign
from proof.timestamp import (
    Authority,
    AuthorityInvalid,
    ChainExpired,
    OtherAuthority,
    OtherImprint,
    OtherNonce,
    OtherPolicy,
    ResponseMalformed,
    SignatureWrong,
    StampRefused,
    TimestampInvalid,
    imprint,
    own_lines,
    request,
    stamped,
    verify,
)
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
from sandbox.running import running
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import OTHER_POLICY, POLICY, Faults, answer

ORIGIN = "journal.example/test"
TEXT = Checkpoint(ORIGIN, 7, b"r" * 32).text()
YEARS = 365 * 86_400  # seconds


# A checkpoint that the log signed twice; it is made once, for its ML-DSA line differs each time.
ONE = sign(TEXT, ORIGIN, Ed25519PrivateKey.from_private_bytes(b"k" * 32))
NOTE = Note(TEXT, (*ONE.signatures, cosign(TEXT, ORIGIN, MLDSA44PrivateKey.from_seed_bytes(b"s" * 32), None)))


def cosigned(note: Note) -> Note:
    line = cosign(TEXT, "w.example", Ed25519PrivateKey.from_private_bytes(b"w" * 32), datetime.now(UTC))
    return replace(note, signatures=(note.signatures[0], line, *note.signatures[1:]))


@dataclass(frozen=True)
class Tsa:
    """A running authority."""

    folder: Path
    url: str
    admin: httpx.Client
    trusted: Authority

    def post(self, query: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query"}
        answered = httpx.post(self.url, content=query, headers=headers)
        assert answered.headers["content-type"] == "application/timestamp-reply"
        return answered.content

    def stamp(self, note: Note, **faults: Any) -> tuple[bytes, int]:
        """Get a token for `note` and say the nonce that was asked for."""
        self.admin.put("/faults", json=faults).raise_for_status()
        asked = request(stamped(note))
        try:
            return self.post(asked.data), asked.nonce
        finally:
            self.admin.put("/faults", json={})


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tsa]:
    folder = tmp_path_factory.mktemp("tsa")
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        port, admin_port = one.getsockname()[1], two.getsockname()[1]
    with (
        running("tsa", port, admin_port, folder=str(folder)),
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}") as admin,
    ):
        pem = admin.get("/chain.pem").content
        yield Tsa(folder, f"http://127.0.0.1:{port}/tsr", admin, Authority.parse(pem, [POLICY]))


def test_a_checkpoint_is_stamped_and_verified(tsa: Tsa) -> None:
    token, nonce = tsa.stamp(NOTE)
    stamp = verify(token, imprint(NOTE), [tsa.trusted], nonce)
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(seconds=10)
    assert (stamp.accuracy, stamp.policy) == (timedelta(seconds=1), POLICY)
    assert stamp.authority == tsa.trusted.name == "CN=Sandbox TSA,O=Sandbox,C=FR"
    assert verify(token, imprint(NOTE), [tsa.trusted]) == stamp


def test_what_is_stamped_is_the_text_and_the_logs_own_lines() -> None:
    assert stamped(NOTE) == stamped(cosigned(NOTE)) == NOTE.encode()
    assert own_lines(cosigned(NOTE)) == NOTE.signatures
    assert imprint(ONE) != imprint(NOTE)
    assert imprint(replace(NOTE, signatures=NOTE.signatures[::-1])) != imprint(NOTE)


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ({"wrong_imprint": True}, OtherImprint),
        ({"wrong_nonce": True}, OtherNonce),
        ({"other_policy": True}, OtherPolicy),
        ({"clock_shift": 6 * YEARS}, ChainExpired),
        ({"clock_shift": -3 * 86_400}, ChainExpired),
    ],
)
def test_a_faulty_authority_is_named_by_what_is_wrong(
    tsa: Tsa, faults: dict[str, Any], error: type[TimestampInvalid]
) -> None:
    token, nonce = tsa.stamp(NOTE, **faults)
    with pytest.raises(error):
        verify(token, imprint(NOTE), [tsa.trusted], nonce)


def test_a_token_does_not_serve_for_another_checkpoint(tsa: Tsa) -> None:
    token, _ = tsa.stamp(NOTE)
    other = sign(TEXT.replace("7\n", "8\n"), ORIGIN, Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    with pytest.raises(OtherImprint):
        verify(token, imprint(other), [tsa.trusted])


def test_a_token_does_not_serve_for_another_request(tsa: Tsa) -> None:
    token, nonce = tsa.stamp(NOTE)
    with pytest.raises(OtherNonce):
        verify(token, imprint(NOTE), [tsa.trusted], nonce + 1)


def test_only_a_named_authority_is_believed_and_the_right_one_is_found_among_several(tsa: Tsa) -> None:
    token, _ = tsa.stamp(NOTE)
    homonym = Authority.parse(Chain.made("Sandbox", datetime.now(UTC)).pem(), [POLICY])
    assert homonym.name == tsa.trusted.name
    for trusted in ([], [homonym]):
        with pytest.raises(OtherAuthority):
            verify(token, imprint(NOTE), trusted)
    assert verify(token, imprint(NOTE), [homonym, tsa.trusted]).policy == POLICY


def test_a_policy_is_accepted_of_the_authority_that_it_is_accepted_of(tsa: Tsa) -> None:
    token, _ = tsa.stamp(NOTE, other_policy=True)
    both = Authority(tsa.trusted.certificates, frozenset({POLICY, OTHER_POLICY}))
    assert verify(token, imprint(NOTE), [both]).policy == OTHER_POLICY


def test_an_impostor_with_the_names_of_the_authority_is_not_believed(tsa: Tsa) -> None:
    trusted = tsa.trusted
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    copied = (
        x509.CertificateBuilder()
        .subject_name(trusted.signer.subject)
        .issuer_name(trusted.signer.issuer)
        .serial_number(trusted.signer.serial_number)
        .public_key(key.public_key())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    query = request(stamped(NOTE)).data
    forged = answer(Chain(key, (copied, *trusted.certificates[1:])), query, Faults())
    with pytest.raises(OtherAuthority):
        verify(forged, imprint(NOTE), [trusted])
    forged = answer(Chain(key, trusted.certificates), query, Faults())
    with pytest.raises(SignatureWrong):
        verify(forged, imprint(NOTE), [trusted])


def test_a_token_without_certificates_verifies_under_the_pinned_ones(tsa: Tsa) -> None:
    query = TimestampRequestBuilder(stamped(NOTE), HashAlgorithm.SHA256, cert_req=False).build()
    token = tsa.post(query.as_bytes())
    assert verify(token, imprint(NOTE), [tsa.trusted], query.nonce).serial
    assert len(token) < 1024


def test_a_refusal_says_the_authoritys_reason(tsa: Tsa) -> None:
    query = TimestampRequestBuilder(stamped(NOTE), HashAlgorithm.SHA512).build()
    with pytest.raises(StampRefused, match="SHA-256"):
        verify(tsa.post(query.as_bytes()), imprint(NOTE), [tsa.trusted])


def test_what_is_not_an_answer_is_malformed(tsa: Tsa) -> None:
    token, _ = tsa.stamp(NOTE)
    granted_without_token = bytes.fromhex("30053003020100")
    for data in (b"", b"\x30", token[:-1], token + b"\0", b"\0" * 40_000, granted_without_token, b"<html>"):
        with pytest.raises(ResponseMalformed):
            verify(data, imprint(NOTE), [tsa.trusted])


def test_no_changed_byte_of_a_token_changes_what_it_says(tsa: Tsa) -> None:
    token, nonce = tsa.stamp(NOTE)
    good = verify(token, imprint(NOTE), [tsa.trusted], nonce)
    refused = 0
    for place in range(len(token)):
        changed = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        try:
            assert verify(changed, imprint(NOTE), [tsa.trusted], nonce) == good  # in what nobody signed
        except TimestampInvalid:
            refused += 1
    assert refused > 700


def test_openssl_agrees_by_the_commands_that_a_person_would_type(tsa: Tsa, tmp_path: Path) -> None:
    token, _ = tsa.stamp(NOTE)
    *_, middle, root = re.findall(rb"-----BEGIN.+?END CERTIFICATE-----\n", tsa.trusted.pem(), re.DOTALL)
    files = {"7.note": cosigned(NOTE).encode(), "7.tsr": token, "root.pem": root, "middle.pem": middle}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    typed = """
        { sed '/^$/q' 7.note; grep "^— $(head -n 1 7.note) " 7.note; } > 7.stamped
        openssl ts -verify -data 7.stamped -in 7.tsr -CAfile root.pem -untrusted middle.pem
    """
    shell = ["/bin/sh", "-c", typed]
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - typed above
    assert (tmp_path / "7.stamped").read_bytes() == stamped(NOTE)
    assert done.stdout == "Verification: OK\n", done.stderr


def test_an_authority_reads_back_as_written(tsa: Tsa) -> None:
    assert Authority.parse(tsa.trusted.pem(), [POLICY]) == tsa.trusted


@pytest.mark.bad_input("B55")
def test_certificates_that_are_no_time_stamping_chain_are_refused(tsa: Tsa) -> None:
    signer, middle, root = re.findall(rb"-----BEGIN.+?END CERTIFICATE-----\n", tsa.trusted.pem(), re.DOTALL)
    stranger = Chain.made("Sandbox", datetime.now(UTC)).pem()
    for pem in (b"", b"hello", signer, signer + middle, middle + root, signer + root, signer + middle + stranger, root):
        with pytest.raises(AuthorityInvalid):
            Authority.parse(pem, [POLICY])
    for policies in ([], ["anything"], ["1"]):
        with pytest.raises(AuthorityInvalid):
            Authority.parse(tsa.trusted.pem(), policies)
