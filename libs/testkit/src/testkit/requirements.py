"""Which requirement is proved by which test: `python -m testkit.requirements`, from the last test run's results.

A test names what it proves with ``@pytest.mark.covers("L-64")``; one that did not pass proves nothing.
"""

import json
import re
import sys
from pathlib import Path

RESULTS = Path("build") / "test-results.json"
CATALOGUE = Path("docs") / "requirements.md"
ROW = re.compile(r"^\| ([LGSAC]-\d\d) \| ", re.MULTILINE)


def catalogue(text: str) -> list[str]:
    """List the requirement ids of the catalogue, in its order."""
    return ROW.findall(text)


def proofs(results: dict[str, dict[str, object]]) -> dict[str, list[str]]:
    """Map each requirement to the tests that cover it and passed."""
    found: dict[str, list[str]] = {}
    for test, result in results.items():
        covered = result["covers"]
        if result["outcome"] == "passed" and isinstance(covered, list):
            for requirement in covered:
                found.setdefault(requirement, []).append(test)
    return found


def main() -> int:
    """Print one line per requirement; exit 2 when there is no test run to read."""
    if not RESULTS.exists():
        sys.stderr.write(f"{RESULTS} is not there: run the tests first\n")
        return 2
    proved = proofs(json.loads(RESULTS.read_text(encoding="utf-8")))
    known = catalogue(CATALOGUE.read_text(encoding="utf-8"))
    for requirement in known:
        tests = sorted(proved.get(requirement, ()))
        more = f" (+{len(tests) - 1})" if len(tests) > 1 else ""
        sys.stdout.write(f"{requirement} passed {tests[0]}{more}\n" if tests else f"{requirement} missing\n")
    passed = sum(requirement in proved for requirement in known)
    sys.stdout.write(f"{passed} of {len(known)} requirements are proved by a passing test\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
