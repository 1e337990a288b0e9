"""The manifests hold what the code holds, and clusters accept them."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "k8s"
VERSIONS = [f"1.{minor}" for minor in range(31, 38)]
OWN = {"v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1"}
"""Versions of the API that every cluster has; the others come with operators."""


def manifests(folder: str) -> Iterator[dict[str, Any]]:
    for path in sorted((FOLDER / folder).rglob("*.yaml")):
        if path.name not in {"kustomization.yaml", "values.yaml"}:
            yield from (one for one in yaml.load_all(path.read_text(), yaml.CSafeLoader) if one)


def containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for one in manifests("base"):
        pod = one.get("spec", {}).get("template", {}).get("spec") if one["kind"] in {"Deployment", "Job"} else None
        if pod:
            yield one["metadata"]["name"], pod, pod["containers"][0]


@pytest.mark.parametrize("version", VERSIONS)
def test_clusters_accept_the_manifests(version: str) -> None:
    for one in [*manifests("base"), *manifests("components")]:
        if one["apiVersion"] in OWN:
            kubernetes_validate.validate(one, version, strict=True)


def test_no_pod_may_do_what_it_need_not() -> None:
    found = list(containers())
    assert found
    for name, pod, container in found:
        own = container["securityContext"]
        assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False), name
        assert own["capabilities"] == {"drop": ["ALL"]}, name
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert {"requests", "limits"} == set(container["resources"]), name


def test_every_pod_has_a_policy_of_its_own() -> None:
    policies = [one["spec"]["podSelector"] for one in manifests("base") if one["kind"] == "NetworkPolicy"]
    assert {} in policies
    chosen = {tuple(sorted(one["matchLabels"].items())) for one in policies if one}
    pods = {
        tuple(
            (key, value)
            for key, value in sorted(one["spec"]["template"]["metadata"]["labels"].items())
            if key != "app.kubernetes.io/part-of"
        )
        for one in manifests("base")
        if one["kind"] in {"Deployment", "Job"}
    }
    assert pods == chosen


@pytest.fixture(scope="module")
def production() -> list[dict[str, Any]]:
    """Return what an operator applies; without kustomize the parts are put together here, as far as settings go."""
    if shutil.which("kubectl"):
        command = ["kubectl", "kustomize", FOLDER / "overlays" / "production"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - fixed
        return list(yaml.load_all(text, yaml.CSafeLoader))
    folder = FOLDER / "overlays" / "production" / "settings"
    own = [
        {
            "kind": "ConfigMap",
            "metadata": {"name": f"{path.stem}-settings"},
            "data": dict(line.split("=", 1) for line in path.read_text().splitlines()),
        }
        for path in folder.glob("*.env")
    ]
    return [*manifests("base"), *manifests("components"), *own]


def test_every_setting_that_must_be_given_is_given_and_no_other(production: list[dict[str, Any]]) -> None:
    sys.path.insert(0, str(FOLDER))
    from make import services  # noqa: PLC0415 - a program beside what it makes

    for name, service in services().items():
        given = {f"{service.settings.prefix()}DATABASE_URL"}
        for one in production:
            called = one["metadata"]["name"]
            if one["kind"] == "ConfigMap" and (called == f"{name}-common" or called.startswith(f"{name}-settings")):
                given |= set(one["data"])
            if one["kind"] == "ExternalSecret" and called == f"{name}-settings":
                given |= {line["secretKey"] for line in one["spec"]["data"]}
        fields = service.settings.model_fields
        known = {f"{service.settings.prefix()}{field.upper()}" for field in fields}
        needed = {f"{service.settings.prefix()}{field.upper()}" for field, of in fields.items() if of.is_required()}
        assert needed <= given <= known, (name, needed - given, given - known)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kustomize is not on this machine; the parts are checked above")
@pytest.mark.parametrize("overlay", sorted(path.name for path in (FOLDER / "overlays").iterdir()))
def test_an_overlay_can_be_built(overlay: str) -> None:
    command = ["kubectl", "kustomize", FOLDER / "overlays" / overlay]
    built = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - a fixed command
    assert built.returncode == 0, built.stderr
    made = yaml.load_all(built.stdout, yaml.CSafeLoader)
    assert all(one["metadata"].get("namespace") or one["kind"] == "Namespace" for one in made)
