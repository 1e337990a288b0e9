"""The window of a recipient, to the minute, whatever the clocks of Paris do in it."""

from datetime import UTC, datetime

import pytest
from lre_gateway.domain.deadline import PARIS, window
from lre_gateway.domain.vocabulary import Level


def paris(*when: int) -> datetime:
    return datetime(*when, tzinfo=PARIS)  # type: ignore[misc, arg-type]


@pytest.mark.covers("A-61")
@pytest.mark.parametrize(
    ("notified", "closes"),
    [
        (
            paris(2019, 10, 7, 14, 3),
            paris(2019, 10, 23),
        ),  # the seed: "before 23/10", across the summer time's last days
        (paris(2019, 10, 7, 0, 0), paris(2019, 10, 23)),
        (paris(2019, 10, 7, 23, 59), paris(2019, 10, 23)),
        (paris(2019, 10, 8, 0, 0), paris(2019, 10, 24)),
        (paris(2026, 10, 20, 12, 0), paris(2026, 11, 5)),  # clocks go back on 25 October
        (paris(2026, 3, 20, 12, 0), paris(2026, 4, 5)),  # clocks go forward on 29 March
        (paris(2026, 10, 9, 12, 0), paris(2026, 10, 25)),  # the window ends as the day of the change begins
        (paris(2026, 2, 20, 9, 0), paris(2026, 3, 8)),
        (paris(2028, 2, 20, 9, 0), paris(2028, 3, 7)),  # a leap year
    ],
)
def test_case_36_the_window_is_fifteen_whole_days_after_the_day_of_the_notice(
    notified: datetime, closes: datetime
) -> None:
    found = window(notified.astimezone(UTC), Level.QUALIFIED_LRE)
    assert found is not None
    assert found.closes == closes.astimezone(UTC)
    assert found.closes.utcoffset() == UTC.utcoffset(None)


def test_case_36_a_change_of_clocks_inside_moves_the_end_by_an_hour_of_universal_time() -> None:
    winter, summer = (window(paris(2026, month, 10, 12), Level.QUALIFIED_LRE) for month in (1, 7))
    across = window(paris(2026, 10, 20, 12), Level.QUALIFIED_LRE)
    assert winter is not None
    assert summer is not None
    assert across is not None
    assert [found.closes.hour for found in (winter, summer, across)] == [23, 22, 23]


@pytest.mark.parametrize("fold", [0, 1])
def test_both_hours_that_october_has_twice_are_the_same_day(fold: int) -> None:
    notified = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=fold)
    found = window(notified.astimezone(UTC), Level.QUALIFIED_LRE)
    assert found is not None
    assert found.closes == paris(2026, 11, 10).astimezone(UTC)


def test_a_notice_has_three_weeks_and_paper_has_no_window() -> None:
    notice = window(paris(2026, 5, 4, 9), Level.COPRO_NOTICE)
    assert notice is not None
    assert notice.closes == paris(2026, 5, 26).astimezone(UTC)
    assert window(paris(2026, 5, 4, 9), Level.PAPER) is None


def test_case_40_it_is_near_three_days_before_the_end_and_overdue_two_days_after_in_days_of_paris() -> None:
    found = window(paris(2026, 10, 10, 9), Level.QUALIFIED_LRE)
    assert found is not None
    assert found.closes == paris(2026, 10, 26).astimezone(UTC)
    assert found.near == paris(2026, 10, 23).astimezone(UTC)
    assert found.overdue == paris(2026, 10, 28).astimezone(UTC)
