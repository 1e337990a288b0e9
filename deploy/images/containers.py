"""How images are built and run here: buildah and podman on one machine, without a daemon and without a registry."""

import os
import shutil
import sys
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("SCELLE_IMAGES", "/var/tmp/scelle-images"))  # noqa: S108 - only root writes there
BASE = "localhost/scelle-base"
NOBODY = 65532
SERVICES = sorted(path.parents[2].name for path in (ROOT / "services").glob("*/src/*/__main__.py"))
TOOLS = {"buildah": "buildah", "podman": "podman", "runc": "runc", "debootstrap": "debootstrap"}


def storage(program: str) -> list[str]:
    """Return a program with the folder in which it keeps images: ours, so that nobody else's are touched."""
    driver = os.environ.get("SCELLE_STORAGE_DRIVER", "overlay")
    return [
        program,
        *("--root", str(BUILD / "storage"), "--runroot", str(BUILD / "run"), "--storage-driver", driver),
        *(["--runtime", "runc", "--cgroup-manager", "cgroupfs"] if program == "podman" else []),
    ]


def run_options(name: str) -> list[str]:
    """Return what every container is denied: other accounts, capabilities, a root that it can write, a shell's path."""
    return [
        *("--rm", "--replace", "--name", name, "--network", "host", "--read-only", "--cap-drop", "all"),
        *("--security-opt", "no-new-privileges", "--user", f"{NOBODY}:{NOBODY}", "--tmpfs", "/tmp"),  # noqa: S108
        # Without these two podman asks for more than it may give. The second one counts the threads of all containers.
        *("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=8192:8192"),
        *("--env", "PATH=/nowhere", "--no-healthcheck"),  # what the image says is asked at the end, without systemd
    ]


def call(*command: str | Path) -> None:
    """Run a program and show what it says; SystemExit when it fails."""
    done = run([str(word) for word in command], check=False, cwd=ROOT)  # noqa: S603 - our own commands
    if done.returncode:
        raise SystemExit(f"{command[0]} failed with code {done.returncode}")


def exists(image: str) -> bool:
    """Tell whether an image was built."""
    return run([*storage("podman"), "image", "exists", image], check=False).returncode == 0  # noqa: S603


def check_tools() -> None:
    """End with one line when this machine cannot build images."""
    missing = [package for program, package in TOOLS.items() if shutil.which(program) is None]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)} (Debian and Ubuntu: apt-get install {' '.join(missing)})")
    if os.geteuid():
        raise SystemExit("debootstrap and the build's chroot need root: sudo make images")


def say(line: str) -> None:
    """Tell of progress."""
    sys.stderr.write(f"images: {line}\n")
    sys.stderr.flush()
