"""A backup of a platform that goes on, and the same platform again in an empty folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from launcher.demo import check
from launcher.journey.deposits import look
from launcher.journey.story import PURPOSE, Journey
from launcher.journey.world import until
from proof.report import Verdict
from testkit.insider import WHOLE, Insider
from testkit.stack import Platform

SCELLE = [sys.executable, "-m", "launcher"]


def scelle(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SCELLE, *words], capture_output=True, text=True, check=False)  # noqa: S603 - our command


@pytest.fixture(scope="module")
def backup(platform: Platform, walked: Journey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert walked.events
    folder = tmp_path_factory.mktemp("backup") / "taken"
    taken = scelle("backup", folder, "--data", platform.folder, "--json")
    assert taken.returncode == 0, taken.stderr
    return folder


@pytest.fixture
def restored(backup: Path, servers_folder: Path) -> Iterator[Platform]:
    folder = servers_folder / "restored"
    folder.mkdir()
    folder.chmod(0o711)
    done = scelle("restore", backup, "--data", folder / "data", "--json")
    assert done.returncode == 0, done.stderr
    platform = Platform(folder / "data")
    platform.up()
    yield platform
    platform.down()


@pytest.mark.fault("F60")
def test_a_restored_platform_holds_all_that_was_acknowledged(walked: Journey, restored: Platform) -> None:
    world = restored.world()
    before = walked.world
    try:
        walked.world = world
        assert walked.read_events()[: len(walked.events)] == walked.events
        for deposited in walked.deposits[2:4]:
            look(world, walked.clerk.token, deposited, "views")
        audited = restored.run("journal", "audit")
        assert audited.returncode == 0, audited.stdout + audited.stderr
        path = f"/api/journal/v1/dossiers/{walked.dossier}/bundle?{PURPOSE}"
        Insider(restored, walked).taken_in()
        until(lambda: restored.run("journal", "status").returncode == 0, "a log that nobody has to look after")
        report = check(world.call("GET", path, token=walked.auditor.token).content, restored.policy)
        assert (report.verdict, report.level) == (Verdict.INTACT, WHOLE)
    finally:
        walked.world = before
        world.close()


@pytest.mark.fault("F60")
def test_a_damaged_backup_is_refused_whole(backup: Path, tmp_path: Path) -> None:
    part = next(path for path in sorted(backup.rglob("*")) if path.is_file() and path.suffix == ".gz")
    kept = part.read_bytes()
    part.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    try:
        refused = scelle("restore", backup, "--data", tmp_path / "data")
    finally:
        part.write_bytes(kept)
    assert refused.returncode != 0
    assert f"{part.relative_to(backup)} is not what was written" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_nothing_is_written_over(backup: Path, platform: Platform) -> None:
    assert "not empty" in scelle("backup", backup, "--data", platform.folder).stderr
    assert "not empty" in scelle("restore", backup, "--data", platform.folder).stderr
