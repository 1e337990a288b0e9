"""Nothing in the database tells who an erased person was, whenever a process dies, and every proof stays."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from eventstore import rebuild
from identity.adapters.purge import forget
from identity.domain.erasure import Basis
from identity.domain.person import Person
from proof.entry import state_hash

CANARY = "Zwingelstein"
PASSWORD = "Une longue phrase 7"
WRITTEN = (CANARY, "zwingelstein", "capucine", "capucine.zwingelstein@example.org", "+33699876543", "699876543")


def traces(platform: Any) -> list[str]:
    """Return in which writings the person is found in any row of any table; bytes are in hexadecimal."""
    tables = platform.sql(
        "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    rows = [row for (name,) in tables for (row,) in platform.sql(f"SELECT to_jsonb(t)::text FROM {name} t")]
    text = "\n".join(rows)
    return [one for one in WRITTEN if one in text or one.encode().hex() in text]


def secrets(platform: Any, person_id: str) -> int:
    tables = ("prepared", "password", "authenticator", "recovery_code", "challenge", "token")
    return sum(
        platform.sql(f"SELECT count(*) FROM identity.{table} WHERE person_id = %s", person_id)[0][0] for table in tables
    )


def test_nothing_is_left_of_an_erased_client_and_every_proof_stays(platform: Any, client: dict[str, str]) -> None:
    notary = platform.notary()
    platform.call("PATCH", f"/clients/{client['id']}", notary, json={"first_name": "Capucine Anne"})
    platform.client_session(client)
    platform.invitation(platform.new_client(notary))
    platform.sql("INSERT INTO identity.authenticator (person_id, sealed) VALUES (%s, 'sealed')", client["id"])
    platform.sql("INSERT INTO identity.recovery_code (digest, person_id) VALUES ('digest', %s)", client["id"])
    assert traces(platform) == list(WRITTEN)
    assert secrets(platform, client["id"]) > 0
    store = platform.identity.store
    before = store.held(0, 1000)
    answer = platform.erase(client["id"], notary)
    assert (answer.status_code, answer.content) == (202, b"")
    assert traces(platform) == []
    assert platform.identity.finishing.finish_all() == 1
    assert platform.identity.finishing.finish_all() == 0
    assert traces(platform) == []
    assert secrets(platform, client["id"]) == 0
    assert store.held(0, len(before)) == before
    for held in before:
        assert json.loads(held.entry)["state_h"] == state_hash(held.state)
    assert store.get(Person, UUID(client["id"])).last_name is None
    (erased,) = platform.events("person-erased")
    assert (str(erased["person_id"]), erased["office_id"]) == (client["id"], platform.office_id)
    assert erased["basis"] == "subject-request"
    (destroyed,) = platform.events("person-keys-destroyed")
    assert (str(destroyed["person_id"]), destroyed["keys"]) == (client["id"], 1)


def test_read_models_made_again_are_the_same_without_the_person(platform: Any, client: dict[str, str]) -> None:
    notary = platform.notary()
    platform.new_client(notary)
    platform.call("PATCH", f"/clients/{client['id']}", notary, json={"last_name": f"{CANARY} Durand"})
    platform.erase(client["id"], notary)
    platform.identity.finishing.finish_all()
    tables = ("office", "person", "membership")
    before = [platform.sql(f"SELECT * FROM read.{table} ORDER BY id") for table in tables]
    rebuild(platform.identity.store)
    assert [platform.sql(f"SELECT * FROM read.{table} ORDER BY id") for table in tables] == before
    assert traces(platform) == []


def test_what_a_request_under_way_left_behind_the_erasure_goes_too(platform: Any, client: dict[str, str]) -> None:
    platform.erase(client["id"], platform.notary())
    platform.identity.finishing.finish_all()
    platform.identity.passwords.prepare(UUID(client["id"]), PASSWORD)
    platform.sql("INSERT INTO identity.recovery_code (digest, person_id) VALUES ('digest', %s)", client["id"])
    forget(platform.identity.store)
    assert secrets(platform, client["id"]) == 0


def test_one_erasure_that_fails_keeps_no_other_waiting(platform: Any, client: dict[str, str]) -> None:
    notary = platform.notary()
    other = platform.new_client(notary)
    session = platform.client_session(client)
    assert session
    platform.sql(
        "INSERT INTO identity.session SELECT %s, person_id, kind, office_id, role, created_at, used_at, ends_at"
        " FROM identity.session WHERE kind = 'client' LIMIT 1",
        uuid4(),
    )  # begun, and not recorded yet
    for one in (client, other):
        assert platform.erase(one["id"], notary).status_code == 202
    assert platform.identity.finishing.finish_all() == 2
    assert [str(one["person_id"]) for one in platform.events("person-keys-destroyed")] == [other["id"]]
    assert platform.identity.finishing.finish_all() == 1
    assert len(platform.events("person-keys-destroyed")) == 2


def test_a_kill_after_the_event_loses_no_erasure(
    platform: Any, client: dict[str, str], environment: dict[str, str], free_port: int
) -> None:
    """As if `work` was killed before it saw the event, and again after it destroyed the key; the bus is away."""
    store = platform.identity.store
    platform.erase(client["id"], platform.notary())
    other = platform.new_client(platform.notary())
    person = store.get(Person, UUID(other["id"]))
    person.erase(platform.office_id, Basis.RETENTION_ENDED)
    store.save(person, actor=Actor.system())
    assert store.keys.destroy(UUID(other["id"]))
    assert platform.events("person-keys-destroyed") == []
    own = {"IDENTITY_NATS_URL": "nats://127.0.0.1:9", "IDENTITY_HTTP_PORT": str(free_port)}
    process = subprocess.Popen([sys.executable, "-m", "identity", "work"], env=os.environ | environment | own)
    try:
        deadline = time.monotonic() + 40
        while len(platform.events("person-keys-destroyed")) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert traces(platform) == []
    assert secrets(platform, client["id"]) == 0
