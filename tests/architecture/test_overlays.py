"""What an operator applies: every setting, secret and file of the code is given, and no other."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "k8s"
sys.path.insert(0, str(FOLDER))  # programs beside what they make

from shape import Shape, shapes  # noqa: E402 - it is found above

Manifest = dict[str, Any]
VERSION = "1.37"
SHAPES = shapes()


@pytest.fixture(scope="module")
def production() -> list[Manifest]:
    """Return what an operator applies; without kustomize the parts are put together here, as far as settings go."""
    if shutil.which("kubectl"):
        return built("production")
    folder = FOLDER / "overlays" / "production" / "settings"
    own = [
        {
            "kind": "ConfigMap",
            "metadata": {"name": f"{path.stem}-settings"},
            "data": dict(line.split("=", 1) for line in path.read_text().splitlines()),
        }
        for path in folder.glob("*.env")
    ]
    made = [path for part in ("base", "components") for path in (FOLDER / part).rglob("*.yaml")]
    documents = [one for path in made for one in yaml.load_all(path.read_text(), yaml.CSafeLoader) if one]
    return [one for one in documents if "metadata" in one] + own


def built(overlay: str) -> list[Manifest]:
    command = ["kubectl", "kustomize", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - a fixed command
    assert done.returncode == 0, done.stderr
    return list(yaml.load_all(done.stdout, yaml.CSafeLoader))


def given_to(shape: Shape, applied: list[Manifest]) -> dict[str, str]:
    """Return the settings of a service; what is secret is empty."""
    given = {f"{shape.prefix}DATABASE_URL": ""}
    for one in applied:
        called = one["metadata"]["name"]
        if one["kind"] == "ConfigMap" and called.startswith((f"{shape.name}-common", f"{shape.name}-settings")):
            given |= one["data"]
        if one["kind"] == "ExternalSecret" and called == f"{shape.name}-settings":
            given |= {line["secretKey"]: "" for line in one["spec"]["data"]}
    return given


@pytest.mark.parametrize("name", SHAPES)
def test_every_setting_that_must_be_given_is_given_and_no_other(name: str, production: list[Manifest]) -> None:
    shape, given = SHAPES[name], set(given_to(SHAPES[name], production))
    fields = shape.service.settings.model_fields
    known = {f"{shape.prefix}{field.upper()}" for field in fields}
    needed = {f"{shape.prefix}{field.upper()}" for field, of in fields.items() if of.is_required()}
    assert needed <= given <= known, (needed - given, given - known)
    if shape.seals:
        assert {f"{shape.prefix}{field}" for field in ("TRANSIT_URL", "TRANSIT_ROLE", "TRANSIT_JWT_FILE")} <= given
    assert f"{shape.prefix}MASTER_KEY_FILE" not in given


@pytest.mark.parametrize("name", SHAPES)
def test_every_file_that_a_setting_names_is_in_a_volume(name: str, production: list[Manifest]) -> None:
    paths = {value for value in given_to(SHAPES[name], production).values() if value.startswith("/")}
    kept = {f"/etc/scelle/keys/{field.removesuffix('_file')}" for field in SHAPES[name].key_files}
    assert {path for path in paths if path.startswith("/etc/scelle/keys/")} == kept
    rest = {"/etc/scelle/config/trust.json", "/etc/scelle/config/openbao-ca.pem", "/var/run/secrets/openbao/token"}
    assert paths - kept <= rest | {f"/etc/scelle/config/{one}" for one in _files_of(name)}


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kustomize is not on this machine; the parts are checked above")
@pytest.mark.parametrize("overlay", sorted(path.name for path in (FOLDER / "overlays").iterdir()))
def test_an_overlay_can_be_built_and_clusters_accept_it(overlay: str) -> None:
    for one in built(overlay):
        assert one["metadata"].get("namespace") or one["kind"] == "Namespace"
        group, _, version = one["apiVersion"].rpartition("/")
        kept = FOLDER / "schemas" / group / f"{one['kind'].lower()}_{version}.json"
        if kept.exists():  # the others are of what clusters know by themselves: tests/architecture/test_kubernetes.py
            jsonschema.Draft7Validator(json.loads(kept.read_text())).validate(one)
        if one["kind"] in {"Namespace", "HorizontalPodAutoscaler"}:  # what overlays change, of what clusters know
            kubernetes_validate.validate(one, VERSION, strict=True)
        if one["kind"] == "ConfigMap" and one["metadata"]["name"].startswith("identity-settings"):
            assert one["data"].get("IDENTITY_ENVIRONMENT", "production") == (
                "production" if overlay == "production" else "development"
            )


def _files_of(name: str) -> list[str]:
    """Return the names of the files that production gives a service beside its keys."""
    text = yaml.safe_load((FOLDER / "overlays" / "production" / "kustomization.yaml").read_text())
    made = {one["name"]: one.get("files", []) for one in text["configMapGenerator"]}
    return list(made.get(f"{name}-files", []))
