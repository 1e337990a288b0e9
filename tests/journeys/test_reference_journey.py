"""The reference journey on the real platform, and what a stranger finds in its proof."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from launcher.demo import check, forged
from launcher.journey.story import PURPOSE, Journey
from proof.report import State, Verdict
from testkit.stack import Platform
from testkit.verifiers import SINGLE_FILE

SMALL = 1000  # bytes; a manifest is smaller, the parts of the samples are larger


def failing(bundle: bytes, policy: Path) -> tuple[Verdict, set[str]]:
    report = check(bundle, policy)
    return report.verdict, {one.name for one in report.checks if one.state is State.FAILED}


def exported(journey: Journey) -> bytes:
    path = f"/api/journal/v1/dossiers/{journey.dossier}/bundle?{PURPOSE}"
    return journey.world.call("GET", path, token=journey.auditor.token).content


def verify_command(bundle: Path, policy: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launcher", "verify", str(bundle), "--policy", str(policy), "--json", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


@pytest.mark.covers(
    *("L-04", "L-11", "L-18", "L-20", "L-21", "L-25", "L-27", "L-31", "L-32", "L-34", "L-35", "L-37", "L-39", "L-40"),
    *("L-43", "L-46", "L-48", "L-49", "L-50", "L-51", "L-53", "L-59", "L-60", "L-61", "L-62", "L-63", "L-64", "L-65"),
    *("L-66", "L-67", "L-68"),
)
def test_the_whole_journey_ends_in_a_bundle_that_is_intact(walked: Journey, platform: Platform, tmp_path: Path) -> None:
    bundle = tmp_path / "dossier.lcp"
    bundle.write_bytes(walked.bundle)
    done = verify_command(bundle, platform.policy, "--level", "4")
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"], report["level"]) == (0, "intact", 4)
    assert report["scope"] == {"id": walked.dossier, "kind": "dossier"}
    assert [check["examined"] for check in report["checks"] if check["name"] == "event-state"] == [len(walked.events)]


@pytest.mark.covers("C-05")
def test_the_verifier_that_is_one_file_says_the_same(walked: Journey, platform: Platform, tmp_path: Path) -> None:
    bundle = tmp_path / "dossier.lcp"
    bundle.write_bytes(walked.bundle)
    words = [str(bundle), "--policy", str(platform.policy), "--level", "4", "--json"]
    command = [sys.executable, str(SINGLE_FILE), *words]
    second = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own command
    assert second.returncode == 0
    assert second.stdout.strip().decode() == verify_command(bundle, platform.policy, "--level", "4").stdout.strip()


def test_the_deposited_file_is_recognised_in_the_bundle(walked: Journey, platform: Platform, tmp_path: Path) -> None:
    bundle = tmp_path / "dossier.lcp"
    bundle.write_bytes(walked.bundle)
    command = [sys.executable, "-m", "launcher", "verify", str(bundle), "--policy", str(platform.policy), "--document"]
    known = subprocess.run([*command, str(walked.deposits[0].file)], check=False, capture_output=True)  # noqa: S603
    assert known.returncode == 0
    stranger = tmp_path / "other.pdf"
    stranger.write_bytes(b"%PDF-1.7 something else")
    unknown = subprocess.run([*command, str(stranger)], check=False, capture_output=True)  # noqa: S603
    assert unknown.returncode == 1


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.97])
def test_one_changed_byte_of_the_bundle_is_noticed(walked: Journey, platform: Platform, share: float) -> None:
    changed = bytearray(walked.bundle)
    changed[int(len(changed) * share)] ^= 1
    verdict, _ = failing(bytes(changed), platform.policy)
    assert verdict in {Verdict.TAMPERED, Verdict.MALFORMED}


def test_a_changed_entry_in_a_repaired_container_is_named(walked: Journey, platform: Platform) -> None:
    verdict, names = failing(forged(walked.bundle), platform.policy)
    assert verdict is Verdict.TAMPERED
    assert {"inclusion", "office-chain"} <= names


@contextmanager
def rewritten_event(platform: Platform, event: str, change: str, undo: str) -> Iterator[None]:
    """Change a stored event as an insider could: as superuser, with the triggers off."""
    with platform.database("dossier") as connection:
        connection.execute("SET session_replication_role = replica")
        kept = connection.execute(f"SELECT * FROM ledger.stored_events WHERE {event}").fetchone()
        assert kept is not None
        connection.execute(f"UPDATE ledger.stored_events SET {change} WHERE {event}")
        try:
            yield
        finally:
            connection.execute(f"UPDATE ledger.stored_events SET {undo} WHERE {event}")


def test_a_rewritten_event_is_named(walked: Journey, platform: Platform) -> None:
    number = next(one["store_seq"] for one in walked.events if one["type"] == "dossier.document-validated")
    flip = "state = set_byte(state, length(state) / 2, get_byte(state, length(state) / 2) # 1)"
    with rewritten_event(platform, f"notification_id = {number}", flip, flip):
        verdict, names = failing(exported(walked), platform.policy)
    assert (verdict, "event-state" in names) == (Verdict.TAMPERED, True)
    assert failing(exported(walked), platform.policy) == (Verdict.INTACT, set())


def test_a_changed_object_is_named(walked: Journey, platform: Platform) -> None:
    client = platform.s3().client()
    with platform.database("vault") as connection:
        query = "SELECT object_key FROM read.document WHERE id = %s"
        row = connection.execute(query, [walked.deposits[0].version_id]).fetchone()
    assert row is not None
    found = [
        (bucket.name, one.object_name)
        for bucket in client.list_buckets()
        for one in client.list_objects(bucket_name=bucket.name, recursive=True)
        if row[0] in str(one.object_name) and (one.size or 0) > SMALL
    ]
    bucket, name = found[0]
    assert name is not None
    kept = client.get_object(bucket_name=bucket, object_name=name).read()
    changed = bytearray(kept)
    changed[len(changed) // 2] ^= 1
    client.put_object(bucket_name=bucket, object_name=name, data=io.BytesIO(bytes(changed)), length=len(changed))
    try:
        found_out = failing(exported(walked), platform.policy)
    finally:
        client.put_object(bucket_name=bucket, object_name=name, data=io.BytesIO(kept), length=len(kept))
    assert found_out == (Verdict.TAMPERED, {"object-bytes"})
    assert failing(exported(walked), platform.policy) == (Verdict.INTACT, set())
