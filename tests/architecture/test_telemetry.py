"""What operators look at is what the code says: metrics, dashboards, alerts, and a page for each alert."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.metrics import DURATION, REQUESTS, TASKS, Metric
from journal.attest.metrics import JOURNAL
from launcher.blueprint import SERVICES
from launcher.service_settings import PAGES
from lre_gateway.readmodel.metrics import LETTERS
from messaging.readmodel.metrics import MAIL
from vault.readmodel.metrics import VAULT

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "k8s" / "components" / "monitoring" / "rules.yaml"
BOARDS = sorted((ROOT / "deploy" / "compose" / "grafana" / "dashboards").glob("*.json"))
ALERTS_TEST = Path(__file__).with_name("alerts.yaml")
DECLARED: Mapping[str, Metric] = {**REQUESTS, **TASKS, **JOURNAL, **VAULT, **LETTERS, **MAIL}
LINE = re.compile(r"^\| `(\w+)` \| (\S+) \| ([\w, ]*) \| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"\b(?:journal|http|relay|outbox|inbox|vault|lre|messaging)_[a-z0-9_]+")
WITHOUT_EVENTS = {"journal", PAGES}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def asked(board: Path) -> Iterator[str]:
    for panel in json.loads(board.read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def named(expression: str) -> set[str]:
    """Return the metrics of an expression; a histogram has three names in Prometheus."""
    return {re.sub(f"^({DURATION})_(bucket|count|sum)$", r"\1", name) for name in NAME.findall(expression)}


def test_the_page_of_metrics_lists_every_metric_of_the_code_and_no_other() -> None:
    listed = LINE.findall((ROOT / "docs" / "metrics.md").read_text())
    assert listed == [(name, one.unit, ", ".join(one.labels), one.help) for name, one in DECLARED.items()]


def test_every_metric_is_named_as_prometheus_wants_it() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in DECLARED)
    assert {name for name, one in DECLARED.items() if one.unit == "s"} == {
        name for name in DECLARED if name.endswith("_seconds")
    }


def test_the_dashboards_show_every_metric_and_no_other() -> None:
    assert {name for board in BOARDS for expression in asked(board) for name in named(expression)} == set(DECLARED)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_the_panels_of_a_dashboard_lie_beside_each_other(board: Path) -> None:
    panels = json.loads(board.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_metrics_that_exist_and_names_a_page_that_speaks_of_it(rule: dict[str, Any]) -> None:
    found = named(rule["expr"])
    assert found
    assert found <= set(DECLARED)
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    page = (ROOT / rule["annotations"]["runbook"]).read_text()
    assert rule["alert"] in page


def test_an_alert_tells_when_nobody_relays_the_events_of_a_service() -> None:
    (rule,) = (rule for rule in rules() if rule["alert"] == "RelayAbsent")
    assert set(re.findall(r'service_name="([\w-]+)"', rule["expr"])) == set(SERVICES) - WITHOUT_EVENTS


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not on this machine")
def test_prometheus_reads_the_alerts_and_they_fire_when_they_should(tmp_path: Path) -> None:
    spec = yaml.safe_load(RULES.read_text())["spec"]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(spec))
    shutil.copy(ALERTS_TEST, tmp_path / "alerts.yaml")
    for words in (["check", "rules", "rules.yaml"], ["test", "rules", "alerts.yaml"]):
        done = subprocess.run(  # noqa: S603 - a fixed command
            [str(shutil.which("promtool")), *words], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
