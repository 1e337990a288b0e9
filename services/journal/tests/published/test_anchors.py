"""Public anchors are published once they are proved, and come back to a database that was set back."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import pytest
from journal.attest.anchoring import Anchorer
from journal.attest.attestations import Attestations
from journal.attest.calendars import Calendars
from journal.attest.layout import ANCHORS, anchor_name
from journal.attest.monitor import Monitor
from journal.attest.recovering import Recovery
from journal.log.alarms import Alarms
from journal.log.bookkeeping import close_day
from journal.log.database import Database
from sandbox.calendar.apps import Switches, calendar
from sandbox.calendar.ledger import Ledger
from testkit.serving import serving

if TYPE_CHECKING:
    from conftest import Copy, Log, Platform


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def anchorer(published: "Platform", ledger: Ledger) -> Iterator[Anchorer]:
    with serving(calendar(ledger, Switches())) as url:
        made = Anchorer(published.database, published.checkpoints, Calendars([url]))
        yield made
        made.close()


def anchors(database: Database) -> list[tuple[int, bytes, int | None]]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT size, proof, height FROM journal.anchor ORDER BY size").fetchall()
    return [(row["size"], bytes(row["proof"]), row["height"]) for row in rows]


def promise(published: "Platform", anchorer: Anchorer, day: int) -> int:
    close_day(published.parts.records, date(2026, 3, day))
    published.checkpoints.seal()
    sealed = anchorer.due()
    assert sealed
    assert anchorer.anchor(sealed)
    return sealed.size


@pytest.mark.covers("C-09")
def test_a_proved_anchor_is_published_and_comes_back(
    published: "Platform", copy: "Copy", anchorer: Anchorer, ledger: Ledger, backup: Callable[..., "Log"]
) -> None:
    size = promise(published, anchorer, 2)
    copy.attest(published)
    assert list(copy.worm.names(ANCHORS)) == []  # what waits may still change
    log = backup(published.settings.database_url)
    ledger.mine(1)
    assert anchorer.upgrade() == 1
    published.live()
    published.take_in()
    later = promise(published, anchorer, 3)
    ledger.mine(2)
    assert anchorer.upgrade() == 1
    copy.attest(published)
    assert [copy.worm.get(anchor_name(one)) for one in (size, later)] == [
        proof for _, proof, _ in anchors(published.database)
    ]
    assert Monitor(published.database, copy.tiles, copy.worm, published.parts.policy).look() == []
    copy.worm.put(anchor_name(later + 1000), b"anything")  # whoever can write there can do so
    recovered = Recovery(
        log.database, copy.tiles, copy.worm, copy.published(), log.signer.read, Attestations(log.database), ()
    )
    assert anchors(log.database)[0][2] is None
    assert recovered.recover().anchors == 2
    assert anchors(log.database) == anchors(published.database)
    assert recovered.recover().anchors == 0
    copy.publisher(log.database).publish()
    assert Alarms(log.database).list() == []
