"""What the vault tells operators: what waits for a scanner, and what lies in the bucket without a key."""

from hashlib import sha256
from typing import TYPE_CHECKING

from vault.readmodel.metrics import ORPHANS_SECONDS, VAULT, Readings

if TYPE_CHECKING:
    from conftest import Vault

LEFT = b"left behind"


def test_orphans_are_counted_every_hour_and_told_until_the_next_count(vault: "Vault") -> None:
    now = 0.0
    readings = Readings(vault.parts.store, vault.parts.objects, lambda: now)

    def told() -> dict[str, float]:
        list(readings())
        readings.settled()
        return {name: value for name, value, labels in readings() if "state" not in labels}

    calm = {"vault_unscanned_age_seconds": 0.0, "vault_open_uploads": 0, "vault_orphan_objects": 0}
    assert told() == calm
    vault.parts.objects.put(f"{'0' * 32}/part", LEFT, sha256(LEFT).digest())
    assert told() == calm
    now += ORPHANS_SECONDS
    assert told() == calm | {"vault_orphan_objects": 1}
    states = [labels["state"] for name, _, labels in readings() if name == "vault_unscanned_documents"]
    assert states == ["waiting", "given-up"]
    assert {name for name, _, _ in readings()} == set(VAULT)
