"""Timestamps of checkpoints by authorities that the verifier names (RFC 3161): requests, and what answers are worth.

The certificate that signs is always pinned: that a token's own certificate leads to a trusted root is not enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    TimeStampTokenInfo,
    VerifierBuilder,
    decode_timestamp_response,
)

from proof.checkpoint import imprint, own_lines, stamped
from proof.ess import names_signer
from proof.shapes import MAX_RESPONSE

__all__ = ["Authority", "Request", "Timestamp", "imprint", "own_lines", "request", "stamped", "verify"]

MAX_CHAIN = 8  # certificates

_SHA256 = "2.16.840.1.101.3.4.2.1"


class TimestampInvalid(ValueError):
    """The answer is not a timestamp that may be believed; its class and `code` say why."""

    code: ClassVar[str] = "timestamp"


class ResponseMalformed(TimestampInvalid):
    """The bytes are not an answer with one token that one authority signed."""

    code = "malformed"


class StampRefused(TimestampInvalid):
    """The authority answered that it gives no token; the message is its own."""

    code = "refused"


class OtherImprint(TimestampInvalid):
    """The token is over other bytes, or not over their SHA-256."""

    code = "imprint"


class OtherNonce(TimestampInvalid):
    """The token answers another request."""

    code = "nonce"


class OtherAuthority(TimestampInvalid):
    """The certificate that signed is none of those that are trusted."""

    code = "authority"


class OtherPolicy(TimestampInvalid):
    """The authority issued the token under a policy that is not accepted."""

    code = "policy"


class ChainExpired(TimestampInvalid):
    """A certificate of the authority was not valid at the time that the token says."""

    code = "chain-expired"


class SignatureWrong(TimestampInvalid):
    """The signature does not verify under the authority's certificates."""

    code = "signature"


class AuthorityInvalid(ValueError):
    """The certificates are not those of a time-stamping authority that could be trusted."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A trusted authority: its own certificate, those of its issuers up to the root, and the policies accepted.

    Raises AuthorityInvalid for certificates that do not lead from a time-stamping signer to a root, or no policy.
    """

    certificates: tuple[x509.Certificate, ...]
    policies: frozenset[str]

    def __post_init__(self) -> None:
        try:
            dotted = {x509.ObjectIdentifier(policy).dotted_string for policy in self.policies}
            usage = self.signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
            issuers = (*self.certificates[1:], self.certificates[-1])
            for issued, issuer in zip(self.certificates, issuers, strict=True):
                issued.verify_directly_issued_by(issuer)
        except Exception as error:  # the library has no common class: a wrong signature, a key of another type
            raise AuthorityInvalid(f"the certificates do not form a chain: {error or type(error).__name__}") from error
        if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
            raise AuthorityInvalid("the first certificate is not for time stamping alone")
        if not dotted or dotted != self.policies or len(self.certificates) > MAX_CHAIN:
            raise AuthorityInvalid(f"an authority has a policy and at most {MAX_CHAIN} certificates")

    @classmethod
    def parse(cls, pem: bytes, policies: Iterable[str]) -> Self:
        """Read certificates, the signer's first and the root last, and dotted policies; raises AuthorityInvalid."""
        try:
            certificates = tuple(x509.load_pem_x509_certificates(pem))
        except (ValueError, x509.InvalidVersion) as error:
            raise AuthorityInvalid(f"the certificates cannot be read: {error}") from error
        return cls(certificates, frozenset(policies))

    @property
    def signer(self) -> x509.Certificate:
        """The certificate that signs tokens."""
        return self.certificates[0]

    @property
    def name(self) -> str:
        """The signer's name (RFC 4514)."""
        return self.signer.subject.rfc4514_string()

    def pem(self) -> bytes:
        """Write the certificates."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.certificates)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to an authority (application/timestamp-query), and the nonce that its answer must repeat."""

    data: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A verified token: these bytes existed at `at` (to the second), give or take `accuracy`, says `authority`."""

    at: datetime
    accuracy: timedelta | None
    authority: str
    policy: str
    serial: int


def request(data: bytes) -> Request:
    """Ask for a timestamp of the SHA-256 of `data`, with a fresh nonce and the certificates."""
    built = TimestampRequestBuilder(data, HashAlgorithm.SHA256, nonce=True, cert_req=True).build()
    if built.nonce is None:
        raise RuntimeError("the library built a request without a nonce")
    return Request(built.as_bytes(), built.nonce)


def verify(response: bytes, digest: bytes, authorities: Iterable[Authority], nonce: int | None = None) -> Timestamp:
    """Verify an authority's answer over `digest`, at the time that it says; who asked also gives the nonce.

    Raises TimestampInvalid, always as the class that says why.
    """
    token = _read(response)
    if token.algorithm != _SHA256 or token.digest != digest:
        raise OtherImprint("the token is over something else")
    if nonce is not None and token.nonce != nonce:
        raise OtherNonce("the token answers another request")
    authority = next((one for one in authorities if token.claims(one.signer)), None)
    if authority is None:
        raise OtherAuthority(f"{token.issuer.rfc4514_string()}, {token.issued}: not an authority that is trusted")
    if token.policy not in authority.policies:
        raise OtherPolicy(f"the policy {token.policy} is not accepted")
    for certificate in authority.certificates:
        if not certificate.not_valid_before_utc <= token.at <= certificate.not_valid_after_utc:
            raise ChainExpired(f"{certificate.subject.rfc4514_string()} was not valid at {token.at.isoformat()}")
    _verify_signature(token, authority)
    return Timestamp(token.at, token.accuracy, authority.name, token.policy, token.serial)


@dataclass(frozen=True, slots=True)
class _Token:
    """What an answer says, not believed yet; the library reads late, so that all of it is read at once here."""

    answer: TimeStampResponse
    algorithm: str
    digest: bytes
    nonce: int | None
    policy: str
    serial: int
    at: datetime
    accuracy: timedelta | None
    issuer: x509.Name  # with `issued`, the serial number, these name the certificate that signed
    issued: int
    certificates: frozenset[x509.Certificate]  # of those sent along, the ones that have these names

    @classmethod
    def of(cls, answer: TimeStampResponse) -> Self:
        info, signed = answer.tst_info, answer.signed_data
        (signer,) = signed.signer_infos
        names = (signer.issuer, signer.serial_number)
        sent = [x509.load_der_x509_certificate(data) for data in signed.certificates]
        return cls(
            answer,
            info.message_imprint.hash_algorithm.dotted_string,
            info.message_imprint.message,
            info.nonce,
            info.policy.dotted_string,
            info.serial_number,
            info.gen_time.astimezone(UTC),
            _accuracy(info),
            *names,
            frozenset(one for one in sent if (one.issuer, one.serial_number) == names),
        )

    def claims(self, certificate: x509.Certificate) -> bool:
        """Tell whether this certificate is said to sign; one that only borrows its names is another."""
        named = (certificate.issuer, certificate.serial_number) == (self.issuer, self.issued)
        return named and self.certificates <= {certificate}


def _read(response: bytes) -> _Token:
    if len(response) > MAX_RESPONSE:
        raise ResponseMalformed(f"an answer has at most {MAX_RESPONSE} bytes")
    try:
        answer = decode_timestamp_response(response)
        granted = PKIStatus(answer.status) is PKIStatus.GRANTED
        token, said = (_Token.of(answer), []) if granted else (None, answer.status_string)
    except Exception as error:  # what forged bytes make the libraries raise has no common class
        raise ResponseMalformed("the answer cannot be read") from error
    if token is None:
        raise StampRefused("; ".join(said) or "the authority does not say why")
    return token


def _verify_signature(token: _Token, authority: Authority) -> None:
    signer, *issuers = authority.certificates
    root = issuers.pop() if issuers else signer  # an authority may be its own root
    verifier = VerifierBuilder(tsa_certificate=signer, intermediates=issuers, roots=[root]).build()
    try:
        verifier.verify(token.answer, token.digest)
        named = names_signer(token.answer.time_stamp_token(), signer)
    except Exception as error:  # VerificationError, or whatever forged certificates make the libraries raise
        raise SignatureWrong("the signature does not verify under the authority's certificates") from error
    if not named:
        raise SignatureWrong("the token does not say that the authority's certificate signed it")


def _accuracy(info: TimeStampTokenInfo) -> timedelta | None:
    given = info.accuracy
    if not given:  # a token need not say; nor need its accuracy have seconds
        return None
    return timedelta(seconds=given.seconds or 0, milliseconds=given.millis or 0, microseconds=given.micros or 0)
