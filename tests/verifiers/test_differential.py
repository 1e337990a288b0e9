"""Two verifiers that share no line say the same of whatever they are given.

VERIFIER_CASES says how many cases (300 unless told otherwise), VERIFIER_FIRST from which seed on.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from generator import Case, cases

COUNT, FIRST = int(os.environ.get("VERIFIER_CASES", "300")), int(os.environ.get("VERIFIER_FIRST", "0"))
STAGES = {"leaves", "shown", "note", "token", "anchor", "files", "packed", "bytes", "policy", "known", "fork"}
CHECKS = {
    "container", "entry-canonical", "manifest", "entry-scope", "opening", "document-file",
    "object-bytes", "inclusion", "consistency", "known-checkpoint", "checkpoint-signature", "cosignature",
    "witness-clock", "timestamp", "public-anchor", "leaf-order", "service-counter", "aggregate-versions",
    "office-counter", "office-chain", "head",
}  # fmt: skip
SELDOM = {"event-state", "timestamp-order"}  # fail in a few cases of a hundred


def said(report: bytes) -> dict[str, Any]:
    """Read a report without the sentence for people, which every verifier words for itself."""
    read: dict[str, Any] = json.loads(report)
    assert (read["problem"] is not None) == (len(read["checks"]) < 2)
    return read | {"problem": None}


def canonical(report: dict[str, Any]) -> bytes:
    return json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.covers("C-05")
@pytest.mark.timeout(30 + COUNT // 5)
def test_the_second_implementation_says_the_same_of_every_case(second_opinion: Callable[[Case], bytes]) -> None:
    seen: Counter[str] = Counter()
    for seed, case in cases(COUNT, FIRST):
        expected, given = case.expected(), second_opinion(case)
        report = said(expected)
        assert said(given) == report, f"seed {seed}: {case.damages}"
        assert given == expected or json.loads(expected)["problem"], f"seed {seed}: not the same bytes"
        seen.update([report["verdict"], str(report["level"]), *case.damages])
        seen.update(check["name"] for check in report["checks"] if check["state"] == "failed")
    if COUNT >= 300:
        assert {"intact", "tampered", "malformed", "below-level", "0", "1", "2", "3", "4", "5", *STAGES} <= seen.keys()
        assert seen.keys() >= CHECKS
    if COUNT >= 2000:
        assert seen.keys() >= SELDOM


def run(folder: Path, single_file: Path, *more: str) -> subprocess.CompletedProcess[bytes]:
    told = json.loads((folder / "case.json").read_bytes())
    command = [sys.executable, str(single_file), str(folder / "bundle.lcp"), "--json", *more]
    command += ["--at", told["at"], "--level", str(told["level"])]
    command += [word for note in sorted(folder.glob("known-*")) for word in ("--known", str(note))]
    command += [word for file in sorted(folder.glob("document-*")) for word in ("--document", str(file))]
    if (folder / "policy.json").exists():
        command += ["--policy", str(folder / "policy.json")]
    return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - the command is written above


def test_the_command_prints_the_same_report_and_exits_alike(single_file: Path, tmp_path: Path) -> None:
    codes = {"intact": 0, "tampered": 1, "malformed": 2, "below-level": 3}
    for seed, case in cases(12, FIRST):
        case.write(tmp_path / str(seed))
        done = run(tmp_path / str(seed), single_file)
        expected = (tmp_path / str(seed) / "expected.json").read_bytes()
        assert said(done.stdout) == said(expected), seed
        assert done.returncode == codes[said(expected)["verdict"]], done.stderr
        assert done.stdout.endswith(b"}\n")
        assert done.stdout == canonical(json.loads(done.stdout)) + b"\n"
        assert done.stderr == b""
