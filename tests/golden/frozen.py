"""The frozen files of a golden journal: how they are written once and read for ever."""

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from proof.entry import Entry
from proof.leaf import parse_leaf
from proof.record import Record

FIRST = Path(__file__).parent / "1"
ENTRY_LENGTH, STATE_LENGTH = 2, 4  # bytes before each, big-endian

Json = dict[str, Any]


@dataclass(frozen=True)
class Frozen:
    """One folder; README.md beside it says what each file holds."""

    folder: Path

    @cached_property
    def entries(self) -> list[bytes]:
        """The leaves of the log, in its order."""
        return list(_unframed(self._read("entries.bin"), ENTRY_LENGTH))

    @cached_property
    def leaves(self) -> list[Entry | Record]:
        """The entries, read."""
        return [parse_leaf(entry) for entry in self.entries]

    @cached_property
    def states(self) -> list[bytes]:
        """What the event stores held of each leaf; empty for a record."""
        return list(_unframed(self._read("states.bin"), STATE_LENGTH))

    @cached_property
    def checkpoints(self) -> list[Json]:
        """Every signed state: `size`, `note` with its cosignatures, `tokens` in base64."""
        return self._lines("checkpoints.jsonl")

    @property
    def person_keys(self) -> list[Json]:
        """The wrapped keys of persons: `svc`, `subject`, `wrapped` in base64, or null for a destroyed one."""
        return self._lines("keys.jsonl")

    @property
    def aggregates(self) -> list[Json]:
        """What aggregates were: `svc`, `at` (store_seq), `id`, `aggregate`, `version`, `state`."""
        return self._lines("aggregates.jsonl")

    @property
    def tiles(self) -> dict[str, str]:
        """SHA-256 (hexadecimal) of each tile and entry bundle of the whole log, by path."""
        return {path: digest for digest, path in map(str.split, self._read("tiles.txt").decode().splitlines())}

    @property
    def bundles(self) -> dict[str, bytes]:
        """The exported bundles, by their scope."""
        return {file.name.split(".")[0]: lzma.decompress(file.read_bytes()) for file in self.folder.glob("*.lcp.xz")}

    @property
    def policy(self) -> bytes:
        """Whom to trust."""
        return (self.folder / "policy.json").read_bytes()

    @property
    def master_key(self) -> Path:
        """The key under which the keys of persons are wrapped; it was made for this and opens nothing else."""
        return self.folder / "master.key"

    def write(self, name: str, data: bytes) -> None:
        """Write a compressed file."""
        packed = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME, check=lzma.CHECK_CRC32)
        (self.folder / f"{name}.xz").write_bytes(packed)

    def write_lines(self, name: str, values: Iterable[Json]) -> None:
        """Write one JSON object per line."""
        lines = (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for value in values)
        self.write(name, "".join(line + "\n" for line in lines).encode())

    def _read(self, name: str) -> bytes:
        return lzma.decompress((self.folder / f"{name}.xz").read_bytes())

    def _lines(self, name: str) -> list[Json]:
        return [json.loads(line) for line in self._read(name).splitlines()]


def framed(parts: Iterable[bytes], length: int) -> bytes:
    """Write each part behind its length."""
    return b"".join(len(part).to_bytes(length, "big") + part for part in parts)


def _unframed(data: bytes, length: int) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        start = place + length
        place = start + int.from_bytes(data[place:start], "big")
        yield data[start:place]
