"""A place where a process can be made to die, in a test build only."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from chassis import crashing, logging
from chassis.process import configured
logging.configure("shop")
with configured("shop"):
    crashing.arm()
for number in range(1, 5):
    print("before", number, flush=True)
    sys.audit("scelle.crashpoint", "shop.elsewhere")
    sys.audit("scelle.crashpoint", "shop.after-sale")
"""
OTHER_BUILD = "import sys; sys.path[:] = [path for path in sys.path if 'testkit' not in path]\n"


def run(program: str, point: str | None = None) -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"]} | ({"SCELLE_CRASHPOINT": point} if point is not None else {})
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_process_that_is_not_armed_passes_every_place() -> None:
    assert run(PROGRAM)[:2] == (0, "before 1\nbefore 2\nbefore 3\nbefore 4\n")


@pytest.mark.parametrize(("point", "last"), [("shop.after-sale", 1), ("shop.after-sale:3", 3)])
def test_an_armed_process_ends_itself_at_the_pass_that_was_asked_for(point: str, last: int) -> None:
    status, told, _ = run(PROGRAM, point)
    assert status == -signal.SIGKILL
    assert told.splitlines()[-1] == f"before {last}"


@pytest.mark.parametrize("point", ["", "after-sale", "shop.after-sale:0", "shop.after-sale:x", "Shop.after"])
def test_what_names_no_place_is_refused(point: str) -> None:
    status, told, said = run(PROGRAM, point)
    assert (status, told) == (78, "")
    assert said.startswith("shop: SCELLE_CRASHPOINT is not written as")


def test_a_build_without_the_test_kit_refuses_to_start_while_a_place_is_named() -> None:
    status, told, said = run(OTHER_BUILD + PROGRAM, "shop.after-sale")
    assert (status, told) == (78, "")
    assert said == "shop: SCELLE_CRASHPOINT is set, and this is no test build; remove it from the environment\n"
    assert run(OTHER_BUILD + PROGRAM)[0] == 0


def test_nothing_that_is_shipped_asks_for_the_test_kit() -> None:
    shipped = [
        path for name in ("libs", "services", "launcher", "sandbox") for path in ROOT.glob(f"{name}/**/pyproject.toml")
    ]
    asking = [path.parent.name for path in shipped if "scelle-testkit" in path.read_text()]
    assert len(shipped) >= 10
    assert asking == ["testkit"]


def test_every_place_is_marked_once_and_described() -> None:
    code = [path.read_text() for folder in ("libs", "services") for path in ROOT.glob(f"{folder}/*/src/**/*.py")]
    marked = re.findall(r'audit\("scelle\.crashpoint", "([^"]+)"\)', "".join(code))
    marked.remove("<name>")
    described = re.findall(r"^\| `([a-z]+\.[a-z-]+)`", (ROOT / "libs/chassis/README.md").read_text(), re.MULTILINE)
    assert sorted(marked) == sorted(described)
    assert len(set(marked)) == len(marked) >= 5
