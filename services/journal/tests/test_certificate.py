"""The readable certificate of a dossier."""

import re
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Platform


def printed(pdf: bytes) -> bytes:
    """Return the drawing instructions of a PDF, where its text stands as it is read."""
    streams = re.findall(rb"/FlateDecode.*?stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return b"\n".join(zlib.decompressobj().decompress(stream) for stream in streams)


@pytest.mark.covers("L-68")
def test_there_is_no_certificate_of_a_dossier_that_was_never_complete(platform: "Platform") -> None:
    path = f"/dossiers/{platform.dossier}/certificate"
    answer = platform.get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier-not-complete")
    assert "once every document asked for is validated" in answer.json()["detail"]
    assert platform.get(path, "compliance").status_code == 409
    assert platform.get(path, "foreign client").status_code == 404
    platform.complete()
    assert platform.get(path).status_code == 200


@pytest.mark.covers("L-68")
def test_the_certificate_lists_the_documents_with_their_digests(finished: "Platform") -> None:
    answer = finished.get(f"/dossiers/{finished.dossier}/certificate")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    text = printed(answer.content)
    for digest in (b"file", b"other"):
        assert sha256(digest).hexdigest().encode() in text
    assert b"2026-0042" in text
    assert "Étude OEillet - Paris".encode("latin-1") in text
    assert finished.checkpoints.last().note in answer.content  # type: ignore[union-attr] # attached as it is


def test_the_certificate_of_a_client_does_not_tell_anothers_digests(finished: "Platform") -> None:
    text = printed(finished.get(f"/dossiers/{finished.dossier}/certificate", "client").content)
    assert sha256(b"file").hexdigest().encode() in text
    assert sha256(b"other").hexdigest().encode() not in text
    assert b"rib.pdf" not in text
