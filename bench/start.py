"""How long a newcomer waits: `scelle up` to ready on a fresh and on a known data folder, and a whole `scelle demo`.

Usage: python bench/start.py [--rounds 3]
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCELLE = [sys.executable, "-m", "launcher"]


def up(folder: Path) -> float:
    """Start the stack, stop it once it says where it is; return the seconds until then."""
    began = time.perf_counter()
    command = [*SCELLE, "up", "--data", str(folder), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - our own command
    assert process.stdout
    process.stdout.readline()
    seconds = time.perf_counter() - began
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    return seconds


def demo(folder: Path) -> float:
    """Play the reference journey on a fresh folder; return its seconds."""
    began = time.perf_counter()
    command = [*SCELLE, "demo", "--data", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    assert json.loads(done.stdout.splitlines()[-1])["verdict"] == "intact"
    return time.perf_counter() - began


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    fresh, known, demos = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as one, tempfile.TemporaryDirectory() as other:
            fresh.append(up(Path(one)))
            known.append(up(Path(one)))
            demos.append(demo(Path(other)))
    print(f"scelle up, fresh folder: {statistics.median(fresh):.1f} s to ready")
    print(f"scelle up, known folder: {statistics.median(known):.1f} s to ready")
    print(f"scelle demo, fresh folder: {statistics.median(demos):.1f} s")


if __name__ == "__main__":
    main()
