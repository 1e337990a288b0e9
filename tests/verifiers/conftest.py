"""The single-file verifier as a module, and the folder of these tests on the path, for its generator."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from generator import Case
    from node import Node

SINGLE_FILE = Path(__file__).parents[2] / "libs/proof/src/proof/verifiers/scelle_verify.py"


@pytest.fixture(scope="session")
def single_file() -> Path:
    return SINGLE_FILE


@pytest.fixture(scope="session")
def scelle_verify() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scelle_verify", SINGLE_FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def second_opinion(scelle_verify: ModuleType) -> "Callable[[Case], bytes]":
    """Return what the single file says of a case, as its command would print it."""

    def say(case: "Case") -> bytes:
        try:
            policy = None if case.policy is None else scelle_verify.read_policy(case.policy)
            documents = [(name, sha256(data).hexdigest()) for name, data in case.documents.items()]
            trust = scelle_verify.Trust(scelle_verify.micros(case.at), policy, case.known, documents)
            report = scelle_verify.verify(case.bundle, trust, case.level)
        except ValueError as error:  # as its command does
            report = scelle_verify.Report("malformed", case.level, problem=str(error))
        return bytes(report.to_json())

    return say


@pytest.fixture(scope="session")
def node() -> "Iterator[Node]":
    """Return a running Node with the verifier for browsers."""
    from node import Node, executable  # noqa: PLC0415 - this folder is on the path since a few lines above

    command = [executable(), str(Path(__file__).with_name("run.mjs"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own file
        assert process.stdin
        assert process.stdout
        yield Node(process.stdin, process.stdout)
        process.stdin.close()
        assert process.wait(10) == 0
