"""A token says in its signed attributes which certificate signed it; one that does not is believed by no verifier."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha1, sha256, sha512
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from node import Node
from proof.timestamp import Authority, TimestampInvalid, request, verify
from sandbox.tsa import messages as say
from sandbox.tsa import tokens
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import POLICY, Faults

STAMPED = b"what is stamped"
V1, V2 = (x509.ObjectIdentifier(f"1.2.840.113549.1.9.16.2.{number}") for number in (12, 47))
SHA512 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.3")
SHA224 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.4")


@asn1.sequence
class Named:
    """ESSCertIDv2 with any algorithm; without one also ESSCertID."""

    algorithm: say.Algorithm | None
    digest: bytes


@asn1.sequence
class Naming:
    """SigningCertificate and SigningCertificateV2."""

    certificates: list[Named]


Attributes = dict[x509.ObjectIdentifier, list[Naming]]


def naming(digest: bytes, algorithm: x509.ObjectIdentifier | None = None, *more: Named) -> Naming:
    said = say.Algorithm(oid=algorithm) if algorithm else None
    return Naming(certificates=[Named(algorithm=said, digest=digest), *more])


def token(chain: Chain, attributes: Attributes) -> bytes:
    """Have something stamped by an authority that signs these attributes beside what it must."""
    query = asn1.decode_der(say.Request, request(STAMPED).data)
    info = asn1.encode_der(tokens._info(query, Faults()))
    usual = [one for one in tokens._attributes(info, chain.certificates[0]) if one.oid != V2]
    tlv = {oid: [asn1.decode_der(asn1.TLV, asn1.encode_der(one)) for one in named] for oid, named in attributes.items()}
    signed = asn1.SetOf([*usual, *(say.Attribute(oid=oid, values=asn1.SetOf(named)) for oid, named in tlv.items())])
    made = tokens._token(chain, info, with_chain=True)
    (signer,) = made.data.signers.as_list()
    signer.attributes = signed
    signer.signature = chain.key.sign(asn1.encode_der(signed), padding.PKCS1v15(), hashes.SHA256())
    made.data.signers = asn1.SetOf([signer])
    return asn1.encode_der(say.Response(status=say.Status(status=0), token=made))


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain.made("Sandbox", datetime.now(UTC))


@pytest.fixture
def believed(chain: Chain, scelle_verify: ModuleType, node: Node) -> Callable[[Attributes], bool]:
    """Return a function that says whether a token with some attributes is believed, as every verifier does."""

    def ask(attributes: Attributes) -> bool:
        response, digest, pem = token(chain, attributes), sha256(STAMPED).digest(), chain.pem().decode()
        said = set()
        try:
            verify(response, digest, [Authority.parse(pem.encode(), [POLICY])])
        except TimestampInvalid as error:
            said.add(error.code)
        else:
            said.add("believed")
        authority = scelle_verify._authority({"certificates": pem, "policies": [POLICY]})
        try:
            scelle_verify.believe(response, digest, [authority])
        except scelle_verify.Refused as error:
            said.add(str(error))
        else:
            said.add("believed")
        answer = node.ask("timestamp", response=response, certificates=pem, policies=[POLICY], digest=digest)
        said.add("believed" if answer.isdigit() else answer)
        assert len(said) == 1, said
        assert said <= {"believed", "signature"}
        return "believed" in said

    return ask


@pytest.mark.bad_input("B55")
@pytest.mark.covers("C-05")
def test_a_token_that_names_no_certificate_is_not_believed(believed: Callable[[Attributes], bool]) -> None:
    assert not believed({})


def test_every_naming_has_to_name_the_signer_first(chain: Chain, believed: Callable[[Attributes], bool]) -> None:
    own, other = (one.public_bytes(Encoding.DER) for one in chain.certificates[:2])
    first = naming(sha256(own).digest())
    assert believed({V2: [first]})
    assert believed({V2: [naming(sha256(own).digest(), None, *naming(sha256(other).digest()).certificates)]})
    assert believed({V2: [naming(sha512(own).digest(), SHA512)]})
    assert believed({V1: [naming(sha1(own).digest())]})  # noqa: S324 - what the attribute says of itself
    assert believed({V1: [naming(sha1(own).digest())], V2: [first]})  # noqa: S324 - as above
    assert not believed({V2: [naming(sha256(other).digest())]})
    assert not believed({V2: [naming(sha256(other).digest(), None, *first.certificates)]})
    assert not believed({V1: [naming(sha1(other).digest())], V2: [first]})  # noqa: S324 - as above
    assert not believed({V1: [naming(sha256(own).digest())]})
    assert not believed({V2: [naming(sha256(own).digest(), SHA512)]})
    assert not believed({V2: [naming(sha256(own).digest()[:28], SHA224)]})
    assert not believed({V2: []})
