"""The layout of a published log (c2sp.org/tlog-tiles): tiles of the tree and bundles of entries, 256 to a file.

The tile (level, index) holds the nodes of level 8 * level of the tree, from 256 * index on; a bundle holds the entries
under the tile (0, index). A full one never changes; a partial one is the beginning of it, under a name of its own.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from proof.tree import HASH_SIZE, Reader, node_hash

WIDTH = 256  # hashes of a full tile, entries of a full bundle
HEIGHT = 8  # levels of the tree in a tile
MAX_LEVEL = 63

_LENGTH_SIZE = 2  # bytes before each entry
_MAX_ENTRY = 65_535  # bytes
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<groups>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class TileInvalid(ValueError):
    """The bytes, or the path, are not of a tile or of a bundle of entries."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The first `width` hashes of a tile."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def full(self) -> bool:
        """Tell whether it is complete, and so for ever the same."""
        return self.width == WIDTH

    @property
    def whole(self) -> "Tile":
        """The full tile that this one is the beginning of."""
        return Tile(self.level, self.index)

    @property
    def first(self) -> int:
        """Index, in its level of the tree, of the first node; of a bundle, the place of the first entry."""
        return self.index * WIDTH

    @property
    def path(self) -> str:
        """Where its hashes are."""
        return f"tile/{self.level}/{self._place}"

    @property
    def entries_path(self) -> str:
        """Where the entries under it are, for a tile of level 0."""
        return f"tile/entries/{self._place}"

    @property
    def _place(self) -> str:
        digits = str(self.index)
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
        place = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return place if self.full else f"{place}.p/{self.width}"

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read the path of a tile, or of a bundle as that of the tile above it; raises TileInvalid."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise TileInvalid("not the path of a tile")
        level = 0 if found["level"] == "entries" else int(found["level"])
        index = int(found["groups"].replace("x", "").replace("/", "") + found["last"])
        tile = cls(level, index, int(found["width"] or WIDTH))
        if path != (tile.entries_path if found["level"] == "entries" else tile.path) or level > MAX_LEVEL:
            raise TileInvalid("not the only way of writing this path")
        return tile


def tiles(size: int, former: int = 0) -> Iterator[Tile]:
    """Name the tiles that a log of `size` leaves has and one of `former` leaves had not, the lowest level first.

    Every level ends with its partial tile, if it has one and if it is not as it was.
    """
    for level in range(MAX_LEVEL + 1):
        nodes, before = size >> HEIGHT * level, former >> HEIGHT * level
        if nodes == before:
            return
        for index in range(before // WIDTH, nodes // WIDTH):
            yield Tile(level, index)
        if nodes % WIDTH:
            yield Tile(level, nodes // WIDTH, nodes % WIDTH)


def partial_tiles(size: int) -> list[Tile]:
    """Name the tiles that are not full in a log of `size` leaves, at most one on each level."""
    levels = (size >> HEIGHT * level for level in range(MAX_LEVEL + 1))
    return [Tile(level, nodes // WIDTH, nodes % WIDTH) for level, nodes in enumerate(levels) if nodes % WIDTH]


def encode_tile(hashes: Iterable[bytes]) -> bytes:
    """Write the hashes of a tile."""
    return b"".join(hashes)


def decode_tile(tile: Tile, data: bytes) -> list[bytes]:
    """Read the hashes of a tile; one that holds more than asked for is as good. Raises TileInvalid."""
    if len(data) % HASH_SIZE or not tile.width <= len(data) // HASH_SIZE <= WIDTH:
        raise TileInvalid(f"{tile.path} does not hold {tile.width} hashes")
    return [data[start : start + HASH_SIZE] for start in range(0, tile.width * HASH_SIZE, HASH_SIZE)]


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Write a bundle of entries."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > _MAX_ENTRY:
            raise TileInvalid(f"an entry has at most {_MAX_ENTRY} bytes")
        parts += (len(entry).to_bytes(_LENGTH_SIZE, "big"), entry)
    return b"".join(parts)


def decode_entries(tile: Tile, data: bytes) -> list[bytes]:
    """Read the entries under a tile of level 0; a bundle that holds more is as good. Raises TileInvalid."""
    entries, place = [], 0
    while place < len(data):
        start = place + _LENGTH_SIZE
        place = start + int.from_bytes(data[place:start], "big")
        entries.append(data[start:place])
    if place != len(data) or not tile.width <= len(entries) <= WIDTH:
        raise TileInvalid(f"{tile.entries_path} does not hold {tile.width} entries")
    return entries[: tile.width]


def tile_reader(size: int, read: Callable[[Tile], bytes]) -> Reader:
    """Return a reader of the nodes of a log of `size` leaves from its tiles, each of which `read` gives.

    The reader raises KeyError for a node that such a log does not have complete, TileInvalid, and whatever `read` does.
    """

    @lru_cache(maxsize=64)
    def hashes(level: int, index: int) -> list[bytes]:
        tile = Tile(level, index, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))
        return decode_tile(tile, read(tile))

    def node(level: int, index: int) -> bytes:
        if not 0 <= index < size >> level:
            raise KeyError((level, index))
        above, within = divmod(level, HEIGHT)
        first = index << within
        place = first % WIDTH
        return fold(hashes(above, first // WIDTH)[place : place + (1 << within)])

    return node


def fold(hashes: list[bytes]) -> bytes:
    """Hash a power of two of nodes, side by side, up to the node above them all."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
