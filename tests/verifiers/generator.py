"""Make cases on which every verifier must say the same: `python tests/verifiers/generator.py --count N --out DIR`.

A case is a folder: bundle.lcp, policy.json (perhaps absent), known-*.note, document-*, case.json (what else the
verifier is told: at, level, and which damage was done) and expected.json, the report of proof.verify.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import damage
from anchors import with_anchors
from cryptography.hazmat.primitives.serialization import Encoding
from proof.archive import pack, unpack
from proof.block import Block
from proof.bundle import Scope
from proof.checkpoint import Checkpoint
from proof.note import NoteInvalid
from proof.policy import Policy, PolicyInvalid
from proof.report import Report, Verdict
from proof.signing import sign_checkpoint
from proof.verify import Trust, verify
from worlds import NOW, ORIGIN, Keys, Log, Shown, Tree, authority, bundle_of, encode_former, live, token


@dataclass(slots=True)
class Case:
    """What a verifier is given, and what was done to it."""

    bundle: bytes
    policy: bytes | None
    known: list[bytes]
    documents: dict[str, bytes]
    at: datetime
    level: int
    damages: list[str] = field(default_factory=list)

    def expected(self) -> bytes:
        """Return the report of the library, as its command writes it but for the sentence of `problem`."""
        try:
            policy = None if self.policy is None else Policy.parse(self.policy)
            digests = {name: sha256(data).hexdigest() for name, data in self.documents.items()}
            report = verify(self.bundle, Trust(self.at, policy, self.known, digests), level=self.level)
        except (PolicyInvalid, NoteInvalid) as error:
            report = Report(Verdict.MALFORMED, None, self.level, problem=str(error))
        return report.to_json()

    def write(self, folder: Path) -> None:
        """Write the case as files."""
        folder.mkdir(parents=True)
        told = {"at": self.at.isoformat().replace("+00:00", "Z"), "level": self.level, "damages": self.damages}
        files = {"bundle.lcp": self.bundle, "case.json": json.dumps(told).encode(), "expected.json": self.expected()}
        files |= {f"known-{place}.note": note for place, note in enumerate(self.known)} | self.documents
        if self.policy is not None:
            files["policy.json"] = self.policy
        for name, data in files.items():
            (folder / name).write_bytes(data)


@dataclass(slots=True)
class Making:
    """A case in the making, from its own chance."""

    rng: Random
    damages: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        stages = ["leaves", "shown", "note", "token", "files", "packed", "bytes", "policy", "known", "fork"]
        if self.rng.random() < 0.8:
            self.wanted = self.rng.choices(stages, [4, 4, 4, 4, 4, 1, 1, 3, 1, 1], k=self.rng.choice([1, 1, 1, 2]))

    def now(self, stage: str) -> bool:
        """Tell whether damage is done at this stage."""
        if stage in self.wanted:
            self.damages.append(stage)
        return stage in self.wanted


def make(seed: int) -> Case:
    """Make one case; the same seed makes the same log and the same damage (signatures of ML-DSA and tokens differ)."""
    rng = Random(f"scelle {seed}")  # noqa: S311 - a test's chance, which must come again
    making, keys, log = Making(rng), Keys(rng), Log(rng)
    scope, former = _lived(log)
    leaves = [leaf for leaf in log.leaves if not former or b'"kind":"event"' in leaf.entry]
    if making.now("leaves"):
        leaves = damage.leaves(rng, leaves)
    tree = _tree(leaves)
    plain = _notes(rng, keys, tree)
    known = [rng.choice(list(plain.values()))] if rng.random() < 0.3 else []
    notes = _attested(making, keys, plain)
    try:
        bundle = bundle_of(leaves, tree, scope, notes, rng)
    except (ValueError, KeyError, TypeError, AttributeError):  # damaged leaves of which no scope can be said
        return make(seed + 10_000_019)
    if not bundle.items:
        return make(seed + 10_000_019)
    if making.now("shown"):
        bundle = damage.shown(rng, bundle)
    if not former:
        bundle = replace(bundle, tokens=_tokens(making, plain, notes))
    bundle, blocks, odd = (bundle, [], False) if former else with_anchors(Random(f"anchor {seed}"), bundle)  # noqa: S311 - as above
    making.damages += ["anchor"] if odd else []
    data = _packed(making, encode_former(bundle) if former else bundle.encode())
    policy = _policy(making, keys, blocks)
    known = _known(making, keys, known, plain)
    documents = {f"document-{n}": rng.randbytes(4) for n in range(rng.choice([0, 0, 0, 1]))}
    at = NOW + timedelta(days=rng.choice([0, 0, 0, 1, 2000]))
    return Case(data, policy, known, documents, at, rng.randint(0, 5), making.damages)


def _lived(log: Log) -> tuple[Scope, bool]:
    """Live, choose what is exported, and close it most of the time."""
    rng = log.rng
    offices, dossiers, aggregates = live(log)
    kind = rng.choice(["dossier", "dossier", "office", "aggregate"])
    scope = Scope(kind, rng.choice({"dossier": dossiers, "office": offices, "aggregate": aggregates}[kind]))
    if kind != "aggregate" and rng.random() < 0.8:
        of = {json.loads(leaf.entry)["dossier"]: json.loads(leaf.entry)["office"] for leaf in log.leaves}
        log.head(scope.id) if kind == "office" else log.head(of[scope.id], scope.id)
    return scope, kind == "dossier" and rng.random() < 0.15


def _tree(leaves: list[Shown]) -> Tree:
    return Tree(leaves)


def _notes(rng: Random, keys: Keys, tree: Tree) -> dict[int, bytes]:
    sizes = {tree.size, *(rng.randint(1, tree.size) for _ in range(rng.choice([0, 0, 1, 1, 2])))}
    return {size: keys.note(size, tree.root(size)) for size in sorted(sizes)}


def _attested(making: Making, keys: Keys, plain: dict[int, bytes]) -> dict[int, bytes]:
    """Add cosignatures, some of them late or early."""
    rng, notes = making.rng, {}
    for place, (size, note) in enumerate(plain.items()):
        present = [name for name in keys.witnesses if rng.random() < 0.8]
        moment = NOW + timedelta(minutes=place * (1 if rng.random() < 0.9 else -1), seconds=rng.randrange(40))
        for name in present:
            note = keys.cosigned(note, [name], moment + timedelta(seconds=rng.randrange(9)))  # noqa: PLW2901 - it grows
        notes[size] = note
    return notes


def _tokens(making: Making, plain: dict[int, bytes], notes: dict[int, bytes]) -> dict[tuple[int, int], bytes]:
    rng, tokens = making.rng, {}
    for place, (size, note) in enumerate(plain.items()):
        for number in range(rng.choice([0, 1, 1, 2])):
            at = NOW + timedelta(minutes=25 + place * rng.choice([1, 1, 1, -1]))
            tokens[size, number] = token(authority(rng.choice(["One", "One", "Two"])), note, at)
    if making.now("token") and notes:
        size = rng.choice(list(plain))
        odd = {
            0: lambda: token(authority("One"), plain[size], NOW, wrong_imprint=True),
            1: lambda: token(authority("One"), plain[size], NOW, other_policy=True),
            2: lambda: token(authority("Stranger"), plain[size], NOW),
            3: lambda: token(authority("One"), plain[size], NOW + timedelta(days=rng.choice([-90, -8, 8, 3000]))),
            4: lambda: bytes.fromhex("30053003020102"),
            5: lambda: rng.randbytes(rng.choice([0, 5, 33_000])),
        }
        made = odd.get(rng.randrange(14), lambda: _changed(rng, tokens.get((size, 0)) or b"0"))()
        tokens[size, 0] = made
        if rng.random() < 0.1:
            tokens |= {(size, number): made for number in range(rng.choice([3, 17]))}
        if rng.random() < 0.05:
            tokens[size + 1, rng.choice([0, 1])] = made
    return tokens


def _changed(rng: Random, made: bytes) -> bytes:
    """Change a token, not in the certificates that came along for convenience: libraries read those more or less."""
    issuers = [one.public_bytes(Encoding.DER) for name in ("One", "Two") for one in authority(name).certificates[1:]]
    while True:
        changed = damage.bytes_changed(rng, made)
        if all((issuer in made) <= (issuer in changed) for issuer in issuers) or len(changed) < len(made) - 8:
            return changed


def _packed(making: Making, data: bytes) -> bytes:
    rng, files = making.rng, dict(unpack(data).files)
    if making.now("note"):
        name = rng.choice([name for name in sorted(files) if name.endswith(".note")])
        data = pack(damage.repaired(files | {name: damage.note(rng, files[name])}))
    if making.now("files"):
        data = damage.packable(damage.files(rng, files)) or data
    if making.now("packed"):
        data = damage.packed(rng, files)
    return damage.bytes_changed(rng, data) if making.now("bytes") else data


def _policy(making: Making, keys: Keys, blocks: list[Block]) -> bytes | None:
    rng = making.rng
    if rng.random() < 0.06:
        return None
    data = replace(keys.policy(rng), blocks=tuple(blocks)).encode()
    if rng.random() < 0.1:
        value = json.loads(data)
        first: dict[str, Any] = {
            "format": "scelle-policy/1",
            "origin": value["origin"],
            "log_keys": value["log_keys"][:1],
        }
        data = json.dumps(first).encode()
    return damage.policy(rng, data) if making.now("policy") else data


def _known(making: Making, keys: Keys, known: list[bytes], plain: dict[int, bytes]) -> list[bytes]:
    rng = making.rng
    if making.now("known"):
        known = [*known, damage.note(rng, rng.choice(list(plain.values())))]
    if making.now("fork"):
        size = rng.choice(list(plain))
        known = [*known, sign_checkpoint(Checkpoint(ORIGIN, size, rng.randbytes(32)), keys.ed25519, keys.mldsa)]
    return known


def cases(count: int, first: int = 0) -> Iterator[tuple[int, Case]]:
    """Make `count` cases from the seed `first` on."""
    return ((seed, make(seed)) for seed in range(first, first + count))


def main() -> None:
    """Write cases as folders named by their seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    for seed, case in cases(arguments.count, arguments.first):
        case.write(arguments.out / f"{seed:06}")
    sys.stdout.write(f"{arguments.count} cases in {arguments.out}\n")


if __name__ == "__main__":
    main()
