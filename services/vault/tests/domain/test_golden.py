"""What was written once is readable for ever: frozen bytes of the format `scelle-vault-1`."""

from uuid import UUID

import pytest
from vault.domain.keys import DataKey, unwrap
from vault.domain.manifest import Address, Manifest
from vault.domain.streaming import unseal

ADDRESS = Address(*(UUID(f"00000000-0000-4000-8000-00000000000{number}") for number in (1, 2, 3)))
DATA_KEY = bytes(range(32))
WRAPPED_BY_K = bytes.fromhex(
    "07258400aaec0d7d2bca84511df4f3acb5fb64153b91e5c02dabeab4eea7dd2acb749aa48fb4cfdff4993abd9b2c3c2b67d2"
    "e4842efd83f852bafe37"
)
PART = bytes.fromhex(
    "2887bd02215d237673ea4a094181e984b74be7bff57542f3d7b1f78cc0d7b4c0835c67358b5fd5123693bdb4124cb82cb4db"
    "6450485cd9e4aa976f7f90ae298311c0f1a9084870"
)
MANIFEST = (
    b'{"document":"00000000-0000-4000-8000-000000000002","format":"scelle-vault-1","key_commitment":"3af7b'
    b'95a89da8b1c3568378ab587d76370513d34075b5cffd6cdc943560483e2","mac":"94de149395da86b47fa240f7d1588c45'
    b'6ad016153fabfb459879b461e37c4f55","office":"00000000-0000-4000-8000-000000000001","parts":[{"sha256"'
    b':"de171a6322111d9cf7dc1f595d88be24d336a4479a9668ef6043128f6c532afe","size":71}],"size":15,"version":'
    b'"00000000-0000-4000-8000-000000000003"}'
)


@pytest.mark.covers("C-14")
def test_a_frozen_document_is_still_read() -> None:
    assert unwrap(b"k" * 32, WRAPPED_BY_K, ADDRESS.bound()) == DATA_KEY
    key = DataKey.of(DATA_KEY)
    Manifest.decode(MANIFEST).verify(ADDRESS, key)
    assert unseal(key.parts, ADDRESS.part(0, last=True), PART) == b"%PDF-1.7 frozen"
