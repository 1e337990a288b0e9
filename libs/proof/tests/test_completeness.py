"""What is missing shows: in an office, in an object, in a dossier up to its last head."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from proof.bundle import Bundle, Scope
from proof.local import read_leaves
from proof.report import Report, State, Verdict
from proof.times import Stamp, recorded_check
from proof.verify import verify

if TYPE_CHECKING:
    from conftest import Log

OFFICE, DOSSIER, REQUEST = (str(UUID(int=number, version=4)) for number in range(1, 4))
OTHER = str(UUID(int=9, version=4))


def failed(report: Report) -> dict[str, tuple[str, ...]]:
    return {check.name: check.findings for check in report.checks if check.state is State.FAILED}


def state_of(report: Report, name: str) -> State:
    return next(check.state for check in report.checks if check.name == name)


def without(bundle: Bundle, *places: int) -> Bundle:
    return replace(bundle, items=tuple(item for item in bundle.items if item.index not in places))


@pytest.fixture
def office(log: "Log") -> "Log":
    """Return a log of one office with two dossiers, an access, and a head of the office at its end."""
    log.add("dossier", OTHER, "dossier-opened", {}, dossier=OTHER)
    log.record("access", {"purpose": "audit", "reference": "R/1", "query": {"types": ["a"]}}, office=OFFICE)
    log.head()
    return log


def of_office(log: "Log") -> Bundle:
    return log.bundle(scope=Scope("office", OFFICE))


@pytest.mark.covers("C-05")
def test_the_bundle_of_an_office_shows_all_of_it_up_to_its_head(office: "Log") -> None:
    report = verify(of_office(office).encode(), office.trust())
    assert (report.verdict, failed(report)) == (Verdict.INTACT, {})
    assert state_of(report, "head") is State.PASSED


@pytest.mark.covers("C-05")
@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ((2,), {"head": ("7",)}),  # the whole of a service
        ((3,), {"office-counter": ("4",), "head": ("7",)}),
        ((5,), {"head": ("7",)}),  # the last of a service
        ((0,), {"office-counter": ("1",), "head": ("7",)}),
        ((6,), {"office-counter": ("7",), "head": ("7",)}),
    ],
)
def test_what_is_left_out_of_an_office_shows(
    office: "Log", hidden: tuple[int, ...], expected: dict[str, tuple[str, ...]]
) -> None:
    bundle = without(of_office(office), *hidden)
    if 2 in hidden:
        bundle = replace(bundle, observations=())
    assert failed(verify(bundle.encode(), office.trust())) == expected


def test_a_leaf_that_cannot_be_read_is_missing_from_an_office(office: "Log") -> None:
    bundle = of_office(office)
    unread = replace(bundle.items[1], entry=bundle.items[1].entry + b" ")
    bundle = replace(bundle, items=(bundle.items[0], unread, *bundle.items[2:]))
    report = verify(bundle.encode(), office.trust())
    assert failed(report).keys() == {
        *("entry-canonical", "inclusion", "office-counter", "head"),
    }


def test_a_time_at_the_end_of_the_calendar_can_be_compared_with(log: "Log") -> None:
    last, first = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    bundle = log.bundle()
    leaves, _ = read_leaves(bundle)
    for stamp in (Stamp(5, 0, last, last, last), Stamp(1, 0, first, first, last)):
        assert recorded_check(bundle, leaves, [stamp]).state is State.PASSED
    assert recorded_check(bundle, leaves, [Stamp(1, 0, last, last, last)]).findings == ("1", "2", "3", "4")


def test_nothing_is_shown_above_the_head_of_an_office(office: "Log") -> None:
    office.add("dossier", OTHER, "edited", {}, dossier=OTHER)
    assert failed(verify(of_office(office).encode(), office.trust())) == {"head": ("7",)}
    shown = office.bundle(scope=Scope("office", OFFICE), shown=range(8))
    assert verify(shown.encode(), office.trust()).verdict is Verdict.INTACT


def test_an_office_without_a_head_is_not_said_to_be_complete(log: "Log") -> None:
    report = verify(of_office(log).encode(), log.trust())
    assert (report.verdict, state_of(report, "head")) == (Verdict.INTACT, State.NOT_APPLICABLE)


def test_only_the_last_head_of_the_scope_counts(office: "Log") -> None:
    office.head(DOSSIER)
    report = verify(of_office(office).encode(), office.trust())
    assert failed(report) == {"head": ("7",)}  # a dossier's head is no office's, and stands above the office's
    office.head()
    assert verify(of_office(office).encode(), office.trust()).verdict is Verdict.INTACT
    dossier = office.bundle(shown=(0, 1, 2, 3, 4, 8))
    report = verify(dossier.encode(), office.trust())
    assert (report.verdict, state_of(report, "head")) == (Verdict.INTACT, State.PASSED)


@pytest.mark.parametrize(
    "changes",
    [
        {"heads": []},
        {"entries": 4},
        {"digest": "A" * 43 + "="},
    ],
)
def test_a_head_that_says_something_else_is_a_finding(log: "Log", changes: dict[str, Any]) -> None:
    log.head(DOSSIER, **changes)
    report = verify(log.bundle().encode(), log.trust())
    wrong = "heads" not in changes  # the ends of the office's chains say nothing of one dossier
    assert failed(report) == ({"head": ("5",)} if wrong else {})


@pytest.mark.parametrize("seq", [3, 5, 2**53 - 1])
def test_a_head_of_an_office_that_says_another_number_is_a_finding(log: "Log", seq: int) -> None:
    log.head(heads=[{"svc": "dossier", "seq": seq, "hash": "A" * 43 + "="}])
    assert failed(verify(of_office(log).encode(), log.trust())) == {"head": ("5",)}


def test_the_records_of_a_dossier_are_in_its_bundle_and_in_its_head(log: "Log") -> None:
    body = {"purpose": "export", "reference": None, "query": {}, "format": "bundle", "entries": 5, "digest": None}
    log.record("export", body, office=OFFICE, dossier=DOSSIER)
    log.head(DOSSIER)
    report = verify(log.bundle().encode(), log.trust())
    assert (report.verdict, state_of(report, "head")) == (Verdict.INTACT, State.PASSED)
    assert failed(verify(without(log.bundle(), 5).encode(), log.trust())) == {"head": ("6",)}


def test_the_bundle_of_an_object_shows_its_versions_and_no_record(office: "Log") -> None:
    scope = Scope("aggregate", REQUEST)
    bundle = replace(office.bundle(scope=scope, shown=(1, 3, 4)), observations=())
    assert verify(bundle.encode(), office.trust()).verdict is Verdict.INTACT
    assert failed(verify(without(bundle, 3).encode(), office.trust())) == {"aggregate-versions": ("4",)}
    more = replace(office.bundle(scope=scope, shown=(1, 3, 4, 6)), observations=())
    assert failed(verify(more.encode(), office.trust())) == {"entry-scope": ("6",)}


def test_the_leaf_of_another_office_or_of_none_is_not_the_offices(log: "Log") -> None:
    log.add("dossier", OTHER, "edited", {}, office=None)
    log.record("key", {"vkeys": [], "retired": []})
    assert failed(verify(of_office(log).encode(), log.trust())) == {"entry-scope": ("5", "6")}


@pytest.mark.parametrize("shift", [timedelta(days=-8), timedelta(hours=2)])
def test_a_leaf_inserted_under_a_date_that_the_timestamps_contradict_is_a_finding(
    full: "Log", shift: timedelta
) -> None:
    late = shift < timedelta()
    place = 7 if late else 0
    trust = full.trust(authorities=("Sandbox", "Other"))
    if late:
        full.add("dossier", DOSSIER, "edited", {}, recorded_at=full.start + shift)
        full.add("dossier", DOSSIER, "edited", {}, recorded_at=full.start + shift)
        bundle, places = full.bundle(5, 6), ("6", str(place))
    else:
        made = type(full)(full.key, full.second, full.start)
        made.add("dossier", DOSSIER, "dossier-opened", {}, recorded_at=full.start + shift)
        made.stamp(1, full.start)
        bundle, places = replace(made.bundle(), observations=()), ("0",)
    assert failed(verify(bundle.encode(), trust)) == {"recorded-time": places}
