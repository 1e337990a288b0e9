"""Print the bill of materials of the environment that runs this: CycloneDX 1.6, from the lock that it was made from.

`python sbom.py vault locks/vault.txt`: what is installed and neither in the lock nor ours ends it with code 1, so that
an image cannot hold what nobody pinned. The same environment gives the same text.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)")
DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")
OURS = "scelle"


class Unpinned(SystemExit):
    """Something is installed that the lock does not name."""


def normal(name: str) -> str:
    """Return a name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[tuple[str, str], list[str]]:
    """Return the digests (hex SHA-256) of each name and version of a lock: one for each file that may be installed."""
    found: dict[tuple[str, str], list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if pin := PINNED.match(line):
            current = found.setdefault((normal(pin["name"]), pin["version"]), [])
        current += DIGEST.findall(line)
    return found


def components(pins: dict[tuple[str, str], list[str]], installed: Iterator[Distribution]) -> list[dict[str, object]]:
    """Return what is installed, by name; raises Unpinned."""
    found = []
    for one in sorted(installed, key=lambda one: normal(one.name)):
        name, version = normal(one.name), one.version
        part: dict[str, object] = {"type": "library", "name": name, "version": version}
        if name == OURS or name.startswith(f"{OURS}-"):
            found.append(part | {"bom-ref": f"{name}@{version}"})
            continue
        if (name, version) not in pins:
            raise Unpinned(f"{name} {version} is installed and not in the lock")
        address = f"pkg:pypi/{name}@{version}"
        # Which of the files was installed depends on the machine; each of them is in the lock.
        digests = [{"name": "scelle:lock:sha256", "value": digest} for digest in pins[name, version]]
        found.append(part | {"bom-ref": address, "purl": address, "properties": digests})
    return found


def bill(subject: str, lock: str, installed: Iterator[Distribution]) -> dict[str, object]:
    """Return the document about an image."""
    parts = components(locked(lock), installed)
    serial = uuid5(NAMESPACE_URL, json.dumps([subject, parts], sort_keys=True))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": f"{OURS}-{subject}", "bom-ref": subject}},
        "components": parts,
    }


if __name__ == "__main__":
    document = bill(sys.argv[1], Path(sys.argv[2]).read_text(encoding="ascii"), iter(distributions()))
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
