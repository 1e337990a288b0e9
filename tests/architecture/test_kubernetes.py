"""The manifests hold what the code holds, and clusters accept them."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from chassis.process import STOP_SECONDS, _parser
from pydantic import SecretStr

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "k8s"
sys.path.insert(0, str(FOLDER))  # programs beside what they make

from reach import INSIDE, NOT_ASKED, OUTSIDE  # noqa: E402 - they are found above
from shape import ELSEWHERE, PORT, SECRETS, closed, removed_headers, routes, secret_files, shapes  # noqa: E402

Manifest = dict[str, Any]
VERSIONS = [f"1.{minor}" for minor in range(31, 38)]
OWN = {"v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1"}
"""Versions of the API that every cluster has; the others come with operators."""
OPERATORS = {
    ("barmancloud.cnpg.io/v1", "ObjectStore"),
    ("cert-manager.io/v1", "Issuer"),
    ("external-secrets.io/v1", "ExternalSecret"),
    ("external-secrets.io/v1", "SecretStore"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("jetstream.nats.io/v1beta2", "Stream"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("postgresql.cnpg.io/v1", "Cluster"),
    ("postgresql.cnpg.io/v1", "ScheduledBackup"),
}
KEPT = FOLDER / "schemas"
"""What operators take, as far as the manifests use it, <group>/<kind>_<version>.json."""
GIVEN = os.environ.get("SCELLE_CRD_SCHEMAS")
"""A folder of whole schemas in the same layout, as github.com/datreeio/CRDs-catalog is one: looked at as well."""
LEFT_OUT = {"maileva_credentials_file", "pdf_seal_key_file"}
"""Key files that production does without: another provider of letters, a seal that not everybody has."""
ADDRESSES = ("_url", "_host", "_endpoint", "peers", "clamd", "authorities", "calendars", "witnesses")
RAW = {"kustomization.yaml", "values.yaml", "accounts.yaml", "checkov.yaml"}
SHAPES = shapes()
ALIVE = [(name, verb) for name, shape in SHAPES.items() for verb in shape.lives]


def manifests(*folders: str) -> Iterator[Manifest]:
    for folder in folders:
        for path in sorted((FOLDER / folder).rglob("*.yaml")):
            if path.name not in RAW:
                yield from (one for one in yaml.load_all(path.read_text(), yaml.CSafeLoader) if one)


EVERY = list(manifests("base", "components"))


def found(kind: str, name: str) -> Manifest:
    (one,) = [one for one in EVERY if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return one


def pods() -> Iterator[tuple[str, Manifest]]:
    for one in EVERY:
        if one["kind"] in {"Deployment", "Job", "StatefulSet"}:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def schema_of(one: Manifest) -> Path:
    """Return where the schema of a resource is, in a folder of them."""
    group, _, version = one["apiVersion"].rpartition("/")
    return Path(group) / f"{one['kind'].lower()}_{version}.json"


def objects_of(schema: Any) -> Iterator[Manifest]:
    """Yield every schema of an object in a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for inner in schema.values():
            yield from objects_of(inner)


@pytest.mark.parametrize("version", VERSIONS)
def test_clusters_accept_the_manifests(version: str) -> None:
    for one in EVERY:
        if one["apiVersion"] in OWN:
            kubernetes_validate.validate(one, version, strict=True)


def test_what_clusters_do_not_know_by_themselves_comes_with_an_operator_that_is_named() -> None:
    assert {(one["apiVersion"], one["kind"]) for one in EVERY if one["apiVersion"] not in OWN} == OPERATORS


@pytest.mark.parametrize("folder", [KEPT, *([Path(GIVEN)] if GIVEN else [])], ids=["kept", "given"][: 1 + bool(GIVEN)])
def test_operators_accept_their_resources(folder: Path) -> None:
    for one in EVERY:
        if one["apiVersion"] in OWN:
            continue
        check = jsonschema.Draft7Validator(json.loads((folder / schema_of(one)).read_text()))
        check.validate(one)
        with pytest.raises(jsonschema.ValidationError, match="nobodyKnowsThis"):
            check.validate(one | {"spec": one["spec"] | {"nobodyKnowsThis": 1}})


def test_what_is_kept_of_the_operators_schemas_is_what_is_used_and_lets_nothing_unknown_in() -> None:
    used = {schema_of(one) for one in EVERY if one["apiVersion"] not in OWN}
    assert {path.relative_to(KEPT) for path in KEPT.rglob("*.json")} == used
    for path in used:
        schema = json.loads((KEPT / path).read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        objects = list(objects_of(schema))
        assert objects
        assert all("additionalProperties" in one and one["additionalProperties"] is not True for one in objects), path


def test_every_service_and_verb_of_the_code_has_its_pods_and_no_other() -> None:
    made = {one["metadata"]["name"] for one in manifests("base") if one["kind"] in {"Deployment", "Job"}}
    assert made == {f"{name}-{verb}" for name, shape in SHAPES.items() for verb in (*shape.lives, "migrate")}
    for name in made:
        kind = "Job" if name.endswith("-migrate") else "Deployment"
        (container,) = found(kind, name)["spec"]["template"]["spec"]["containers"]
        assert _parser(SHAPES[container["name"]].service).parse_args(container["args"]).verb == name.rpartition("-")[2]


@pytest.mark.parametrize("name", SHAPES)
def test_every_port_is_the_one_that_the_service_listens_on(name: str) -> None:
    settings = found("ConfigMap", f"{name}-common")["data"]
    assert settings[f"{SHAPES[name].prefix}HTTP_PORT"] == str(PORT)
    assert [port["port"] for port in found("Service", name)["spec"]["ports"]] == [PORT]
    for verb in SHAPES[name].lives:
        (container,) = found("Deployment", f"{name}-{verb}")["spec"]["template"]["spec"]["containers"]
        assert [port["containerPort"] for port in container["ports"]] == [PORT]
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
        assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}


def test_no_pod_may_do_what_it_need_not() -> None:
    found = list(pods())
    assert found
    for name, pod in found:
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            own = container["securityContext"]
            assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False), name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert {"requests", "limits"} == set(container["resources"]), name


def test_every_pod_has_a_policy_of_its_own_and_nobody_else_may_do_anything() -> None:
    policies = [one["spec"] for one in EVERY if one["kind"] == "NetworkPolicy"]
    (denied,) = [one for one in policies if one["podSelector"] == {}]
    assert (set(denied["policyTypes"]), len(denied)) == ({"Ingress", "Egress"}, 2)
    chosen = [one["podSelector"]["matchLabels"] for one in policies if "matchLabels" in one["podSelector"]]
    for one in EVERY:
        if one["kind"] in {"Deployment", "Job", "StatefulSet"}:
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert any(own.items() <= labels.items() for own in chosen), one["metadata"]["name"]


def test_every_address_that_a_setting_names_has_a_rule_or_is_never_asked() -> None:
    named = {field for shape in SHAPES.values() for field in shape.fields if field.endswith(ADDRESSES)}
    assert named <= {*OUTSIDE, *INSIDE, *NOT_ASKED}, named - {*OUTSIDE, *INSIDE, *NOT_ASKED}


@pytest.mark.parametrize("name", SHAPES)
def test_a_service_may_ask_its_peers_and_they_let_it_in(name: str) -> None:
    for peer in SHAPES[name].service.peers:
        serving = {"app.kubernetes.io/name": peer, "app.kubernetes.io/component": "serve"}
        for verb in SHAPES[name].lives:
            egress = found("NetworkPolicy", f"{name}-{verb}")["spec"]["egress"]
            assert {"to": [{"podSelector": {"matchLabels": serving}}], "ports": [_tcp(PORT)]} in egress
        (ingress,) = found("NetworkPolicy", f"{peer}-serve")["spec"]["ingress"]
        assert {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}} in ingress["from"]


@pytest.mark.parametrize("name", SHAPES)
def test_only_who_works_reaches_the_bus_so_that_a_bus_that_is_away_unreadies_no_writer(name: str) -> None:
    for verb in (*SHAPES[name].lives, "migrate"):
        egress = found("NetworkPolicy", f"{name}-{verb}")["spec"]["egress"]
        assert any(rule["ports"] == [_tcp(4222)] for rule in egress) is (verb == "work")


@pytest.mark.parametrize(("name", "verb"), ALIVE)
def test_a_pod_that_is_told_to_end_has_the_time_to(name: str, verb: str) -> None:
    pod = found("Deployment", f"{name}-{verb}")["spec"]["template"]["spec"]
    waiting = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert waiting + 2 * STOP_SECONDS < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(("name", "verb"), ALIVE)
def test_one_thing_at_most_scales_a_deployment_and_a_budget_guards_it(name: str, verb: str) -> None:
    called = f"{name}-{verb}"
    scaling = [
        one["kind"]
        for one in manifests("base")
        if one["spec" if "spec" in one else "metadata"].get("scaleTargetRef", {}).get("name") == called
    ]
    follows = ["ScaledObject"] if SHAPES[name].producers else []
    assert scaling == (["HorizontalPodAutoscaler"] if verb == "serve" else follows)
    assert found("PodDisruptionBudget", called)["spec"]["selector"]["matchLabels"] == SHAPES[name].labels(verb)


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.producers])
def test_work_is_scaled_by_how_far_it_lags_behind_each_service_that_it_follows(name: str) -> None:
    spec = found("ScaledObject", f"{name}-work")["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 2)
    watched = {(one["metadata"]["stream"], one["metadata"]["consumer"]) for one in spec["triggers"]}
    assert watched == {(f"EV_{one.upper().replace('-', '_')}", name) for one in SHAPES[name].producers}


@pytest.mark.parametrize("name", SHAPES)
def test_who_follows_others_says_whom(name: str) -> None:
    sources = (path.read_text() for path in (ROOT / "services" / name / "src").rglob("*.py"))
    assert any("Consuming(" in text for text in sources) is bool(SHAPES[name].producers)


def test_the_routes_are_those_of_the_gateway_s_table() -> None:
    *rules, nowhere = found("HTTPRoute", "scelle")["spec"]["rules"]
    made = [(one["matches"][0]["path"]["value"], one["backendRefs"][0]["name"]) for one in rules]
    assert made == [(route["prefix"], route["service"]) for route in routes()]
    assert [one["path"]["value"] for one in nowhere["matches"]] == closed()
    assert [one["type"] for one in nowhere["filters"]] == ["URLRewrite"]
    fixed = {header for header in removed_headers() if "*" not in header}
    assert all(set(one["filters"][0]["requestHeaderModifier"]["remove"]) == fixed for one in rules)


def test_every_secret_of_the_code_is_kept_as_one() -> None:
    for shape in SHAPES.values():
        fields = shape.service.settings.model_fields
        assert {name for name, field in fields.items() if field.annotation is SecretStr} <= SECRETS, shape.name
        assert secret_files(shape.service.settings) == {*shape.key_files, *(ELSEWHERE | LEFT_OUT) & set(fields)}


def test_the_runbook_upgrades_who_follows_before_whom_it_follows() -> None:
    text = (ROOT / "docs" / "runbooks" / "deploy.md").read_text()
    line = text.partition("who follows before whom it follows:")[2].partition(". ")[0]
    order = re.findall(r"`([a-z-]+)`", line)
    assert set(order) == set(SHAPES)
    for name, shape in SHAPES.items():
        assert all(order.index(name) < order.index(producer) for producer in shape.producers), name


def _tcp(port: int) -> Manifest:
    return {"protocol": "TCP", "port": port}
