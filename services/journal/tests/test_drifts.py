"""Whether a read model is what its events say, asked by whoever controls an office."""

from typing import TYPE_CHECKING

import pytest
from eventstore import Drift
from eventstore.comparing import Found, Row, TableDrift

if TYPE_CHECKING:
    from conftest import Platform

AGREED = TableDrift("dossier", 5, Found(), Found(), Found())
DRIFTED = TableDrift("request", 7, Found(), Found(1, (Row("a-secret-id"),)), Found(2, (Row("b", ("title",)),)))


def test_drift_is_counted_and_no_row_is_told(platform: "Platform") -> None:
    platform.neighbours.drift = Drift(3, (AGREED, DRIFTED))
    answer = platform.get("/drift/dossier", "compliance")
    assert answer.json() == {
        "service": "dossier",
        "store_seq": 3,
        "drift": True,
        "tables": [
            {"table": "dossier", "only_live": 0, "only_rebuilt": 0, "differ": 0},
            {"table": "request", "only_live": 0, "only_rebuilt": 1, "differ": 2},
        ],
    }
    assert platform.records("access")[-1].body["query"] == {"scope": "read-model", "service": "dossier"}
    platform.neighbours.drift = Drift(3, (AGREED,))
    assert platform.get("/drift/dossier", "compliance").json()["drift"] is False


def test_a_service_that_cannot_compare_is_away(shared: "Platform") -> None:
    assert shared.get("/drift/identity", "compliance").status_code == 503


@pytest.mark.parametrize("who", ["notary", "client", "notary elsewhere"])
def test_nobody_else_asks(shared: "Platform", who: str) -> None:
    assert shared.get("/drift/dossier", who, purpose="control").status_code == 404


def test_why_is_asked_here_too(shared: "Platform") -> None:
    assert shared.get("/drift/dossier", "compliance", purpose=None).status_code == 422
