"""What the authority answers: tokens, and refusals (RFC 3161, 2.4.2)."""

import hashlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from pydantic import BaseModel, ConfigDict, Field

from sandbox.tsa import messages as say
from sandbox.tsa.chain import Chain

POLICY = "2.999.3161.1"  # under the arc of examples
OTHER_POLICY = "2.999.3161.2"

_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_SHA256_WITH_RSA = x509.ObjectIdentifier("1.2.840.113549.1.1.11")
_SIGNED_DATA = x509.ObjectIdentifier("1.2.840.113549.1.7.2")
_INFO = x509.ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = x509.ObjectIdentifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = x509.ObjectIdentifier("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = x509.ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
_BAD_ALGORITHM, _BAD_REQUEST, _BAD_FORMAT, _BAD_POLICY = 0, 2, 5, 15  # bits of PKIFailureInfo
_REJECTED = 2
_DIGEST_SIZE = 32  # bytes
_LONGEST_SHIFT = 3_000_000_000  # seconds, some 95 years


class Faults(BaseModel):
    """What goes wrong from now on; `clock_shift` and `slow` are seconds."""

    model_config = ConfigDict(extra="forbid")

    down: bool = False
    slow: float = Field(default=0, ge=0, le=600)
    clock_shift: int = Field(default=0, ge=-_LONGEST_SHIFT, le=_LONGEST_SHIFT)
    wrong_imprint: bool = False
    wrong_nonce: bool = False
    other_policy: bool = False


def answer(chain: Chain, query: bytes, faults: Faults) -> bytes:
    """Answer a request, with a token or with the reason why there is none."""
    try:
        request = asn1.decode_der(say.Request, query)
    except ValueError:
        return _refusal(_BAD_FORMAT, "the request cannot be read")
    if request.imprint.algorithm.oid != _SHA256:
        return _refusal(_BAD_ALGORITHM, "only SHA-256 is served")
    if request.version != 1 or len(request.imprint.digest) != _DIGEST_SIZE:
        return _refusal(_BAD_REQUEST, "version 1 and a digest of 32 bytes are served")
    if request.policy is not None and request.policy.dotted_string != POLICY:
        return _refusal(_BAD_POLICY, f"only {POLICY} is served")
    token = _token(chain, asn1.encode_der(_info(request, faults)), with_chain=request.cert_req)
    return asn1.encode_der(say.Response(status=say.Status(status=0), token=token))


def _info(request: say.Request, faults: Faults) -> say.Info:
    digest = request.imprint.digest
    nonce = request.nonce
    if faults.wrong_nonce and nonce is not None:
        nonce += 1
    if faults.wrong_imprint:
        digest = hashlib.sha256(digest).digest()
    now = (datetime.now(UTC) + timedelta(seconds=faults.clock_shift)).replace(microsecond=0)
    return say.Info(
        version=1,
        policy=x509.ObjectIdentifier(OTHER_POLICY if faults.other_policy else POLICY),
        imprint=say.Imprint(algorithm=request.imprint.algorithm, digest=digest),
        serial=x509.random_serial_number(),
        at=asn1.GeneralizedTime(now),
        accuracy=say.Accuracy(seconds=1),
        nonce=nonce,
    )


def _token(chain: Chain, info: bytes, *, with_chain: bool) -> say.Token:
    signer = chain.certificates[0]
    attributes = asn1.SetOf(_attributes(info, signer))
    # What is signed is the set itself, not the optional field of the signer's info that carries it (RFC 5652, 5.4).
    signature = chain.key.sign(asn1.encode_der(attributes), padding.PKCS1v15(), hashes.SHA256())
    signer_info = say.SignerInfo(
        version=1,
        signer=say.IssuerAndSerial(issuer=_tlv(signer.issuer.public_bytes()), serial=signer.serial_number),
        digest_algorithm=say.Algorithm(oid=_SHA256),
        attributes=attributes,
        algorithm=say.Algorithm(oid=_SHA256_WITH_RSA, parameters=asn1.Null()),
        signature=signature,
    )
    data = say.SignedData(
        version=3,
        digest_algorithms=asn1.SetOf([say.Algorithm(oid=_SHA256)]),
        content=say.Content(oid=_INFO, content=info),
        certificates=asn1.SetOf(list(chain.certificates[:-1]))
        if with_chain
        else None,  # nobody needs to be sent a root
        signers=asn1.SetOf([signer_info]),
    )
    return say.Token(oid=_SIGNED_DATA, data=data)


def _attributes(info: bytes, signer: x509.Certificate) -> list[say.Attribute]:
    certificate = hashlib.sha256(signer.public_bytes(serialization.Encoding.DER)).digest()
    values = {
        _CONTENT_TYPE: _INFO,
        _MESSAGE_DIGEST: hashlib.sha256(info).digest(),
        _SIGNING_CERTIFICATE: say.SigningCertificate(certificates=[say.EssCertificate(digest=certificate)]),
    }
    return [say.Attribute(oid=oid, values=asn1.SetOf([_tlv(asn1.encode_der(value))])) for oid, value in values.items()]


def _tlv(data: bytes) -> asn1.TLV:
    return asn1.decode_der(asn1.TLV, data)


def _refusal(reason: int, text: str) -> bytes:
    size = reason // 8 + 1
    bits = (1 << (size * 8 - 1 - reason)).to_bytes(size, "big")
    failure = asn1.BitString(bits, size * 8 - 1 - reason)
    return asn1.encode_der(say.Response(status=say.Status(status=_REJECTED, texts=[text], failure=failure)))
