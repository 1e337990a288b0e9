import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proof.checkpoint import Checkpoint
from proof.note import Key, Note
from proof.tiles import (
    Tile,
    TileInvalid,
    decode_entries,
    decode_tile,
    encode_entries,
    encode_tile,
    partial_tiles,
    tile_reader,
    tiles,
)
from proof.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency

SIZES = (1, 2, 7, 255, 256, 257, 511, 512, 1000)


class Published:
    """A small log and its tiles, as a publisher would make them step by step."""

    def __init__(self, *sizes: int) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.files: dict[str, bytes] = {}
        frontier, former = Frontier(), 0
        for size in sizes:
            while frontier.size < size:
                for level, index, digest in frontier.append(leaf_hash(b"%d" % frontier.size)):
                    self.nodes[level, index] = digest
            for tile in tiles(size, former):
                hashes = [self.nodes[8 * tile.level, tile.first + step] for step in range(tile.width)]
                assert tile.path not in self.files
                self.files[tile.path] = encode_tile(hashes)
            former = size

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def read(self, tile: Tile) -> bytes:
        return self.files[tile.path]


@pytest.fixture(scope="module")
def published() -> Published:
    return Published(*SIZES)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 5), "tile/0/000.p/5"),
        (Tile(1, 999, 255), "tile/1/999.p/255"),
        (Tile(2, 1000), "tile/2/x001/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 1234067, 1), "tile/63/x001/x234/067.p/1"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@given(st.builds(Tile, st.integers(0, 63), st.integers(0, 2**56), st.integers(1, 256)))
def test_every_path_is_read_back(tile: Tile) -> None:
    assert Tile.parse(tile.path) == tile
    assert Tile.parse(Tile(0, tile.index, tile.width).entries_path) == Tile(0, tile.index, tile.width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000/",
        "tile/0/../000",
        "tile/data/000",
        "/tile/0/000",
    ],
)
def test_another_writing_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(TileInvalid):
        Tile.parse(path)


def test_growth_names_the_tiles_that_are_new_or_changed() -> None:
    assert list(tiles(0)) == []
    assert list(tiles(5, 5)) == []
    assert list(tiles(3)) == [Tile(0, 0, 3)]
    assert list(tiles(256, 3)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles(300, 256)) == [Tile(0, 1, 44)]
    assert list(tiles(70_000, 69_999)) == [Tile(0, 273, 112)]
    assert list(tiles(65_536, 65_535)) == [Tile(0, 255), Tile(1, 0), Tile(2, 0, 1)]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_536, 65_537, 70_000])
def test_what_is_not_full_is_named_once_for_each_level(size: int) -> None:
    assert partial_tiles(size) == [tile for tile in tiles(size) if not tile.full]


@given(st.lists(st.integers(0, 70_000), min_size=1, max_size=6))
def test_a_log_that_grew_in_steps_has_every_tile_of_its_size(steps: list[int]) -> None:
    sizes = sorted(steps)
    made = {tile for former, size in zip([0, *sizes], sizes, strict=False) for tile in tiles(size, former)}
    assert set(tiles(sizes[-1])) <= made
    assert all(not tile.full or tile in set(tiles(sizes[-1])) for tile in made)


@pytest.mark.parametrize("size", SIZES)
def test_proofs_from_tiles_are_those_of_the_tree(published: Published, size: int) -> None:
    read = tile_reader(size, published.read)
    assert root(size, read) == root(size, published.node)
    for index in {0, size // 2, size - 1}:
        assert inclusion_proof(index, size, read) == inclusion_proof(index, size, published.node)
    for former in (former for former in SIZES if former <= size):
        hashes = consistency_proof(former, size, read)
        assert verify_consistency(former, size, root(former, read), root(size, read), hashes)


def test_a_node_that_a_log_does_not_have_yet_is_not_read(published: Published) -> None:
    read = tile_reader(257, published.read)
    for level, index in ((0, 257), (8, 1), (9, 0), (0, -1)):
        with pytest.raises(KeyError):
            read(level, index)


def test_three_levels_of_tiles_give_the_root() -> None:
    size = 65_536 + 300
    whole = Published(size)
    assert {Tile.parse(path).level for path in whole.files} == {0, 1, 2}
    assert root(size, tile_reader(size, whole.read)) == root(size, whole.node)


def test_a_tile_of_another_length_is_refused() -> None:
    for data in (b"", bytes(31), bytes(64), bytes(32 * 257)):
        with pytest.raises(TileInvalid):
            decode_tile(Tile(0, 0, 3), data)
    assert decode_tile(Tile(0, 0, 3), bytes(32 * 256)) == [bytes(32)] * 3


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=256))
def test_entries_are_read_back_from_their_bundle(entries: list[bytes]) -> None:
    data = encode_entries(entries)
    assert decode_entries(Tile(0, 0, len(entries)), data) == entries
    for cut in (data[:-1], data + b"\0"):
        with pytest.raises(TileInvalid):
            decode_entries(Tile(0, 0, len(entries)), cut)


def test_a_bundle_has_a_length_of_two_bytes_before_each_entry() -> None:
    assert encode_entries([b"one", b"", b"x" * 300]) == b"\x00\x03one\x00\x00\x01\x2c" + b"x" * 300
    with pytest.raises(TileInvalid):
        encode_entries([bytes(65_536)])
    with pytest.raises(TileInvalid):
        decode_entries(Tile(0, 0, 3), encode_entries([b"one", b"two"]))


def test_a_log_published_by_another_implementation_is_read(vectors: Callable[[str], list[Path]]) -> None:
    """One JSON object: the public key, and the files of the log by path, in base64."""
    for path in vectors("tessera-log"):
        log = json.loads(path.read_text())
        files = {name: base64.b64decode(data) for name, data in log["files"].items()}
        notes = [Note.parse(data) for name, data in files.items() if name.startswith("checkpoint.")]
        checkpoints = sorted((Checkpoint.parse(note.text) for note in notes), key=lambda one: one.size)
        assert all(note.signed_by([Key.parse(log["vkey"])]) for note in notes)
        for checkpoint in (one for one in checkpoints if one.size):
            frontier = Frontier()
            for tile in (tile for tile in tiles(checkpoint.size) if tile.level == 0):
                for entry in decode_entries(tile, files[tile.entries_path]):
                    frontier.append(leaf_hash(entry))
            assert frontier.root() == checkpoint.root
            read = tile_reader(checkpoint.size, lambda tile, files=files: files[tile.path])  # type: ignore[misc]
            assert root(checkpoint.size, read) == checkpoint.root
