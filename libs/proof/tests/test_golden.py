"""Bundles frozen when their format was: whatever changes here, they must verify for ever. Never make them again."""

from datetime import UTC, datetime
from pathlib import Path

from proof.archive import pack, unpack
from proof.bundle import Scope
from proof.policy import Policy
from proof.reading import decode
from proof.report import Report, State, Verdict
from proof.verify import Trust, verify

GOLDEN = Path(__file__).parent / "golden"
ADDED = {  # checks that came with scelle-bundle/2
    "cosignature",
    "witness-quorum",
    "witness-clock",
    "timestamp",
    "timestamp-order",
    "recorded-time",
    "head",
}


def verified(bundle: str, policy: str, known: str, level: int) -> Report:
    trust = Trust(
        datetime.now(UTC),
        Policy.parse((GOLDEN / policy).read_bytes()),
        known=[(GOLDEN / known).read_bytes()],
        documents={"id": "ab" * 32},
    )
    return verify((GOLDEN / bundle).read_bytes(), trust, level=level)


def test_the_frozen_bundle_of_the_first_format_still_verifies() -> None:
    report = verified("dossier.lcp", "policy.json", "2.note", 2)
    assert (report.verdict, report.level, report.entries) == (Verdict.INTACT, 2, 5)
    assert {check.name for check in report.checks if check.state is State.NOT_APPLICABLE} == ADDED


def test_the_frozen_bundle_still_verifies_to_the_highest_level() -> None:
    report = verified("dossier-2.lcp", "policy-2.json", "5.note", 4)
    assert (report.verdict, report.level, report.entries) == (Verdict.INTACT, 4, 6)
    assert all(check.state is State.PASSED for check in report.checks)


def test_the_frozen_bundle_is_written_again_byte_for_byte() -> None:
    data = (GOLDEN / "dossier-2.lcp").read_bytes()
    assert decode(data).encode() == data
    policy = (GOLDEN / "policy-2.json").read_bytes()
    assert Policy.parse(policy).encode() == policy


def test_a_bundle_of_the_first_format_is_written_in_the_present_one() -> None:
    former = decode((GOLDEN / "dossier.lcp").read_bytes())
    assert former.scope.kind == "dossier"
    assert decode(former.encode()) == former
    assert Scope("dossier", former.scope.id) == former.scope


def test_a_former_bundle_that_was_altered_is_refused_as_ever() -> None:
    files = dict(unpack((GOLDEN / "dossier.lcp").read_bytes()).files)
    proof, other = files["proofs/0.tlog-proof"], files["proofs/1.tlog-proof"]
    note = (GOLDEN / "2.note").read_bytes()
    for name, content, expected in (
        ("proofs/0.tlog-proof", other, {"inclusion", "manifest"}),
        ("proofs/0.tlog-proof", proof.partition(b"\n\n")[0] + b"\n\n" + note, {"inclusion", "manifest"}),
        ("states.bin", files["states.bin"].replace(b"stored", b"st0red"), {"event-state", "manifest"}),
        ("manifest.json", files["manifest.json"].replace(b'"entries":5', b'"entries":6'), {"manifest"}),
    ):
        trust = Trust(datetime.now(UTC), Policy.parse((GOLDEN / "policy.json").read_bytes()))
        report = verify(pack(files | {name: content}), trust)
        assert {check.name for check in report.checks if check.findings} == expected
        assert report.verdict is Verdict.TAMPERED
    for broken in (files | {"proofs/9.tlog-proof": proof}, files | {"index.jsonl": b'{"index":1}\n' * 5}):
        assert verify(pack(broken), trust).verdict is Verdict.MALFORMED
