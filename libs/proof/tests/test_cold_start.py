"""What a verification loads: little enough to start at once, and nothing of the platform whose word it checks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
LOADED = """
import json, sys
before = set(sys.modules)
from proof.cli import verify
status = verify(sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})), file=sys.stderr)
sys.exit(status)
"""
# Standard modules that take longer to load than a verification takes.
SLOW = {"asyncio", "concurrent", "multiprocessing", "ssl", "http", "xml", "unittest", "sqlite3"}


def loaded(*words: str) -> set[str]:
    command = [sys.executable, "-c", LOADED, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr))


@pytest.mark.parametrize(
    ("bundle", "policy", "libraries"),
    [
        ("dossier.lcp", "policy.json", {"cryptography"}),
        ("dossier-2.lcp", "policy-2.json", {"cryptography", "rfc3161_client"}),
    ],
)
def test_a_verification_loads_what_it_needs_only(bundle: str, policy: str, libraries: set[str]) -> None:
    found = loaded(str(GOLDEN / bundle), "--policy", str(GOLDEN / policy))
    assert not found & SLOW
    foreign = {name for name in found if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert foreign == {"proof"} | libraries
