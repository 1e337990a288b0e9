"""How the journal says that it stands: to an operator, to a meter, to another service."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from chassis.http import create_app
from chassis.metrics import watch
from chassis.tokens import Signer
from journal.attest.attestations import Attestations
from journal.attest.metrics import JOURNAL, readings
from journal.attest.monitor import Monitor
from journal.attest.standing import Source, Standing, Standings, status_command
from journal.http.operators import operator_routes
from journal.log.alarms import raise_alarm
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from testkit.serving import serving

if TYPE_CHECKING:
    from conftest import Copy, Log, Platform

WAITING = {"dossier": 3, "vault": None}


def standings(platform: "Platform") -> Standings:
    parts = platform.parts
    return Standings(parts.database, parts.attestations, parts.policy.quorum, lambda svc, _number: WAITING[svc])


def gauges(read: Callable[[], Standing]) -> dict[str, dict[str, float]]:
    """Return what a meter exports: for each gauge, its values by service."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    watch(readings(read), JOURNAL, provider.get_meter("journal"))
    data = reader.get_metrics_data()
    provider.shutdown()
    exported = json.loads(data.to_json()) if data else {"resource_metrics": []}
    return {
        metric["name"]: {
            point["attributes"].get("service", ""): point["value"] for point in metric["data"]["data_points"]
        }
        for resource in exported["resource_metrics"]
        for scope in resource["scope_metrics"]
        for metric in scope["metrics"]
    }


def test_an_attested_and_published_log_stands_well(published: "Platform", copy: "Copy") -> None:
    copy.attest(published)
    Monitor(published.database, copy.tiles, copy.worm, published.parts.policy).look()
    standing = standings(published).read()
    assert (standing.size, standing.signed_size, standing.token_size, standing.unstamped) == (7, 7, 6, 0)
    assert (standing.witnessed_size, standing.quorum) == (6, True)
    assert (standing.published_size, standing.copied_size, standing.worm_lag, standing.monitored_size) == (7, 7, 0, 7)
    assert standing.alarms == 0
    assert standing.sources == (Source("dossier", 3, False, 3), Source("vault", 3, False, None))
    assert standing.token_at
    assert abs(standing.token_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_nobody_has_attested_or_published_yet_is_said_so(log: "Log") -> None:
    empty = Standings(log.database, Attestations(log.database), None).read()
    assert (empty.size, empty.signed_size, empty.signed_at, empty.quorum, empty.worm_lag) == (0, 0, None, None, None)
    log.seal(700)
    log.copy.publisher(log.database).publish()
    log.seal(100)
    later = Standings(log.database, Attestations(log.database), None).read()
    assert (later.signed_size, later.copied_size, later.worm_lag, later.unstamped) == (800, 700, 100, 800)


def test_a_quorum_that_is_not_met_and_an_alarm_ask_for_a_person(
    published: "Platform", copy: "Copy", capsys: pytest.CaptureFixture[str]
) -> None:
    published.checkpoints.seal()
    assert status_command(standings(published), []) == 1
    said = capsys.readouterr().out
    assert "witnesses    quorum NOT MET; the last state has none\n" in said
    assert "published    nothing\n" in said
    assert "vault        3, unknown\n" in said
    copy.attest(published)
    assert status_command(standings(published), []) == 0
    assert "published    7; the locked copy lacks 0 leaves\n" in capsys.readouterr().out
    raise_alarm(published.database, "published-differs", 7, b"x")
    assert status_command(standings(published), ["--json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["alarms"], value["quorum"], value["worm_lag"], value["sources"][0]["waiting"]) == (1, True, 0, 3)


def test_the_gauges_say_the_same(published: "Platform", copy: "Copy") -> None:
    copy.attest(published)
    found = gauges(standings(published).read)
    assert found.pop("journal_checkpoint_age_seconds")[""] >= 0
    assert found.pop("journal_token_age_seconds")[""] < 300
    assert found == {
        "journal_log_size": {"": 7},
        "journal_signed_size": {"": 7},
        "journal_unstamped_leaves": {"": 0},
        "journal_witness_quorum": {"": 1},
        "journal_worm_lag_leaves": {"": 0},
        "journal_alarms": {"": 0},
        "journal_source_lag": {"dossier": 3},
        "journal_source_stopped": {"dossier": 0, "vault": 0},
    }


def test_a_journal_that_cannot_be_read_exports_nothing_and_hinders_nobody() -> None:
    def away() -> Standing:
        raise ConnectionError

    assert gauges(away) == {}


def test_only_services_are_told(published: "Platform") -> None:
    app = create_app(
        service="journal",
        prefix="/x",
        routers=[],
        internal=[operator_routes(standings(published))],
        verifier=published.keys.verifier,
    )
    with serving(app) as url:
        assert httpx.get(f"{url}/internal/standing", trust_env=False).status_code == 401
        token = Signer(published.keys.file("dossier"), "dossier").service_token("journal")
        headers = {"Authorization": f"Bearer {token}"}
        said = httpx.get(f"{url}/internal/standing", headers=headers, trust_env=False).json()
    assert (said["size"], said["quorum"], said["sources"][0]["service"]) == (6, False, "dossier")
