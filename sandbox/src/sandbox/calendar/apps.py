"""The calendar's address, and its admin API."""

import asyncio
import time

from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.calendar import operations as write
from sandbox.calendar.ledger import Block, Ledger
from sandbox.serving import application

MAX_DIGEST = 64  # bytes
TIMESTAMP = "application/vnd.opentimestamps.v1"


class Faults(BaseModel):
    """What goes wrong from now on; `slow` is seconds."""

    model_config = ConfigDict(extra="forbid")

    down: bool = False
    slow: float = Field(default=0, ge=0, le=600)
    garbage: bool = False
    """Answers are no timestamps."""
    endless: bool = False
    """Answers are larger than anybody should read."""
    elsewhere: bool = False
    """Promises name another calendar."""
    wrong_root: bool = False
    """Proofs end beside the root of their block."""


class Switches:
    """The faults of the moment."""

    def __init__(self) -> None:
        self.faults = Faults()


class Mining(BaseModel):
    """A block to mine: its POSIX time."""

    model_config = ConfigDict(extra="forbid")

    at: int | None = Field(default=None, ge=0, le=2**32 - 1)


class MinedBlock(BaseModel):
    """A block as a policy pins it."""

    height: int
    header: str

    @classmethod
    def of(cls, block: Block) -> "MinedBlock":
        """Write a block."""
        return cls(height=block.height, header=block.header.hex())


def calendar(ledger: Ledger, switches: Switches) -> FastAPI:
    """Return what customers call."""
    app = application("OpenTimestamps calendar (sandbox)")

    async def answered(timestamp: bytes) -> Response:
        faults = switches.faults
        if faults.garbage:
            timestamp = b"<html>hello</html>"
        if faults.endless:
            timestamp *= 100_000
        return Response(timestamp, media_type=TIMESTAMP)

    @app.post("/digest")
    async def submit(request: Request) -> Response:
        """Take a digest in, and promise its block."""
        await _fail(switches.faults)
        digest = await request.body()
        if not 0 < len(digest) <= MAX_DIGEST:
            raise HTTPException(400, f"a digest has at most {MAX_DIGEST} bytes")
        url = "https://elsewhere.example" if switches.faults.elsewhere else str(request.base_url).rstrip("/")
        return await answered(ledger.submit(digest, url, int(time.time())))

    @app.get("/timestamp/{commitment}")
    async def timestamp(commitment: str) -> Response:
        """Return the way to the block; 404 before it is mined."""
        await _fail(switches.faults)
        try:
            asked = bytes.fromhex(commitment)
        except ValueError:
            raise HTTPException(400, "a commitment is hexadecimal") from None
        found = ledger.timestamp(asked)
        if found is None:
            said = "Pending confirmation in Bitcoin blockchain" if ledger.knows(asked) else "Commitment not found"
            raise HTTPException(404, said)
        beside = write.append(b"beside") + write.SHA256 if switches.faults.wrong_root else b""
        return await answered(beside + found)

    return app


def admin(ledger: Ledger, switches: Switches) -> FastAPI:
    """Return the miner and the fault switches."""
    app = application("OpenTimestamps calendar (sandbox), admin")

    @app.post("/blocks")
    async def mine(mining: Mining) -> MinedBlock:
        """Mine one block with everything that waits."""
        return MinedBlock.of(ledger.mine(int(time.time()) if mining.at is None else mining.at))

    @app.get("/blocks")
    async def blocks() -> list[MinedBlock]:
        """Return every block."""
        return [MinedBlock.of(block) for block in ledger.blocks]

    @app.put("/faults")
    async def break_down(faults: Faults) -> Faults:
        switches.faults = faults
        return faults

    return app


async def _fail(faults: Faults) -> None:
    await asyncio.sleep(faults.slow)
    if faults.down:
        raise HTTPException(503, "out of service")
