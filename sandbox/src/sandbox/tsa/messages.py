"""The messages of RFC 3161 and the parts of CMS (RFC 5652) that a token is made of, as ASN.1 says them."""

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1

Oid = x509.ObjectIdentifier


@asn1.sequence
class Algorithm:
    """AlgorithmIdentifier without parameters, or with the NULL that some algorithms want."""

    oid: Oid
    parameters: asn1.Null | None = None


@asn1.sequence
class Imprint:
    """MessageImprint."""

    algorithm: Algorithm
    digest: bytes


@asn1.sequence
class Request:
    """TimeStampReq; one with extensions does not decode."""

    version: int
    imprint: Imprint
    policy: Oid | None = None
    nonce: int | None = None
    cert_req: Annotated[bool, asn1.Default(value=False)] = False


@asn1.sequence
class Accuracy:
    """Accuracy, to the second."""

    seconds: int


@asn1.sequence
class Info:
    """TSTInfo: what the authority says."""

    version: int
    policy: Oid
    imprint: Imprint
    serial: int
    at: asn1.GeneralizedTime
    accuracy: Accuracy
    nonce: int | None = None


@asn1.sequence
class EssCertificate:
    """ESSCertIDv2 with SHA-256 (RFC 5035)."""

    digest: bytes


@asn1.sequence
class SigningCertificate:
    """SigningCertificateV2."""

    certificates: list[EssCertificate]


@asn1.sequence
class Attribute:
    """Attribute."""

    oid: Oid
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class IssuerAndSerial:
    """IssuerAndSerialNumber."""

    issuer: asn1.TLV
    serial: int


@asn1.sequence
class SignerInfo:
    """SignerInfo."""

    version: int
    signer: IssuerAndSerial
    digest_algorithm: Algorithm
    attributes: Annotated[asn1.SetOf[Attribute], asn1.Implicit(0)]
    algorithm: Algorithm
    signature: bytes


@asn1.sequence
class Content:
    """EncapsulatedContentInfo."""

    oid: Oid
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class SignedData:
    """SignedData."""

    version: int
    digest_algorithms: asn1.SetOf[Algorithm]
    content: Content
    certificates: Annotated[asn1.SetOf[x509.Certificate] | None, asn1.Implicit(0)]
    signers: asn1.SetOf[SignerInfo]


@asn1.sequence
class Token:
    """ContentInfo around SignedData."""

    oid: Oid
    data: Annotated[SignedData, asn1.Explicit(0)]


@asn1.sequence
class Status:
    """PKIStatusInfo."""

    status: int
    texts: list[str] | None = None
    failure: asn1.BitString | None = None


@asn1.sequence
class Response:
    """TimeStampResp."""

    status: Status
    token: Token | None = None
