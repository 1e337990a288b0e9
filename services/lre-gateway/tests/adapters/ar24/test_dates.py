"""The wall clock of Paris."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.ar24.dates import instant_of, paris

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - bounds have no zone
    lambda at: at.replace(microsecond=0)
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc] # the parts of a date are given in order


def test_case_05_the_date_is_right_in_winter_in_summer_and_in_the_repeated_hour() -> None:
    assert paris(utc(2026, 1, 15, 9)) == "2026-01-15 10:00:00"
    assert paris(utc(2026, 7, 15, 9)) == "2026-07-15 11:00:00"
    assert paris(utc(2026, 10, 25, 0, 30)) == "2026-10-25 02:30:00"
    assert paris(utc(2026, 10, 25, 1, 30)) == "2026-10-25 02:30:00"
    assert paris(utc(2026, 10, 25, 2, 30)) == "2026-10-25 03:30:00"


def test_case_05_a_date_of_the_repeated_hour_is_the_earlier_one_unless_something_came_before() -> None:
    assert instant_of("2026-10-25 02:30:00") == utc(2026, 10, 25, 0, 30)
    assert instant_of("2026-10-25 02:30:00", after=utc(2026, 10, 25, 0, 45)) == utc(2026, 10, 25, 1, 30)
    assert instant_of("2026-10-25 02:30:00", after=utc(2026, 10, 25, 3)) == utc(2026, 10, 25, 0, 30)


def test_case_05_the_hour_that_does_not_exist_in_march_is_read_all_the_same() -> None:
    assert instant_of("2026-03-29 02:30:00") == utc(2026, 3, 29, 1, 30)


@given(INSTANTS)
def test_case_05_what_is_written_is_read_back_but_for_the_repeated_hour(at: datetime) -> None:
    read = instant_of(paris(at))
    assert read in {at, at - timedelta(hours=1)}
    assert instant_of(paris(at), after=at) == at


@pytest.mark.parametrize("empty", [None, "", "  ", "0000-00-00 00:00:00"])
def test_an_empty_date_is_none(empty: str | None) -> None:
    assert instant_of(empty) is None


@pytest.mark.parametrize("wrong", ["2026-13-01 00:00:00", "15/01/2026", "2026-01-15T10:00:00Z", 0])
def test_what_is_no_date_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"date|time|match"):
        instant_of(wrong)
