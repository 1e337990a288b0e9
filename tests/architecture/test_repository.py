"""The rules of the house that no linter knows."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from testkit.requirements import CATALOGUE, catalogue

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())
MEMBERS = [
    ROOT / folder
    for folder in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
]
SOURCES = sorted(
    path
    for folder in ("libs", "services", "sandbox", "launcher", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts
)
LONGEST_FILE = 500  # lines
# A stranger reads it whole and runs it alone, so it is one file; it has its own bound.
SINGLE_FILE = {"libs/proof/src/proof/verifiers/scelle_verify.py": 1500}


def members() -> list[Path]:
    return [found for pattern in MEMBERS for found in sorted(ROOT.glob(str(pattern.relative_to(ROOT))))]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_named_wherever_it_must_be(service: str) -> None:
    module = service.replace("-", "_")
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert module in workspace["tool"]["importlinter"]["root_packages"]
    assert f"services/{service}/src" in workspace["tool"]["mypy"]["mypy_path"]
    assert f"scelle-{service}" in (ROOT / "Makefile").read_text()
    assert (ROOT / "locks" / f"{service}.txt").exists()
    assert f"services/{service}" in (ROOT / "README.md").read_text()
    assert (ROOT / "services" / service / "README.md").exists()
    assert f'"{service}"' in (ROOT / "launcher/src/launcher/routes.toml").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_a_giant(path: Path) -> None:
    longest = SINGLE_FILE.get(str(path.relative_to(ROOT)), LONGEST_FILE)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= longest


@pytest.mark.parametrize("member", members(), ids=lambda member: str(member.relative_to(ROOT)))
def test_every_dependency_is_locked_within_its_bounds(member: Path) -> None:
    locked = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "locks/dev.txt").read_text(), re.MULTILINE))
    own = {tomllib.loads((path / "pyproject.toml").read_text())["project"]["name"] for path in members()}
    for line in tomllib.loads((member / "pyproject.toml").read_text())["project"]["dependencies"]:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        if name not in own:
            assert name in locked, f"run make locks: {name}"
            assert wanted.specifier.contains(locked[name]), f"run make locks: {name}"


def test_locks_name_no_download_host() -> None:
    for path in (ROOT / "locks").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text
        assert "--index-url" not in text


def test_only_settings_and_the_launcher_read_the_environment() -> None:
    allowed = re.compile(r"settings\.py$|sandbox/|launcher/|testkit/|eventstore/store\.py$|bench/")
    for path in SOURCES:
        if "/tests/" in str(path) or allowed.search(str(path)):
            continue
        names = {
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        assert not names & {"os.environ", "os.getenv"}, path


def test_every_requirement_a_test_names_exists() -> None:
    known = set(catalogue((ROOT / CATALOGUE).read_text(encoding="utf-8")))
    assert len(known) == 255
    for path in ROOT.rglob("test_*.py"):
        if ".venv" in path.parts:
            continue
        named = set(re.findall(r'"([LGSAC]-\d\d)"', path.read_text(encoding="utf-8")))
        assert named <= known, path
