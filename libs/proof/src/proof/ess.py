"""The signed attribute of a timestamp that names the certificate which signed it (RFC 2634, 5.4; RFC 5035)."""

import hashlib
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_USUAL = {"1.2.840.113549.1.9.16.2.12": "sha1", "1.2.840.113549.1.9.16.2.47": "sha256"}


@asn1.sequence
class _Certificate:
    """ESSCertID and ESSCertIDv2; the first has no algorithm."""

    algorithm: list[asn1.TLV] | None
    digest: bytes
    issuer: list[asn1.TLV] | None


@asn1.sequence
class _Certificates:
    """SigningCertificate and SigningCertificateV2."""

    certificates: list[_Certificate]
    policies: list[asn1.TLV] | None


@asn1.sequence
class _Attribute:
    oid: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _SignerInfo:
    version: int
    signer: asn1.TLV
    digest_algorithm: asn1.TLV
    signed: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _SignedData:
    version: int
    digest_algorithms: asn1.SetOf[asn1.TLV]
    content: asn1.TLV
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revocations: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _Token:
    oid: x509.ObjectIdentifier
    data: Annotated[_SignedData, asn1.Explicit(0)]


def names_signer(token: bytes, certificate: x509.Certificate) -> bool:
    """Tell whether a token (ContentInfo) says, in what is signed, that this certificate signed it, and no other did.

    Raises ValueError or KeyError for what cannot be read.
    """
    (signer,) = asn1.decode_der(_Token, token).data.signers.as_list()
    named = [
        (_USUAL[one.oid.dotted_string], value)
        for one in (signer.signed.as_list() if signer.signed else [])
        if one.oid.dotted_string in _USUAL
        for value in one.values.as_list()
    ]
    return bool(named) and all(_is(certificate, value, usual) for usual, value in named)


def _is(certificate: x509.Certificate, value: asn1.TLV, usual: str) -> bool:
    first = value.parse(_Certificates).certificates[0]
    how = _DIGESTS[first.algorithm[0].parse(x509.ObjectIdentifier).dotted_string] if first.algorithm else usual
    der = certificate.public_bytes(Encoding.DER)
    return hashlib.new(how, der, usedforsecurity=False).digest() == bytes(first.digest)
