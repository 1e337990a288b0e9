"""Checks of time: what authorities outside say of it, and what the servers recorded beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from proof.bundle import Bundle
from proof.local import Leaves
from proof.note import Note
from proof.policy import Policy
from proof.report import Check, Family
from proof.shapes import instant

LATE = timedelta(seconds=60)  # how far a server's clock may be ahead of an authority's
EARLY = timedelta(days=7)  # how long a leaf may wait for its place in the log

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified token: the checkpoint of `size` leaves existed between these instants."""

    size: int
    number: int
    at: datetime
    earliest: datetime
    latest: datetime

    @property
    def name(self) -> str:
        """The file of the token, without its folder and ending."""
        return f"{self.size}-{self.number}"


def stamp_check(bundle: Bundle, policy: Policy | None) -> tuple[Check, list[Stamp]]:
    """Verify every token over its checkpoint under the authorities of the policy; returns those that hold."""
    stamps: list[Stamp] = []
    findings = []
    tokens = bundle.tokens if policy and policy.authorities else {}
    if policy and tokens:
        from proof.timestamp import TimestampInvalid, imprint, verify  # noqa: PLC0415 - slow to import, often not needed

        for (size, number), token in sorted(tokens.items()):
            try:
                verified = verify(token, imprint(Note.parse(bundle.checkpoints[size])), policy.authorities)
            except TimestampInvalid as error:
                findings.append(f"{size}-{number}: {error.code}")
                continue
            around = _around(verified.at, verified.accuracy or timedelta())
            stamps.append(Stamp(size, number, verified.at, *around))
    return Check("timestamp", Family.SIGNATURE, len(tokens), tuple(findings)), stamps


def order_check(stamps: Sequence[Stamp]) -> Check:
    """Refuse a checkpoint that is stamped before a smaller one, even at the ends of what the authorities allow for."""
    findings, sizes = [], {stamp.size for stamp in stamps}
    for stamp in stamps:
        smaller = [one.earliest for one in stamps if one.size < stamp.size]
        if smaller and stamp.latest < max(smaller):
            findings.append(stamp.name)
    return Check("timestamp-order", Family.SIGNATURE, len(stamps) if len(sizes) > 1 else 0, tuple(findings))


def recorded_check(bundle: Bundle, leaves: Leaves, stamps: Sequence[Stamp]) -> Check:
    """Compare when each leaf says that it was recorded with the timestamps on both sides of its place."""
    after = [(one.size, instant(_moved(one.latest, LATE))) for one in stamps]
    before = [(one.size, instant(_moved(one.earliest, -EARLY))) for one in stamps]
    examined, findings = 0, []
    for item, leaf in zip(bundle.items, leaves, strict=True) if stamps else ():
        if leaf:
            examined += 1
            late = any(item.index < size and leaf.recorded_at > latest for size, latest in after)
            early = any(item.index >= size and leaf.recorded_at < earliest for size, earliest in before)
            if late or early:
                findings.append(str(item.index))
    return Check("recorded-time", Family.SIGNATURE, examined, tuple(findings))


def latest(stamps: Sequence[Stamp]) -> datetime | None:
    """Return the time of the last token."""
    return max(stamps, key=attrgetter("at")).at if stamps else None


def _around(at: datetime, accuracy: timedelta) -> tuple[datetime, datetime]:
    return _moved(at, -accuracy), _moved(at, accuracy)


def _moved(moment: datetime, by: timedelta) -> datetime:
    """Add, stopping at the ends of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return _LAST if by > timedelta() else _FIRST
