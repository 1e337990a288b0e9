"""The image recipe holds what the repository holds."""

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "images"))  # programs beside the recipe

import sbom  # noqa: E402 - it is found above
from containers import run_options  # noqa: E402

RECIPE = (ROOT / "Dockerfile").read_text()
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())


def test_an_image_holds_every_library_but_the_one_for_tests() -> None:
    named = re.search(r"for member in ([a-z ]+); do", RECIPE)
    assert named is not None
    assert {*named[1].split(), "testkit"} == {path.name for path in (ROOT / "libs").iterdir() if path.is_dir()}


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_finds_what_it_is_built_from(service: str) -> None:
    assert (ROOT / "locks" / f"{service}.txt").is_file()
    assert f'scelle-{service} = "' in (ROOT / "services" / service / "pyproject.toml").read_text()


def test_an_image_runs_as_nobody_and_starts_without_a_shell() -> None:
    for final in RECIPE.split("\nFROM ${BASE}")[2:]:  # the first is what all are built with
        assert "USER 65532:65532" in final
        assert "RUN " not in final
        assert re.search(r'^ENTRYPOINT \["/', final, re.MULTILINE)
        assert re.search(r'^  CMD \["/', final, re.MULTILINE)
        assert 'org.scelle.sbom="/opt/scelle/sbom.cdx.json"' in final


def test_containers_of_the_journey_are_denied_what_a_cluster_denies_them() -> None:
    options = " ".join(run_options("name"))
    for denied in ("--read-only", "--cap-drop all", "no-new-privileges", "--user 65532:65532", "PATH=/nowhere"):
        assert denied in options


def test_a_bill_of_materials_names_every_package_with_its_digests_and_is_the_same_each_time() -> None:
    lock = "anyio==4.1.0 ; python_full_version < '4' \\\n    --hash=sha256:" + "a" * 64 + "\nidna==3.9\n"
    installed = [_Installed("scelle-vault", "0.1.0"), _Installed("AnyIO", "4.1.0")]
    bill = sbom.bill("vault", lock, iter(installed))
    assert bill == sbom.bill("vault", lock, iter(reversed(installed)))
    components = bill["components"]
    assert isinstance(components, list)
    assert [one["bom-ref"] for one in components] == ["pkg:pypi/anyio@4.1.0", "scelle-vault@0.1.0"]
    assert components[0]["properties"] == [{"name": "scelle:lock:sha256", "value": "a" * 64}]


def test_what_the_lock_does_not_name_is_in_no_image() -> None:
    with pytest.raises(sbom.Unpinned, match=r"anyio 4\.2\.0"):
        sbom.bill("vault", "anyio==4.1.0\n", iter([_Installed("anyio", "4.2.0")]))


class _Installed(importlib.metadata.Distribution):
    """A package as an environment has it."""

    def __init__(self, name: str, version: str) -> None:
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))
