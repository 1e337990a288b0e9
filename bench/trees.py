"""Our tree beside `pymerkle` 7, a Merkle tree library under the GPL: the same leaves appended, the same proofs made.

It is no dependency of anything here. To compare, install it into a throw-away environment and name its Python:
    python -m venv ENV && ENV/bin/pip install 'pymerkle==7.*'
    python bench/trees.py --with-pymerkle ENV/bin/python [--leaves 20000] [--proofs 200]
"""

import argparse
import json
import subprocess
import time

from proof.tree import Frontier, inclusion_proof, leaf_hash, root, verify_inclusion

THEIRS = """
import json, sys, time
from pymerkle import InmemoryTree
leaves, proofs = map(int, sys.argv[1:])
tree = InmemoryTree(algorithm="sha256")
began = time.perf_counter()
for number in range(leaves):
    tree.append_entry(b"%064d" % number)
grown = time.perf_counter() - began
began = time.perf_counter()
for number in range(proofs):
    tree.prove_inclusion(number * (leaves // proofs) + 1, leaves)
proven = time.perf_counter() - began
print(json.dumps({"append": leaves / grown, "proof": proofs / proven, "root": tree.get_root().hex()}))
"""
CHUNK = 4096


def ours(leaves: int, proofs: int) -> dict[str, float | str]:
    """Append leaves one by one and in chunks, then prove some of them."""
    entries = [b"%064d" % number for number in range(leaves)]
    frontier, nodes = Frontier(), dict[tuple[int, int], bytes]()
    began = time.perf_counter()
    for entry in entries:
        for level, index, digest in frontier.append(leaf_hash(entry)):
            nodes[level, index] = digest
    grown = time.perf_counter() - began
    began = time.perf_counter()
    again = Frontier()
    for start in range(0, leaves, CHUNK):
        again.extend([leaf_hash(entry) for entry in entries[start : start + CHUNK]])
    extended = time.perf_counter() - began
    assert again.root() == frontier.root()

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    places = [number * (leaves // proofs) for number in range(proofs)]
    began = time.perf_counter()
    made = [inclusion_proof(place, leaves, read) for place in places]
    proven = time.perf_counter() - began
    whole = root(leaves, read)
    for place, path in zip(places, made, strict=True):
        assert verify_inclusion(leaf_hash(entries[place]), place, leaves, path, whole)
    return {"append": leaves / grown, "extend": leaves / extended, "proof": proofs / proven, "root": whole.hex()}


def main() -> None:
    """Print the rates of both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with-pymerkle", metavar="PYTHON", help="a Python that has pymerkle 7")
    parser.add_argument("--leaves", type=int, default=20_000)
    parser.add_argument("--proofs", type=int, default=200)
    asked = parser.parse_args()
    mine = ours(asked.leaves, asked.proofs)
    print(f"ours     {_rates(mine)}")
    if asked.with_pymerkle is None:
        print("pymerkle not compared; see --help")
        return
    words = [asked.with_pymerkle, "-c", THEIRS, str(asked.leaves), str(asked.proofs)]
    theirs = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)  # noqa: S603 - our own words
    assert theirs["root"] == mine["root"], "the two trees are not the same"
    print(f"pymerkle {_rates(theirs)}")


def _rates(found: dict[str, float | str]) -> str:
    return "  ".join(f"{name} {value:,.0f}/s" for name, value in found.items() if isinstance(value, float))


if __name__ == "__main__":
    main()
