"""A bundle frozen when its format was: whatever changes here, it must verify for ever. Never make it again."""

from datetime import UTC, datetime
from pathlib import Path

from proof.bundle import Bundle
from proof.policy import Policy
from proof.report import Verdict
from proof.verify import Trust, verify

GOLDEN = Path(__file__).parent / "golden"


def test_the_frozen_bundle_still_verifies() -> None:
    policy = Policy.parse((GOLDEN / "policy.json").read_bytes())
    trust = Trust(datetime.now(UTC), policy, known=[(GOLDEN / "2.note").read_bytes()], documents={"id": "ab" * 32})
    report = verify((GOLDEN / "dossier.lcp").read_bytes(), trust, level=2)
    assert (report.verdict, report.level, report.entries) == (Verdict.INTACT, 2, 5)
    assert all(check.examined for check in report.checks)


def test_the_frozen_bundle_is_written_again_byte_for_byte() -> None:
    data = (GOLDEN / "dossier.lcp").read_bytes()
    assert Bundle.decode(data).encode() == data
