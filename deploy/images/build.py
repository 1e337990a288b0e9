"""Build images from the Dockerfile: `python deploy/images/build.py [service …]`, all of them and the tools if none.

No registry is asked. Unless BASE names an image that is here already, a base is made by debootstrap: Debian with Python
and CA certificates, of the suite SCELLE_SUITE (bookworm). Building again only builds what changed.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from containers import BASE, BUILD, ROOT, SERVICES, call, check_tools, exists, say, storage

CERTIFICATES = Path("/etc/ssl/certs")
PACKAGES = "python3,python3-venv,ca-certificates"


def base() -> str:
    """Return the image that all others are built on; make it if nobody names one."""
    named = os.environ.get("BASE", BASE)
    if not exists(named):
        if named != BASE:
            raise SystemExit(f"{named} is not among the images here; load it first, or leave BASE away")
        _bootstrap(os.environ.get("SCELLE_SUITE", "bookworm"))
    return named


def _bootstrap(suite: str) -> None:
    say(f"base from Debian {suite}")
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as made:
        root = Path(made) / "root"
        call("debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, root)
        for name in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man"):
            shutil.rmtree(root / name, ignore_errors=True)
        archive = Path(made) / "base.tar"
        call("tar", "--create", "--file", archive, "--directory", root, ".")
        call(*storage("podman"), "import", "--quiet", archive, BASE)


def image(on: str, name: str, *options: str) -> None:
    """Build one image; what is fetched is checked with the certificates that this machine trusts."""
    say(name)
    own = BUILD / "trust"
    own.mkdir(parents=True, exist_ok=True)
    (own / "pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}/ca-certificates.crt\n")
    (own / "uv.toml").write_text("native-tls = true\n")
    call(
        *storage("buildah"),
        *("bud", "--quiet", "--isolation", "chroot", "--format", "docker", "--layers", "--pull-never"),
        *("--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro", "--volume", f"{own}/pip.conf:/etc/pip.conf:ro"),
        *("--volume", f"{own}/uv.toml:/etc/uv/uv.toml:ro"),
        *("--build-arg", f"BASE={on}", "--build-arg", f"REVISION={os.environ.get('REVISION', 'unknown')}"),
        *options,
        *("--ignorefile", ROOT / ".dockerignore", "--tag", f"localhost/{name}", ROOT),
    )


def main() -> int:
    """Build; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*", choices=[*SERVICES, []])
    asked = parser.parse_args().services or SERVICES
    check_tools()
    on = base()
    for service in asked:
        image(on, f"scelle-{service}", "--build-arg", f"SERVICE={service}")
    if asked == SERVICES:
        image(on, "scelle-tools", "--target", "tools")
    call(
        *storage("podman"),
        "images",
        "--filter",
        "reference=localhost/scelle-*",
        "--format",
        "{{.Repository}} {{.Size}}",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
