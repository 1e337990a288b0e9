"""A service compares its read model for another service: once at a time, and for services only."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import httpx
import pytest
from chassis.http.app import probes
from chassis.http.drift import CompareUnderWay, drift_routes
from testkit.serving import serving


@dataclass
class Comparison:
    """A comparison that lasts until it is let go."""

    begun: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)

    def __call__(self) -> "Comparison":
        self.begun.set()
        assert self.go.wait(60)
        return self

    def as_json(self) -> Mapping[str, Any]:
        return {"drift": False, "store_seq": 3, "tables": []}


@pytest.fixture
def comparison() -> Comparison:
    return Comparison()


@pytest.fixture
def client(comparison: Comparison) -> Iterator[httpx.Client]:
    app = probes()
    app.include_router(drift_routes(comparison))
    with serving(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client


def test_a_comparison_is_told_and_a_second_one_waits_for_its_turn(client: httpx.Client, comparison: Comparison) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, "/drift")
        assert comparison.begun.wait(60)
        second = client.get("/drift")
        comparison.go.set()
        assert (second.status_code, second.json()["code"]) == (CompareUnderWay.status, CompareUnderWay.code)
        assert first.result().json() == {"drift": False, "store_seq": 3, "tables": []}
    assert client.get("/drift").status_code == 200  # the turn is given back
