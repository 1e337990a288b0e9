"""Evidence, from an address that holds a token and grows old."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.application.provider import ContractBreach, NotSupported
from lre_gateway.domain.vocabulary import EvidenceKind

HOST = "https://sandbox.ar24.fr/get"
PDF = httpx.Response(200, content=b"%PDF-1.7 proof", headers={"content-type": "application/pdf"})
KIND = EvidenceKind.RECEPTION


def shown(address: str | None, **fields: Any) -> httpx.Response:
    letter = {"id": 7, "status": "AR", "ts_ev_date": "2026-01-10 10:00:00", "view_date": "2026-01-12 11:30:00"}
    result = {**letter, "proof_ar_url": address, **fields}
    return httpx.Response(200, json={"status": "SUCCESS", "result": result})


def test_case_50_an_address_that_is_refused_is_read_again_and_fetched(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [
        shown(f"{HOST}/proof/ar-7?token=old"),
        httpx.Response(403),
        shown(f"{HOST}/proof/ar-7?token=new"),
        PDF,
    ]
    found = ar24.evidence("7", KIND)
    assert found is not None
    assert (found.content, found.media_type) == (b"%PDF-1.7 proof", "application/pdf")
    assert found.at == datetime(2026, 1, 12, 10, 30, tzinfo=UTC)
    assert found.source == "sandbox.ar24.fr/get/proof/ar-7"
    assert [call.url.params.get("token") for call in scripted.calls][1::2] == ["old", "new"]
    assert "signature" not in scripted.calls[1].headers


@pytest.mark.parametrize("answer", [httpx.Response(404), httpx.Response(200, text="<html>"), httpx.Response(200)])
def test_what_is_no_such_file_is_not_there_yet(ar24: Ar24, scripted: Any, answer: httpx.Response) -> None:
    scripted.script = [shown(f"{HOST}/proof/ar-7?token=a"), answer, shown(f"{HOST}/proof/ar-7?token=b"), answer]
    assert ar24.evidence("7", KIND) is None


def test_evidence_without_an_address_is_not_there_yet(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [shown(None)]
    assert ar24.evidence("7", KIND) is None
    assert len(scripted.calls) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://sandbox.ar24.fr/get/proof/ar-7",
        "https://sandbox.ar24.fr.example/get",
        "https://evil.example/.ar24.fr",
        "https://evil.example@sandbox.ar24.fr:444/get",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "/get/proof/ar-7",
        "https://[",
        "https://files.ar24.fr:8443/get",
    ],
)
def test_an_address_elsewhere_is_never_called(ar24: Ar24, scripted: Any, address: str) -> None:
    scripted.script = [shown(address)]
    with pytest.raises(ContractBreach):
        ar24.evidence("7", KIND)
    assert len(scripted.calls) == 1


def test_another_host_of_the_provider_may_hold_files(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [shown("https://files.ar24.fr/get/proof/ar-7?token=a"), PDF]
    found = ar24.evidence("7", KIND)
    assert found is not None
    assert found.source == "files.ar24.fr/get/proof/ar-7"


def test_a_file_above_the_limit_is_not_read_to_its_end(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [shown(f"{HOST}/proof/ar-7"), httpx.Response(200, content=b"%PDF-" + b"x" * 1_000)]
    with pytest.raises(ContractBreach):
        ar24.evidence("7", KIND)


def test_an_archive_is_a_zip_and_has_no_date(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [shown(None, zip=f"{HOST}/zip/7?token=a"), httpx.Response(200, content=b"PK\x03\x04")]
    found = ar24.evidence("7", EvidenceKind.FULL_ARCHIVE)
    assert found is not None
    assert (found.media_type, found.at) == ("application/zip", None)


def test_another_letter_than_the_one_asked_for_is_a_breach(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [shown(None)]
    with pytest.raises(ContractBreach):
        ar24.evidence("8", KIND)


def test_evidence_that_we_write_ourselves_is_not_asked_for(ar24: Ar24, scripted: Any) -> None:
    with pytest.raises(NotSupported):
        ar24.evidence("7", EvidenceKind.SUBMISSION_MANIFEST)
    assert scripted.calls == []
