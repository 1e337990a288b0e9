"""The image recipe holds what the repository holds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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
    final = RECIPE[RECIPE.rindex("FROM ") :]
    assert "USER 65532:65532" in final
    assert "RUN " not in final
    assert re.search(r'^ENTRYPOINT \["/', final, re.MULTILINE)
    assert re.search(r'^  CMD \["/', final, re.MULTILINE)
