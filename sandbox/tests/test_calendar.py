import socket
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

import httpx
import pytest
from proof.block import Block
from proof.ots import OtsInvalid, read
from sandbox.calendar import operations
from sandbox.running import running

DIGEST = sha256(b"hello").digest()


@dataclass(frozen=True)
class Calendar:
    http: httpx.Client
    admin: httpx.Client

    def submit(self, digest: bytes = DIGEST) -> bytes:
        answered = self.http.post("/digest", content=digest)
        assert answered.status_code == 200
        return answered.content

    def promised(self, digest: bytes = DIGEST) -> tuple[str, bytes]:
        """Submit a digest; returns the address of the promise and the commitment."""
        (promise,) = read(self.submit(digest), digest)
        assert promise.calendar
        assert promise.message
        return promise.calendar, promise.message

    def mine(self, **mining: int) -> Block:
        said = self.admin.post("/blocks", json=mining).json()
        return Block(said["height"], bytes.fromhex(said["header"]))


@pytest.fixture(scope="module")
def process() -> Iterator[Calendar]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        port, admin_port = one.getsockname()[1], two.getsockname()[1]
    with (
        running("calendar", port, admin_port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as http,
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}") as admin,
    ):
        yield Calendar(http, admin)


@pytest.fixture
def calendar(process: Calendar) -> Iterator[Calendar]:
    yield process
    process.admin.put("/faults", json={})


@pytest.mark.parametrize("amount", [1, 2, 3, 7])
def test_every_digest_is_led_to_the_root_of_the_block_that_was_mined(calendar: Calendar, amount: int) -> None:
    commitments = []
    for number in range(amount):
        address, commitment = calendar.promised(sha256(bytes([number])).digest())
        assert address == str(calendar.http.base_url).rstrip("/")
        commitments.append(commitment)
        assert calendar.http.get(f"/timestamp/{commitment.hex()}").status_code == 404
    block = calendar.mine(at=1_700_000_000)
    assert int(block.at.timestamp()) == 1_700_000_000
    for commitment in commitments:
        (proved,) = read(calendar.http.get(f"/timestamp/{commitment.hex()}").content, commitment)
        assert (proved.height, proved.message) == (block.height, block.root)


def test_blocks_follow_one_another(calendar: Calendar) -> None:
    blocks = [calendar.mine() for _ in range(3)]
    assert [block.height for block in blocks] == list(range(blocks[0].height, blocks[0].height + 3))
    for before, block in pairwise(blocks):
        assert block.header[4:36] == operations.twice(before.header)
    assert [one["height"] for one in calendar.admin.get("/blocks").json()][-3:] == [one.height for one in blocks]


def test_what_is_no_digest_or_unknown_is_refused(calendar: Calendar) -> None:
    for digest in (b"", b"x" * 65):
        assert calendar.http.post("/digest", content=digest).status_code == 400
    assert calendar.http.get("/timestamp/xyz").status_code == 400
    unknown = calendar.http.get(f"/timestamp/{'00' * 40}")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Commitment not found")
    _, commitment = calendar.promised()
    waits = calendar.http.get(f"/timestamp/{commitment.hex()}")
    assert (waits.status_code, waits.json()["detail"]) == (404, "Pending confirmation in Bitcoin blockchain")


def test_it_may_be_down_talk_nonsense_name_another_or_lie(calendar: Calendar) -> None:
    calendar.admin.put("/faults", json={"down": True})
    assert calendar.http.post("/digest", content=DIGEST).status_code == 503
    for fault in ("garbage", "endless"):
        calendar.admin.put("/faults", json={fault: True})
        with pytest.raises(OtsInvalid):
            read(calendar.submit(), DIGEST)
    calendar.admin.put("/faults", json={"elsewhere": True})
    assert calendar.promised()[0] == "https://elsewhere.example"
    calendar.admin.put("/faults", json={"wrong_root": True})
    _, commitment = calendar.promised()
    block = calendar.mine()
    (lie,) = read(calendar.http.get(f"/timestamp/{commitment.hex()}").content, commitment)
    assert lie.height == block.height
    assert lie.message != block.root
    assert calendar.admin.put("/faults", json={"upside_down": True}).status_code == 422
