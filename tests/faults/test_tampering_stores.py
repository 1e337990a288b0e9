"""What is stored is changed under the platform: cases 1 to 3, 10, 18 and 19 of test_tampering.py."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from launcher.blueprint import BUCKET, SERVICES
from testkit.insider import Insider

FLIP = b"SET state = set_byte(state, length(state) / 2, get_byte(state, length(state) / 2) # 1)"
SWAP = b"""UPDATE ledger.stored_events AS one SET state = other.state FROM ledger.stored_events AS other
    WHERE one.notification_id = ANY(%(two)s) AND other.notification_id = ANY(%(two)s)
    AND one.notification_id <> other.notification_id"""


def places(insider: Insider, svc: str, numbers: Sequence[int]) -> list[str]:
    return sorted((str(insider.index(svc, number)) for number in numbers), key=int)


def test_case_1_an_event_is_changed_in_its_store(insider: Insider) -> None:
    (number,) = insider.numbers("dossier.document-refused")
    with insider.rewriting("dossier", [number]) as connection:
        connection.execute(b"UPDATE ledger.stored_events " + FLIP + b" WHERE notification_id = %s", [number])
        said, audited = insider.opinion(insider.export()), insider.audited()
    assert said.failed["event-state"] == places(insider, "dossier", [number])
    assert audited == {("dossier", number, "state-differs")}
    insider.intact()
    assert insider.audited() == set()


def test_case_2_an_event_is_deleted_from_its_store(insider: Insider) -> None:
    """Its proof entry goes with it: they are one row. The leaf stays."""
    (number,) = insider.numbers("dossier.document-refused")
    with insider.rewriting("dossier", [number]) as connection:
        connection.execute(b"DELETE FROM ledger.stored_events WHERE notification_id = %s", [number])
        said, audited = insider.opinion(insider.export()), insider.audited()
    assert said.failed == {"event-state": places(insider, "dossier", [number])}
    assert audited == {("dossier", number, "row-missing")}
    insider.intact()


def test_case_3_two_events_are_swapped_with_their_entries(insider: Insider) -> None:
    """Everything of the two rows but the number: whoever reads the store by number finds another order."""
    two = insider.numbers("dossier.document-validated")[:2]
    with insider.rewriting("dossier", two) as connection:
        rows = connection.execute(
            b"DELETE FROM ledger.stored_events WHERE notification_id = ANY(%s) RETURNING *", [two]
        ).fetchall()
        for (*columns, number, entry), other in zip(rows, reversed(rows), strict=True):
            assert number != other[4]
            values = [*columns, other[4], entry]
            connection.execute(b"INSERT INTO ledger.stored_events VALUES (%s, %s, %s, %s, %s, %s)", values)
        said, audited = insider.opinion(insider.export()), insider.audited()
    assert said.failed["event-state"] == places(insider, "dossier", two)
    assert audited == {("dossier", number, "entry-differs") for number in two}
    insider.intact()


def test_case_18_ciphertexts_are_exchanged_between_two_events(insider: Insider) -> None:
    """Nobody can open them: a ciphertext is bound to its event."""
    two = insider.numbers("dossier.document-requested")[:2]
    whole = insider.opinion(insider.intact())
    with insider.rewriting("dossier", two) as connection:
        connection.execute(SWAP, {"two": two})
        said = insider.opinion(insider.export())
    assert said.failed == {"event-state": places(insider, "dossier", two)}
    assert said.examined("opening") == whole.examined("opening") - len(two)
    insider.intact()


def stored_objects(insider: Insider, version: str) -> list[str]:
    """Return the names of the objects of a document version, but its manifest."""
    with insider.platform.database("vault") as connection:
        row = connection.execute(b"SELECT object_key FROM read.document WHERE id = %s", [version]).fetchone()
    assert row is not None
    listed = insider.platform.s3().client().list_objects(bucket_name=BUCKET, prefix=row[0], recursive=True)
    return [name for one in listed if not (name := str(one.object_name)).endswith("/manifest")]


@contextmanager
def objects_with(insider: Insider, contents: dict[str, Callable[[dict[str, bytes]], bytes]]) -> Iterator[None]:
    """Put other bytes into objects; each is made of what all of them held."""
    client = insider.platform.s3().client()

    def put(name: str, data: bytes) -> None:
        client.put_object(bucket_name=BUCKET, object_name=name, data=io.BytesIO(data), length=len(data))

    kept = {}
    for name in contents:
        with client.get_object(bucket_name=BUCKET, object_name=name) as answer:
            kept[name] = answer.read()
    try:
        for name, make in contents.items():
            put(name, make(kept))
        yield
    finally:
        for name, data in kept.items():
            put(name, data)


def test_case_10_one_bit_of_a_document_is_changed_in_the_bucket(insider: Insider) -> None:
    version = insider.journey.deposits[0].version_id
    (name,) = stored_objects(insider, version)[:1]

    def flipped(kept: dict[str, bytes]) -> bytes:
        data = bytearray(kept[name])
        data[len(data) // 2] ^= 1
        return bytes(data)

    with objects_with(insider, {name: flipped}):
        assert insider.opinion(insider.export()).failed == {"object-bytes": [version]}
    insider.intact()


def test_case_10_two_documents_are_exchanged_in_the_bucket(insider: Insider) -> None:
    versions = [one.version_id for one in insider.journey.deposits[:2]]
    first, second = (stored_objects(insider, version)[0] for version in versions)
    with objects_with(insider, {first: lambda kept: kept[second], second: lambda kept: kept[first]}):
        assert set(insider.opinion(insider.export()).failed["object-bytes"]) == set(versions)
    insider.intact()


def test_case_19_a_kept_state_is_changed_to_show_something_else(insider: Insider) -> None:
    """No state is kept but the read models, which the replay does not look at; `compare` names the row."""
    for service in SERVICES:
        with insider.platform.database(service) as connection:
            query = b"SELECT count(*) FROM information_schema.tables WHERE table_name LIKE '%snapshot%'"
            assert connection.execute(query).fetchone() == (0,)
    dossier = insider.journey.dossier
    before = _state(insider, dossier)
    with insider.as_superuser("dossier") as connection:
        query = b"UPDATE read.dossier SET number = %s WHERE id = %s"
        connection.execute(query, ["2026-forged", dossier])
        try:
            assert _state(insider, dossier) == before
            compared = insider.platform.run("dossier", "compare")
        finally:
            connection.execute(query, [insider.journey.number, dossier])
    assert (compared.returncode, dossier in compared.stdout) == (1, True), compared.stdout
    assert insider.platform.run("dossier", "compare").returncode == 0


def _state(insider: Insider, dossier: str) -> dict[str, Any]:
    last = insider.read("/status").json()["sealed"]
    items = insider.read(f"/dossiers/{dossier}/state", f"&at=checkpoint:{last}&limit=100").json()["items"]
    found: dict[str, Any] = next(one for one in items if one["id"] == dossier)
    assert found["findings"] == []
    state: dict[str, Any] = found["state"]
    return state
