"""The command that verifies a bundle: the only module here that reads files, the clock and arguments."""

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from proof.archive import MAX_SIZE
from proof.note import NoteInvalid
from proof.policy import Policy, PolicyInvalid
from proof.report import Report, Verdict
from proof.verify import SIGNED, Trust
from proof.verify import verify as verify_bundle

MAX_POLICY = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Output:
    """How to print the report."""

    json: bool = False
    lang: str = "fr"


def verify(argv: Sequence[str]) -> int:
    """Run `verify` with its arguments; returns 0 intact, 1 tampered, 2 malformed, 3 below the level asked."""
    parser = argparse.ArgumentParser(prog="scelle verify", description="Verify a proof bundle, without any network.")
    parser.add_argument("bundle", type=Path, help="the .lcp file")
    parser.add_argument("--policy", type=Path, help="whom you trust; never taken from the bundle")
    parser.add_argument("--known", type=Path, action="append", default=[], help="a checkpoint that you already hold")
    parser.add_argument("--document", type=Path, action="append", default=[], help="a file to recognise in the dossier")
    parser.add_argument("--level", type=int, default=SIGNED, help="the least level accepted, 0 to 5 (default 1)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--lang", choices=("fr", "en"), default="fr")
    arguments = parser.parse_args(argv)
    output = Output(arguments.json, arguments.lang)
    return run(
        arguments.bundle,
        arguments.policy,
        output,
        level=arguments.level,
        known=arguments.known,
        documents=arguments.document,
    )


def run(  # noqa: PLR0913 - one parameter for each thing that the verifier may bring
    bundle: Path,
    policy: Path | None,
    output: Output,
    *,
    level: int = SIGNED,
    known: Sequence[Path] = (),
    documents: Sequence[Path] = (),
) -> int:
    """Verify one bundle, print the report, return the exit code."""
    try:
        trust = Trust(
            at=datetime.now(UTC),
            policy=Policy.parse(_read(policy, MAX_POLICY)) if policy else None,
            known=[_read(path, MAX_POLICY) for path in known],
            documents=_digests(documents),
        )
        report = verify_bundle(_read(bundle, MAX_SIZE), trust, level=level)
    except (OSError, PolicyInvalid, NoteInvalid) as error:
        report = Report(Verdict.MALFORMED, None, level, problem=str(error))
    sys.stdout.write(report.to_json().decode() + "\n" if output.json else report.to_text(output.lang))
    return report.verdict.exit_code


def _digests(paths: Sequence[Path]) -> Mapping[str, str]:
    digests = {}
    for path in paths:
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise PolicyInvalid(f"{path.name} is larger than {limit} bytes")
    return data
