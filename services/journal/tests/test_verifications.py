"""The check that anybody may ask for."""

from typing import TYPE_CHECKING, Any

import httpx
from journal.http.verifications import MAX_BUNDLE
from proof.archive import pack, unpack

if TYPE_CHECKING:
    from conftest import Platform


def checked(platform: "Platform", bundle: bytes, **query: Any) -> httpx.Response:
    """Ask without any token."""
    address = f"{platform.url}/api/journal/v1/verifications"
    headers = {"Content-Type": "application/zip"}
    return httpx.post(address, content=bundle, params=query, headers=headers, trust_env=False, timeout=60)


def failed(report: dict[str, Any]) -> list[str]:
    return [one["name"] for one in report["checks"] if one["state"] == "failed"]


def test_a_stranger_learns_what_a_bundle_is_worth(shared: "Platform") -> None:
    bundle = shared.get(f"/dossiers/{shared.dossier}/bundle").content
    report = checked(shared, bundle, level=1).json()
    assert (report["verdict"], failed(report)) == ("intact", [])
    assert report["scope"] == {"id": str(shared.dossier), "kind": "dossier"}
    assert checked(shared, bundle, level=5).json()["verdict"] == "below-level"


def test_a_changed_entry_is_named(shared: "Platform") -> None:
    files = dict(unpack(shared.get(f"/dossiers/{shared.dossier}/bundle").content).files)
    entries = bytearray(files["entries.bin"])
    entries[40] ^= 1
    report = checked(shared, pack(files | {"entries.bin": bytes(entries)})).json()
    assert report["verdict"] == "tampered"
    assert "inclusion" in failed(report)


def test_what_is_no_bundle_is_malformed_and_what_is_too_large_is_refused(shared: "Platform") -> None:
    assert checked(shared, b"hello").json()["verdict"] == "malformed"
    nothing = checked(shared, b"")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid")
    answer = checked(shared, bytes(MAX_BUNDLE + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
