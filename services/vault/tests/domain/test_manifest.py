"""The manifest: canonical, bound to its address and key, and refused in any other form."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
import rfc8785
from vault.domain.keys import DataKey, WrongKey, unwrap, wrap
from vault.domain.manifest import Address, BrokenManifest, Manifest, Part
from vault.domain.streaming import sealed_size

ADDRESS = Address(*(UUID(int=number) for number in (1, 2, 3)))
KEY = DataKey.of(bytes(32))
PARTS = (Part(sealed_size(8), "ab" * 32), Part(sealed_size(5), "cd" * 32))


def manifest() -> Manifest:
    return Manifest.sign(ADDRESS, 13, PARTS, KEY)


def test_a_manifest_is_canonical_json_and_reads_back_as_it_was() -> None:
    encoded = manifest().encode()
    assert encoded == rfc8785.dumps(json.loads(encoded))
    assert Manifest.decode(encoded) == manifest()
    manifest().verify(ADDRESS, KEY)


def test_a_manifest_verifies_with_its_own_key_and_address_only() -> None:
    other_parts = replace(manifest(), parts=PARTS[::-1])
    other_size = replace(manifest(), size=12)
    for changed, address, key in (
        (manifest(), replace(ADDRESS, version_id=UUID(int=9)), KEY),
        (manifest(), ADDRESS, DataKey.of(b"\1" * 32)),
        (other_parts, ADDRESS, KEY),
        (other_size, ADDRESS, KEY),
    ):
        with pytest.raises(BrokenManifest):
            changed.verify(address, key)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{" * 100_000,
        json.dumps(json.loads(manifest().encode())).encode(),  # with blanks
        manifest().encode().replace(b'"size":13', b'"size":14'),
        manifest().encode().replace(b'"size":13', b'"size":13.0'),
        manifest().encode()[:-1] + b',"more":1}',
        manifest().encode().replace(b"ab", b"AB"),
        manifest().encode().replace(b"scelle-vault-1", b"scelle-vault-2"),
    ],
    ids=range(11),
)
def test_any_other_form_is_refused(encoded: bytes) -> None:
    with pytest.raises(BrokenManifest):
        Manifest.decode(encoded)


def test_no_two_addresses_and_parts_are_bound_to_the_same_bytes() -> None:
    ids = [UUID(int=number) for number in (1, 2, 256)]
    addresses = [Address(one, two, three) for one in ids for two in ids for three in ids]
    bound = {
        address.part(number, last=last) for address in addresses for number in (0, 1, 256) for last in (True, False)
    }
    assert len(bound) == len(addresses) * 6
    assert {len(one) for one in bound} == {15 + 48 + 5}


def test_a_wrapped_key_opens_in_its_own_context_only() -> None:
    wrapped = wrap(b"k" * 32, b"secret", b"context")
    assert unwrap(b"k" * 32, wrapped, b"context") == b"secret"
    for key, context in ((b"k" * 32, b"another"), (b"x" * 32, b"context")):
        with pytest.raises(WrongKey):
            unwrap(key, wrapped, context)


def test_what_is_derived_from_a_data_key_has_one_purpose_each() -> None:
    assert len({KEY.parts, KEY.manifest, KEY.commitment, bytes(32)}) == 4
    assert "parts" not in repr(KEY)
