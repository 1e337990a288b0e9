"""How large the smallest bundle is, where its bytes go, and how long the Python verifiers take from start to verdict.

It holds one event with its checkpoint, cosignatures and token, and reaches level 4. The event is one of the frozen
journal of the tests: a log with two keys, three witnesses, a token with its certificates.
Usage: python bench/bundle.py [--rounds 20]
"""

import argparse
import io
import lzma
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from proof.bundle import Bundle, Item
from proof.note import Note
from proof.reading import decode
from proof.tree import Frontier, inclusion_proof, leaf_hash

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests/golden/1"
SINGLE_FILE = ROOT / "libs/proof/src/proof/verifiers/scelle_verify.py"
KINDS = ("checkpoints/", "tokens/", "consistency/")


def smallest() -> bytes:
    """Return a bundle of one event, proven under a checkpoint that is stamped."""
    whole = decode(lzma.decompress((GOLDEN / "aggregate.lcp.xz").read_bytes()))
    item = whole.items[0]
    size = min(size for size, _ in whole.tokens if size > item.index)
    rows = Frontier().extend([leaf_hash(entry) for entry in entries()[:size]])
    nodes = {(level, first + step): digest for level, first, row in rows for step, digest in enumerate(row)}
    path = inclusion_proof(item.index, size, lambda level, index: nodes[level, index])
    return Bundle(
        scope=whole.scope,
        items=(Item(item.index, item.entry, item.state, tuple(path), item.opening),),
        checkpoints={size: whole.checkpoints[size]},
        observations=tuple(seen for seen in whole.observations if seen.ver.encode() in item.entry),
        tokens={place: token for place, token in whole.tokens.items() if place[0] == size},
    ).encode()


def entries() -> list[bytes]:
    """Return the leaves of the frozen journal, each of which stands after its length."""
    data, place, found = lzma.decompress((GOLDEN / "entries.bin.xz").read_bytes()), 0, []
    while place < len(data):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        found.append(data[start:place])
    return found


def sizes(bundle: bytes) -> None:
    """Print where the bytes are."""
    found: dict[str, int] = {}
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        for member in archive.infolist():
            kind = next((kind for kind in KINDS if member.filename.startswith(kind)), member.filename)
            found[kind] = found.get(kind, 0) + member.file_size
            if kind == KINDS[0]:
                lines = Note.parse(archive.read(member)).signatures
                print(
                    f"  of {member.filename}: " + ", ".join(f"{len(line.encode()):,} B {line.name}" for line in lines)
                )
    found["(archive)"] = len(bundle) - sum(found.values())
    print(f"bundle of one event: {len(bundle):,} B")
    for name, size in sorted(found.items(), key=lambda one: -one[1]):
        print(f"  {size:>7,} B  {name}")


def cold(command: Sequence[str]) -> tuple[float, float]:
    """Return the seconds of a process that verifies, from its start to its end: by the clock, and of a processor."""
    began, used = time.perf_counter(), _processor()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stdout
    return time.perf_counter() - began, _processor() - used


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print sizes and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    bundle = smallest()
    sizes(bundle)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "one.lcp"
        file.write_bytes(bundle)
        words = [str(file), "--policy", str(GOLDEN / "policy.json"), "--level", "4"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "scelle verify": [str(Path(sys.executable).with_name("scelle")), "verify", *words],
            "scelle_verify.py": [sys.executable, str(SINGLE_FILE), *words],
        }
        times = {name: [cold(command) for _ in range(rounds)] for name, command in commands.items()}
    for name, found in times.items():
        clock, processor = (sorted(column) for column in zip(*found, strict=True))
        said = f"{statistics.median(clock) * 1e3:.0f} ms (fastest {clock[0] * 1e3:.0f} ms)"
        print(f"{name:<17} {said}, of a processor {statistics.median(processor) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
