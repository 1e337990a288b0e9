"""What vouches for one leaf, and how far a dossier and a document are vouched for."""

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from journal.reading.timeline import MEANINGS
from proof.checkpoint import Checkpoint
from proof.note import Note
from proof.tree import leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from conftest import Platform


def holds(proven: dict[str, Any]) -> bool:
    """Tell whether the leaf is in the tree of the note that comes with it."""
    checkpoint = Checkpoint.parse(Note.parse(proven["checkpoint"]["note"].encode()).text)
    path = [base64.b64decode(one) for one in proven["hashes"]]
    digest = leaf_hash(proven["entry"].encode())
    assert base64.b64decode(proven["leaf_hash"]) == digest
    return verify_inclusion(digest, proven["event"]["index"], checkpoint.size, path, checkpoint.root)


@pytest.mark.covers("C-05")
def test_one_leaf_is_proven_to_whoever_may_read_it(platform: "Platform") -> None:
    early = platform.get(f"/dossiers/{platform.dossier}/events/3").json()
    assert (early["checkpoint"], early["hashes"], early["event"]["sealed"]) == (None, [], None)
    platform.checkpoints.seal()
    for path, who in (
        (f"/dossiers/{platform.dossier}/events/3", "notary"),
        (f"/dossiers/{platform.dossier}/events/3", "client"),
        ("/my/events/3", "client"),
        ("/events/3", "compliance"),
    ):
        answer = platform.get(path, who)
        assert answer.status_code == 200, answer.text
        assert answer.json()["event"]["index"] == 3
        assert holds(answer.json())
    said = platform.records("access")
    assert said[-1].body["query"] == {"office": str(platform.office), "index": 3}
    within = platform.get("/events/5", "compliance", dossier=platform.dossier)  # it repeats neither office nor dossier
    assert holds(within.json())


def test_witnesses_and_tokens_of_a_leaf_are_told(attested: "Platform") -> None:
    attested.get(f"/dossiers/{attested.dossier}/bundle")
    proven = attested.get(f"/dossiers/{attested.dossier}/events/3").json()
    assert holds(proven)
    assert {one["name"] for one in proven["witnesses"]} <= {f"witness-{number}.example" for number in range(3)}
    assert len(proven["witnesses"]) >= 2
    (token,) = proven["tokens"]
    assert abs((datetime.fromisoformat(token["at"]) - datetime.now(UTC)).total_seconds()) < 600
    vouched = attested.get(f"/dossiers/{attested.dossier}/proof").json()
    assert (vouched["entries"], vouched["sealed"], vouched["stamped"]) == (6, 6, 6)
    assert vouched["stamped_at"] is not None


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/dossiers/{}/events/3", "foreign client"),
        ("/dossiers/{}/events/3", "foreign compliance"),
        ("/dossiers/{}/proof", "notary elsewhere"),
        ("/events/3", "notary"),
        ("/events/3", "foreign compliance"),
        ("/my/events/3", "notary"),
        ("/my/events/3", "foreign client"),
        ("/my/events/999", "client"),
    ],
)
def test_a_leaf_does_not_exist_for_others(shared: "Platform", path: str, who: str) -> None:
    assert shared.get(path.format(shared.dossier), who).status_code == 404


@pytest.mark.covers("L-68")
def test_a_complete_dossier_shows_its_completion_and_how_far_it_is_vouched_for(platform: "Platform") -> None:
    platform.complete()
    platform.checkpoints.seal()
    vouched = platform.get(f"/dossiers/{platform.dossier}/proof").json()
    assert (vouched["entries"], vouched["sealed"], vouched["cosigned"], vouched["stamped"]) == (7, 7, 0, 0)
    assert vouched["stamped_at"] is None
    assert [one["type"] for one in vouched["milestones"]] == ["dossier.dossier-completed"]
    document = platform.get(f"/documents/{platform.version}/proof").json()
    assert document["entries"] == len(document["milestones"]) >= 1
    assert {one["aggregate_id"] for one in document["milestones"]} == {str(platform.version)}


def test_the_types_of_events_are_listed_with_their_meaning(shared: "Platform") -> None:
    listed = shared.get("/event-types", "client").json()
    assert {one["type"]: one["meaning"] for one in listed} == MEANINGS


def test_why_compliance_asks_is_required_here_too(shared: "Platform") -> None:
    for path in ("/events/3", f"/dossiers/{shared.dossier}/proof"):
        assert shared.get(path, "compliance", purpose=None).status_code == 422
