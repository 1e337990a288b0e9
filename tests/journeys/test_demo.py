"""The demo command, on files of the user, against a platform that already runs."""

import json
import subprocess
import sys
from pathlib import Path

from testkit.stack import Platform


def demo(platform: Platform, documents: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launcher", "demo", "--json", "--data", str(platform.folder)]
    command += ["--documents", str(documents)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def test_the_demo_deposits_the_files_it_is_given_and_says_how_to_verify(
    platform: Platform, samples: list[Path], tmp_path: Path
) -> None:
    for number, sample in enumerate(samples * 2):
        (tmp_path / f"{number:02} « pièce » {sample.name}").write_bytes(sample.read_bytes() + b"\n" * number)
    (tmp_path / "03-vide.pdf").touch()
    (tmp_path / "04-programme.pdf").write_bytes(b"MZ\x90\x00" + bytes(200))
    done = demo(platform, tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    counts = result["documents"]
    assert counts["deposited"] >= len(samples) * 2
    assert counts["validated"] == counts["deposited"] - counts["refused"]
    assert (counts["refused"], result["completion"], result["verdict"]) == (1, 100, "intact")
    command = [sys.executable, "-m", "launcher", "verify", result["bundle"], "--policy", result["policy"]]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own command


def test_a_folder_without_files_is_said_to_be_one(platform: Platform, tmp_path: Path) -> None:
    done = demo(platform, tmp_path)
    assert done.returncode == 1
    assert "holds no file" in done.stderr
