import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from proof.canonical import NotCanonical, canonical
from proof.entry import (
    Document,
    Entry,
    EntryInvalid,
    Fields,
    assemble,
    commitment,
    digest_commitment,
    encoded,
    fragments,
    instant,
    state_hash,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
ID = "6f1b1d2c-0000-4000-8000-000000000001"
FIELDS = Fields(
    svc="dossier",
    agg=ID,
    agg_ver=3,
    type="dossier.document-refused",
    schema=1,
    occurred_at=instant(NOW),
    payload_c=state_hash(b"payload"),
    state_h=state_hash(b"state"),
    actor_kind="staff",
    actor=ID,
    office=ID,
    dossier=ID,
    docs=(Document(ref=ID, ver=ID, size=1, digest_c=state_hash(b"d"), ct_h=state_hash(b"c")),),
)


def an_entry(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(assemble(fragments(FIELDS), b"\x01" * 32, 7, NOW, 9))
    return data | changes


@given(st.text(max_size=50), st.integers(2, 2**50), st.integers(1, 2**50))
def test_the_assembled_fragments_are_the_canonical_encoding(corr: str, office_seq: int, store_seq: int) -> None:
    entry = assemble(fragments(replace(FIELDS, corr=corr)), b"\xff" * 32, office_seq, NOW, store_seq)
    assert entry == rfc8785.dumps(json.loads(entry))
    read = Entry.parse(entry)
    assert (read.corr, read.office_seq, read.store_seq) == (corr, office_seq, store_seq)
    assert (read.recorded_at, read.office_prev) == ("2026-03-01T12:00:00.000001Z", encoded(b"\xff" * 32))


def test_a_text_that_looks_like_the_filled_values_does_not_move_them() -> None:
    parts = fragments(replace(FIELDS, corr='","office_prev":null,"store_seq":1,"recorded_at":"'))
    assert Entry.parse(assemble(parts, None, 1, NOW, 42)).store_seq == 42


def test_an_entry_of_no_office_has_neither_number_nor_chain() -> None:
    read = Entry.parse(assemble(fragments(replace(FIELDS, office=None)), None, None, NOW, 1))
    assert (read.office, read.office_seq, read.office_prev) == (None, None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"kind": "seal"},
        {"more": 1},
        {"svc": "Dossier"},
        {"agg": ID.upper()},
        {"agg": None},
        {"agg_ver": 0},
        {"store_seq": True},
        {"occurred_at": "2026-03-01T12:00:00Z"},
        {"recorded_at": "2026-13-01T12:00:00.000000Z"},
        {"payload_c": "AAAA"},
        {"state_h": state_hash(b"state")[:-2] + "B="},
        {"corr": "x" * 201},
        {"corr": 1},
        {"office": None},
        {"office_seq": 1},
        {"office_prev": None},
        {"docs": None},
        {"docs": [{"ref": ID}]},
        {"docs": [1]},
    ],
)
def test_a_field_that_two_readers_could_understand_differently_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EntryInvalid):
        Entry.parse(canonical(an_entry(**changes)))


def test_an_entry_too_long_for_an_entry_bundle_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        Entry.parse(b" " * 65_536)


def test_an_entry_that_is_not_an_object_or_not_canonical_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        Entry.parse(b"[]")
    with pytest.raises(NotCanonical):
        Entry.parse(canonical(an_entry()) + b" ")


def test_a_bad_field_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(EntryInvalid):
        fragments(replace(FIELDS, svc="dossier service"))
    with pytest.raises(NotCanonical):
        fragments(replace(FIELDS, corr="\ud800"))


def test_a_commitment_is_the_hmac_of_the_payload_under_the_salt() -> None:
    expected = hmac.new(b"s" * 32, b'{"a":1}', hashlib.sha256).digest()
    assert commitment(b"s" * 32, b'{"a":1}') == encoded(expected)
    assert digest_commitment(b"s" * 32, "0" * 64) == commitment(b"s" * 32, b"0" * 64)


def test_a_short_salt_a_loose_digest_and_a_local_time_are_refused() -> None:
    with pytest.raises(ValueError, match="salt"):
        commitment(b"short", b"{}")
    with pytest.raises(ValueError, match="SHA-256"):
        digest_commitment(b"s" * 32, "AB" * 32)
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 3, 1))  # noqa: DTZ001 - the case
