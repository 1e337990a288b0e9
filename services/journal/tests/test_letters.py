"""Letters in the journal: found with their files by whoever controls, never told to the client they may go to."""

from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from chassis.actor import Actor
from proof.reading import decode as read_bundle
from vault.domain.document import Document

if TYPE_CHECKING:
    from conftest import Platform

LETTER = uuid4()


@pytest.fixture
def proof(platform: "Platform") -> UUID:
    """Let a proof of a letter to the client be stored in the dossier, and read by the notary."""
    manifest = sha256(b"proof manifest").hexdigest()
    document = Document.of_letter(
        office_id=platform.office,
        dossier_id=platform.dossier,
        request_id=LETTER,
        owner_id=platform.people["client"][0],
        version_id=uuid4(),
        size=5,
        media_type="application/pdf",
        sha256=sha256(b"proof").hexdigest(),
        manifest_sha256=manifest,
        object_key="0" * 32,
        legal_hold=True,
        name="preuve-de-refus.pdf",
    )
    document.read(platform.people["notary"][0], "download")
    platform.stores["vault"].save(document, actor=Actor.system(office_id=platform.office))
    platform.neighbours.manifests[str(document.id)] = manifest
    platform.take_in()
    return document.id


def test_a_letter_is_found_with_its_files(platform: "Platform", proof: UUID) -> None:
    answer = platform.get("/events", "compliance", letter=LETTER)
    assert answer.status_code == 200, answer.text
    found = [(item["type"], item["aggregate_id"]) for item in answer.json()["items"]]
    assert found == [("vault.letter-document-stored", str(proof)), ("vault.document-read", str(proof))]
    assert platform.get("/events", "compliance", letter=uuid4()).json()["items"] == []
    (asked, _) = (record.body["query"] for record in platform.records("access"))
    assert asked["letter"] == str(LETTER)


@pytest.mark.covers("A-62")
def test_the_office_reads_of_a_letter_and_the_client_does_not(platform: "Platform", proof: UUID) -> None:
    dossier = f"/dossiers/{platform.dossier}/events"
    seen = {who: platform.get(dossier, who).json()["items"] for who in ("notary", "client", "other client")}
    assert [str(proof) in {item["aggregate_id"] for item in items} for items in seen.values()] == [True, False, False]
    mine = platform.get("/my/events", "client")
    assert mine.status_code == 200, mine.text
    assert mine.json()["items"]
    assert str(proof) not in mine.text


def test_a_bundle_of_the_client_opens_nothing_of_a_letter(platform: "Platform", proof: UUID) -> None:
    opened = {}
    for who in ("notary", "client"):
        bundle = read_bundle(platform.get(f"/dossiers/{platform.dossier}/bundle", who).content)
        items = [item for item in bundle.items if str(proof).encode() in item.entry]
        assert len(items) == 2
        opened[who] = any(item.opening for item in items)
    assert opened == {"notary": True, "client": False}
