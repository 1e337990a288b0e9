"""What an earlier release stored is read by today's rules, and both are told apart."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventstore import Code, FileKeyService, LaterRelease, Projection, Store
from proof.entry import Entry, commitment
from testkit.parcels import Sample, Someone
from testkit.releases import Letter, facts, written_before

OFFICE, DOSSIER = uuid4(), uuid4()


@pytest.fixture
def second(sample: Sample) -> Iterator[Store]:
    """Return the store of the second release."""
    keys = FileKeyService(sample.folder / "master.key")
    opened = Store("dossier", sample.url, projection=Projection(), keys=keys, facts=facts)
    yield opened
    opened.close()


@pytest.fixture
def client() -> UUID:
    return uuid4()


@pytest.fixture
def letter(sample: Sample, client: UUID) -> UUID:
    """Return the letter that the first release wrote."""
    master, place = sample.folder / "master.key", {"office": OFFICE, "dossier": DOSSIER}
    return written_before("dossier", sample.url, master, **place, client=client, town="Lyon", note="Mme Martin")


@pytest.mark.fault("F59")
def test_the_payload_is_told_as_it_was_stored_and_as_it_is_read(second: Store, letter: UUID, client: UUID) -> None:
    (recorded,) = second.read(0, 10)
    entry, opening, lifted = Entry.parse(recorded.entry), second.opening(1), second.upcast(1)
    assert opening is not None
    assert lifted is not None
    assert (entry.schema, commitment(opening[1], opening[0])) == (1, entry.payload_c)
    ids = {"office_id": str(OFFICE), "dossier_id": str(DOSSIER), "client_id": str(client)}
    assert json.loads(opening[0])["data"] == ids | {"town": "Lyon", "note": "Mme Martin"}
    assert json.loads(lifted)["data"] == ids | {"city": "Lyon", "country": "FR", "remark": "Mme Martin"}
    read = second.get(Letter, letter)
    assert (read.city, read.country, read.remark) == ("Lyon", "FR", "Mme Martin")
    assert (recorded.plain["city"], recorded.class_version) == ("Lyon", 1)


@pytest.mark.bad_input("B53")
@pytest.mark.fault("F59")
@pytest.mark.usefixtures("letter")
def test_an_event_of_a_later_release_is_not_read_by_the_rules_of_today(second: Store) -> None:
    assert len(second.read(0, 10)) == 1
    with second.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        later = "convert_to(jsonb_set(convert_from(state, 'UTF8')::jsonb, '{class_version}', '9')::text, 'UTF8')"
        connection.execute(f"UPDATE ledger.stored_events SET state = {later}")
    with pytest.raises(LaterRelease):
        second.read(0, 10)


def test_an_event_of_today_is_told_once(second: Store, letter: UUID, client: UUID) -> None:
    del letter
    second.save(Letter(OFFICE, DOSSIER, client, "Lille", "FR", None), actor=Someone())
    assert second.opening(2) is not None
    assert second.upcast(2) is None
    assert Entry.parse(second.read(1, 1)[0].entry).schema == 2
    assert second.upcast(3) is None


def test_nothing_is_told_of_an_erased_person_by_any_rule(second: Store, letter: UUID, client: UUID) -> None:
    second.keys.destroy(client)
    assert (second.opening(1), second.upcast(1)) == (None, None)
    assert second.get(Letter, letter).remark is None


def test_the_code_names_the_release_and_its_rules(second: Store, store: Store) -> None:
    said = second.code()
    assert said == Code(version("scelle-dossier"), said.upcasts)
    assert store.code() == Code("unknown", said.upcasts)


RULE = """
from typing import Any
from eventsourcing.domain import Aggregate, AggregateCreated, event
from eventstore.upcasts import rules_hash

class Letter(Aggregate):
    TOPIC = "sample.ruled"

    class Created(AggregateCreated):
        TOPIC = "sample.rule-written"
        class_version = 3
        country: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["land"] = "FR"

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            state["country"] = state.pop("land")

    @event(Created)
    def __init__(self, country: str) -> None:
        self.country = country

print(rules_hash())
"""
WITHOUT = "from eventstore.upcasts import rules_hash\nprint(rules_hash())\n"


def test_the_hash_of_the_rules_changes_with_a_word_of_one_and_with_nothing_else(tmp_path: Path) -> None:
    def hashed(program: str, name: str) -> str:
        (tmp_path / name).write_text(program)
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, tmp_path / name], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    first = hashed(RULE, "one.py")
    assert len(first) == 64
    assert hashed(f"# elsewhere, and later\n{RULE}", "two.py") == first
    assert hashed(RULE.replace('"FR"', '"BE"'), "three.py") != first
    assert hashed(RULE.replace("sample.rule-written", "sample.rule-said"), "four.py") != first
    assert hashed(WITHOUT, "none.py") == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
