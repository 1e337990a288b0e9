"""The verifiable export (`.lcp`) and how it is written: what was sealed, what the stores hold now, the proofs."""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from proof.archive import pack
from proof.canonical import canonical
from proof.checkpoint import Checkpoint, format_hashes
from proof.note import Note
from proof.shapes import encoded

FORMAT = "scelle-bundle/2"
MANIFEST, README = "manifest.json", "README.fr.txt"
SCOPES = ("dossier", "office", "aggregate")
MAX_TOKENS = 16
MAX_ANCHORS = 16


class BundleMalformed(ValueError):
    """The bytes are not a bundle: nothing more can be said of what they hold than which files were altered.

    `place` is `archive` where it is not the one way of writing an archive, `files` where its files make no bundle.
    """

    def __init__(self, problem: str, altered: tuple[str, ...] = (), place: str = "files") -> None:
        super().__init__(problem)
        self.altered = altered
        self.place = place


@dataclass(frozen=True, slots=True)
class Scope:
    """What a bundle is about: a dossier, an office or an aggregate, by its id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The clear payload of an entry and the salt of its commitments."""

    payload: dict[str, Any]
    salt: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The fields of the event; the payload holds them beside its type."""
        data = self.payload.get("data")
        return data if isinstance(data, dict) else {}


@dataclass(frozen=True, slots=True)
class Item:
    """One leaf, its place, what its service's store holds now (empty when nothing), the path to the largest root."""

    index: int
    entry: bytes
    state: bytes
    hashes: tuple[bytes, ...]
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What the bucket holds now for a document version: the base64 SHA-256 of its manifest, None when it is gone."""

    ver: str
    ct_h: str | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as its files say, verified in nothing yet."""

    scope: Scope
    items: tuple[Item, ...]
    checkpoints: Mapping[int, bytes]
    observations: tuple[Observation, ...] = ()
    consistency: Mapping[tuple[int, int], tuple[bytes, ...]] = field(default_factory=dict)
    tokens: Mapping[tuple[int, int], bytes] = field(default_factory=dict)  # by size of checkpoint and number
    anchors: Mapping[int, bytes] = field(default_factory=dict)  # OpenTimestamps proofs, by size of checkpoint
    readme: bytes | None = field(default=None, compare=False)  # None stands for this version's
    altered: tuple[str, ...] = field(default=(), compare=False)  # files that are not what was written
    misstated: tuple[str, ...] = field(default=(), compare=False)  # files of which the manifest said something else
    former: bool = field(default=False, compare=False)  # read from scelle-bundle/1, which shows events alone
    misproven: frozenset[int] = field(default=frozenset(), compare=False)  # places whose proof named another (/1)

    @property
    def final(self) -> bytes:
        """The signed note of the largest checkpoint, which everything is proven under."""
        return self.checkpoints[max(self.checkpoints)]

    def encode(self) -> bytes:
        """Write the bundle, with the manifest that its files deserve; the same content always gives the same bytes."""
        files = self.files()
        return pack(files | {MANIFEST: self.manifest(files)})

    def files(self) -> dict[str, bytes]:
        """Write every file but the manifest."""
        files = common_files(self) | {"proofs.jsonl": b"".join(_proof_lines(self.items))}
        files |= {f"tokens/{size}-{number}.tsr": token for (size, number), token in self.tokens.items()}
        files |= {f"ots/{size}.ots": proof for size, proof in self.anchors.items()}
        return files

    def manifest(self, files: Mapping[str, bytes]) -> bytes:
        """Write the manifest of these files."""
        scope = {"scope": {"id": self.scope.id, "kind": self.scope.kind}}
        return canonical(common_manifest(self, files) | scope | {"format": FORMAT})


def common_files(bundle: Bundle) -> dict[str, bytes]:
    """Write the files that every format has."""
    openings = (
        {"index": item.index, "payload": item.opening.payload, "salt": encoded(item.opening.salt)}
        for item in bundle.items
        if item.opening
    )
    files = {
        "entries.bin": framed((item.entry for item in bundle.items), ">H"),
        "states.bin": framed((item.state for item in bundle.items), ">I"),
        "openings.jsonl": lines(openings),
        "observations.jsonl": lines({"ct_h": seen.ct_h, "ver": seen.ver} for seen in bundle.observations),
        README: Path(__file__).with_name(README).read_bytes() if bundle.readme is None else bundle.readme,
    }
    files |= {f"checkpoints/{size}.note": note for size, note in bundle.checkpoints.items()}
    for (first, second), hashes in bundle.consistency.items():
        files[f"consistency/{first}-{second}.txt"] = format_hashes(hashes).encode()
    return files


def common_manifest(bundle: Bundle, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Say what every format says of a bundle."""
    checkpoint = Checkpoint.parse(Note.parse(bundle.final).text)
    hashes = [{"name": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in sorted(files.items())]
    return {"origin": checkpoint.origin, "size": checkpoint.size, "entries": len(bundle.items), "files": hashes}


def _proof_lines(items: Iterable[Item]) -> Iterable[bytes]:
    """Write the paths; as base64 and numbers have one canonical spelling, no encoder needs to look at them."""
    spelt = cache(encoded)  # most hashes are in many paths
    for item in items:
        hashes = ",".join([f'"{spelt(one)}"' for one in item.hashes])
        yield f'{{"hashes":[{hashes}],"index":{item.index}}}\n'.encode()


def framed(parts: Iterable[bytes], prefix: str) -> bytes:
    """Write parts one after the other, each after its length."""
    return b"".join(struct.pack(prefix, len(part)) + part for part in parts)


def lines(values: Iterable[object]) -> bytes:
    """Write canonical JSON, one value per line."""
    return b"".join(canonical(value) + b"\n" for value in values)
