"""`python -m contracts` re-makes the committed schemas, examples and AsyncAPI document; `--check` compares them."""

import argparse
import json
import sys
from pathlib import Path

from contracts.compatibility import breaking
from contracts.documents import HERE, documents


def differences() -> list[str]:
    """Name the committed files that are missing, stale, or left over from an event that is no longer published."""
    wanted = documents()
    found = [
        str(path.relative_to(HERE))
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    return sorted(found + [f"{path.relative_to(HERE)} (nothing publishes it)" for path in _leftovers(wanted)])


def incompatibilities() -> list[str]:
    """Say what the committed schemas' readers would trip over if they were re-made now."""
    found = [f"{path.name}: no longer published" for path in _leftovers(documents()) if path.parent.name == "schemas"]
    for path, text in documents().items():
        if path.parent.name == "schemas" and path.exists():
            old = json.loads(path.read_text(encoding="utf-8"))
            found += [f"{path.name}: {what}" for what in breaking(old, json.loads(text))]
    return found


def _leftovers(wanted: dict[Path, str]) -> list[Path]:
    present = [*HERE.glob("schemas/*.json"), *HERE.glob("examples/*.json")]
    return [path for path in present if path not in wanted]


def main() -> int:
    """Run the command; 0 when the files are, or now are, what the registry says."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    parser.add_argument("--break", dest="force", action="store_true", help="accept changes that break readers")
    asked = parser.parse_args()
    problems = differences() if asked.check else ([] if asked.force else incompatibilities())
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems or asked.check:
        return 1 if problems else 0
    for path in _leftovers(documents()):
        path.unlink()
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
