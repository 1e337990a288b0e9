"""What the files that every format of bundle has say, read without believing it."""

import re
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from proof.bundle import README, Bundle, BundleMalformed, Item, Observation, Opening, Scope
from proof.canonical import MAX_INTEGER, parse, read
from proof.checkpoint import Checkpoint, parse_hashes
from proof.entry import SALT_SIZE
from proof.note import Note, decode
from proof.shapes import MAX_LEAF

Places = Iterable[tuple[int, tuple[bytes, ...]]]  # for each entry its index and the hashes of its path

_NOTE = re.compile(r"checkpoints/(0|[1-9][0-9]{0,15})\.note")
_CONSISTENCY = re.compile(r"consistency/([1-9][0-9]{0,15})-([1-9][0-9]{0,15})\.txt")


def gather(files: Mapping[str, bytes], scope: Scope, places: Places) -> Bundle:
    """Gather a bundle; raises ValueError, KeyError or TypeError for what cannot be read.

    Whoever calls this writes the files again and compares, so that nothing is left over or spelt otherwise.
    """
    entries = _unframed(files["entries.bin"], ">H", MAX_LEAF)
    states = _unframed(files["states.bin"], ">I", len(files["states.bin"]))
    openings = {index_of(line): _opening(line) for line in parse_lines(files["openings.jsonl"])}
    items = tuple(
        Item(index, entry, state, hashes, openings.get(index))
        for (index, hashes), entry, state in zip(places, entries, states, strict=True)
    )
    checkpoints: dict[int, bytes] = {}
    consistency: dict[tuple[int, int], tuple[bytes, ...]] = {}
    for name, content in files.items():
        if match := _CONSISTENCY.fullmatch(name):
            consistency[int(match[1]), int(match[2])] = tuple(parse_hashes(content.decode()))
        elif match := _NOTE.fullmatch(name):
            checkpoints[_size_said(content, int(match[1]))] = content
    if not items or not checkpoints:
        raise BundleMalformed("a bundle has an entry and a checkpoint")
    seen = tuple(_observation(line) for line in parse_lines(files["observations.jsonl"]))
    return Bundle(scope, items, checkpoints, seen, consistency, readme=files[README])


def parse_lines(data: bytes) -> list[dict[str, Any]]:
    """Read one JSON value per line."""
    return [read(line) for line in data.split(b"\n")[:-1]]


def index_of(line: Mapping[str, Any]) -> int:
    """Return the place in the log that a line is about."""
    index = line["index"]
    if type(index) is not int or not 0 <= index <= MAX_INTEGER:
        raise BundleMalformed("an index is a number")
    return index


def misstatements(said: bytes, true: bytes) -> tuple[str, ...]:
    """Return the files of which the manifest that was read says something else than the true one."""
    if said == true:
        return ()
    return tuple(sorted({name for name, _ in _hashes(said) ^ _hashes(true)})) or ("manifest.json",)


def _hashes(manifest: bytes) -> set[tuple[str, str]]:
    value = parse(manifest)
    said = value.get("files") if isinstance(value, dict) else None
    readable = isinstance(said, list) and all(map(_says, said))
    return {(line["name"], line["sha256"]) for line in said or ()} if readable else set()


def _says(line: object) -> bool:
    texts = isinstance(line, dict) and all(isinstance(item, str) for item in line.values())
    return texts and isinstance(line, dict) and line.keys() == {"name", "sha256"}


def _opening(line: dict[str, Any]) -> Opening:
    salt = decode(line["salt"])
    if len(salt) != SALT_SIZE or not isinstance(line["payload"], dict):
        raise BundleMalformed("an opening is a payload and a salt of 32 bytes")
    return Opening(line["payload"], salt)


def _observation(line: dict[str, Any]) -> Observation:
    ver, ct_h = line["ver"], line["ct_h"]
    if not isinstance(ver, str) or not isinstance(ct_h, str | None):
        raise BundleMalformed("an identifier or a hash is a text")
    return Observation(ver, ct_h)


def _size_said(note: bytes, size: int) -> int:
    if Checkpoint.parse(Note.parse(note).text).size != size:
        raise BundleMalformed("a checkpoint is filed under another size")
    return size


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
