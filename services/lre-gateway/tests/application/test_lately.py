"""What letters that leave together have in common is read once a second."""

from datetime import UTC, datetime, timedelta

from lre_gateway.application.lately import FRESH, Lately


class Clock:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_reading_is_shared_until_it_is_a_second_old() -> None:
    clock, read = Clock(), iter(range(10))
    lately = Lately(clock)
    first = [lately.get((int, "sender"), lambda: next(read)) for _ in range(3)]
    clock.now += FRESH - timedelta(microseconds=1)
    first.append(lately.get((int, "sender"), lambda: next(read)))
    clock.now += timedelta(microseconds=1)
    assert (first, lately.get((int, "sender"), lambda: next(read))) == ([0, 0, 0, 0], 1)


def test_other_keys_have_readings_of_their_own_and_a_failed_one_is_not_remembered() -> None:
    lately = Lately(Clock())

    def failing() -> int:
        raise LookupError

    for _ in range(2):
        try:
            lately.get((int, "a"), failing)
        except LookupError:
            continue
        raise AssertionError
    assert [lately.get((int, name), lambda name=name: ord(name)) for name in "ab"] == [97, 98]
