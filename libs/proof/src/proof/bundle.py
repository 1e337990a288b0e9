"""The verifiable export of one dossier (`.lcp`): what was sealed, what the stores hold now, and the proofs between."""

import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files as resources
from typing import Any, Self

from proof.archive import ArchiveMalformed, pack, unpack
from proof.canonical import NotCanonical, canonical, parse
from proof.checkpoint import Checkpoint, InclusionProof, format_hashes, parse_hashes
from proof.entry import MAX_ENTRY, SALT_SIZE, encoded
from proof.note import Note, NoteInvalid, decode

FORMAT = "scelle-bundle/1"
README = "README.fr.txt"

_MANIFEST = "manifest.json"
_FIXED = {README, _MANIFEST, "entries.bin", "states.bin", "index.jsonl", "openings.jsonl", "observations.jsonl"}
_PROOF = re.compile(r"proofs/(0|[1-9][0-9]{0,15})\.tlog-proof")
_NOTE = re.compile(r"checkpoints/(0|[1-9][0-9]{0,15})\.note")
_CONSISTENCY = re.compile(r"consistency/([1-9][0-9]{0,15})-([1-9][0-9]{0,15})\.txt")


class BundleMalformed(ValueError):
    """The bytes are not a bundle: nothing more can be said of what they hold than which files were altered."""

    def __init__(self, problem: str, altered: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.altered = altered


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
    """One entry, its place in the log, and what its service's store holds now (empty when it holds nothing)."""

    index: int
    entry: bytes
    state: bytes
    proof: InclusionProof
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What the bucket holds now for a document version: the base64 SHA-256 of its manifest, None when it is gone."""

    ver: str
    ct_h: str | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as its files say, verified in nothing yet."""

    dossier: str
    items: tuple[Item, ...]
    checkpoints: Mapping[int, bytes]
    observations: tuple[Observation, ...] = ()
    consistency: Mapping[tuple[int, int], tuple[bytes, ...]] = field(default_factory=dict)
    readme: bytes | None = field(default=None, compare=False)  # None stands for this version's
    manifest: bytes | None = field(default=None, compare=False)  # as it was read; None until then
    altered: tuple[str, ...] = field(default=(), compare=False)  # files that are not what was written

    @property
    def final(self) -> bytes:
        """The signed note of the largest checkpoint, which everything is proven under."""
        return self.checkpoints[max(self.checkpoints)]

    def encode(self) -> bytes:
        """Write the bundle, with the manifest that its files deserve; the same content always gives the same bytes."""
        files = self.files()
        return pack(files | {_MANIFEST: self._manifest(files)})

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a bundle; raises BundleMalformed for files that `encode` would not have written.

        The manifest is only read: `misstated` tells whether it is true.
        """
        try:
            archive = unpack(data)
        except ArchiveMalformed as error:
            raise BundleMalformed(str(error)) from error
        try:
            bundle = cls._from_files(archive.files)
            again = bundle.files()
        except (NotCanonical, NoteInvalid, KeyError, TypeError, ValueError) as error:
            raise BundleMalformed(str(error), archive.altered) from error
        if again | {_MANIFEST: archive.files[_MANIFEST]} != archive.files:
            raise BundleMalformed("the files do not say one and the same thing", archive.altered)
        return replace(bundle, altered=archive.altered)

    def misstated(self) -> list[str]:
        """Return the files of which the manifest that was read says something else."""
        expected = self._manifest(self.files())
        if self.manifest in {None, expected}:
            return []
        said, true = _hashes(self.manifest or b""), _hashes(expected)
        return sorted({name for name, _ in said ^ true}) or [_MANIFEST]

    def files(self) -> dict[str, bytes]:
        """Write every file but the manifest."""
        openings = [
            {"index": item.index, "payload": item.opening.payload, "salt": encoded(item.opening.salt)}
            for item in self.items
            if item.opening
        ]
        files = {
            "entries.bin": _framed((item.entry for item in self.items), ">H"),
            "states.bin": _framed((item.state for item in self.items), ">I"),
            "index.jsonl": _lines({"index": item.index} for item in self.items),
            "openings.jsonl": _lines(openings),
            "observations.jsonl": _lines({"ct_h": seen.ct_h, "ver": seen.ver} for seen in self.observations),
            README: (resources("proof") / README).read_bytes() if self.readme is None else self.readme,
        }
        files |= {f"proofs/{item.index}.tlog-proof": item.proof.encode() for item in self.items}
        files |= {f"checkpoints/{size}.note": note for size, note in self.checkpoints.items()}
        for (first, second), hashes in self.consistency.items():
            files[f"consistency/{first}-{second}.txt"] = format_hashes(hashes).encode()
        return files

    def _manifest(self, files: Mapping[str, bytes]) -> bytes:
        checkpoint = Checkpoint.parse(Note.parse(self.final).text)
        hashes = [
            {"name": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in sorted(files.items())
        ]
        return canonical(
            {
                "format": FORMAT,
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "dossier": self.dossier,
                "entries": len(self.items),
                "files": hashes,
            }
        )

    @classmethod
    def _from_files(cls, files: Mapping[str, bytes]) -> Self:
        manifest = parse(files[_MANIFEST])
        if manifest["format"] != FORMAT:
            raise BundleMalformed("the format of the bundle is not known to this version")
        consistency: dict[tuple[int, int], tuple[bytes, ...]] = {}
        checkpoints: dict[int, bytes] = {}
        for name, content in files.items():
            if match := _CONSISTENCY.fullmatch(name):
                consistency[int(match[1]), int(match[2])] = tuple(parse_hashes(content.decode()))
            elif match := _NOTE.fullmatch(name):
                checkpoints[_size_said(content, int(match[1]))] = content
            elif name not in _FIXED and not _PROOF.fullmatch(name):
                raise BundleMalformed("a file has no place in a bundle")
        if not checkpoints:
            raise BundleMalformed("a bundle has a checkpoint")
        seen = tuple(Observation(line["ver"], line["ct_h"]) for line in _parse_lines(files["observations.jsonl"]))
        texts = [manifest["dossier"], *(one.ver for one in seen), *(one.ct_h for one in seen if one.ct_h is not None)]
        if not all(isinstance(text, str) for text in texts):
            raise BundleMalformed("an identifier or a hash is a text")
        return cls(
            manifest["dossier"],
            _items(files),
            checkpoints,
            seen,
            consistency,
            readme=files[README],
            manifest=files[_MANIFEST],
        )


def _hashes(manifest: bytes) -> set[tuple[str, str]]:
    try:
        return {(str(line["name"]), str(line["sha256"])) for line in parse(manifest)["files"]}
    except (KeyError, TypeError):
        return set()


def _items(files: Mapping[str, bytes]) -> tuple[Item, ...]:
    indexes = [_index(line) for line in _parse_lines(files["index.jsonl"])]
    entries = _unframed(files["entries.bin"], ">H", MAX_ENTRY)
    states = _unframed(files["states.bin"], ">I", len(files["states.bin"]))
    openings = {_index(line): _opening(line) for line in _parse_lines(files["openings.jsonl"])}
    items = []
    for index, entry, state in zip(indexes, entries, states, strict=True):
        proof = InclusionProof.parse(files[f"proofs/{index}.tlog-proof"])
        items.append(Item(index, entry, state, proof, openings.get(index)))
    if not items:
        raise BundleMalformed("a bundle without an entry proves nothing")
    return tuple(items)


def _index(line: dict[str, Any]) -> int:
    index = line["index"]
    if type(index) is not int or index < 0:
        raise BundleMalformed("an index is a number")
    return index


def _opening(line: dict[str, Any]) -> Opening:
    salt = decode(line["salt"])
    if len(salt) != SALT_SIZE or not isinstance(line["payload"], dict):
        raise BundleMalformed("an opening is a payload and a salt of 32 bytes")
    return Opening(line["payload"], salt)


def _size_said(note: bytes, size: int) -> int:
    if Checkpoint.parse(Note.parse(note).text).size != size:
        raise BundleMalformed("a checkpoint is filed under another size")
    return size


def _framed(parts: Iterable[bytes], prefix: str) -> bytes:
    return b"".join(struct.pack(prefix, len(part)) + part for part in parts)


def _unframed(data: bytes, prefix: str, limit: int) -> list[bytes]:
    parts, position, width = [], 0, struct.calcsize(prefix)
    while position < len(data):
        if len(data) < position + width:
            raise BundleMalformed("a length is cut short")
        (size,) = struct.unpack_from(prefix, data, position)
        position += width + size
        if size > limit or position > len(data):
            raise BundleMalformed("a part is cut short or too long")
        parts.append(data[position - size : position])
    return parts


def _lines(values: Iterable[object]) -> bytes:
    return b"".join(canonical(value) + b"\n" for value in values)


def _parse_lines(data: bytes) -> list[dict[str, Any]]:
    return [parse(line) for line in data.split(b"\n")[:-1]]
