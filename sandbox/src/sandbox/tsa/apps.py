"""The authority's address (RFC 3161, 3.4) and its admin API."""

import asyncio

from fastapi import FastAPI, HTTPException, Request, Response

from sandbox.serving import application
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import Faults, answer

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
MAX_QUERY = 4096  # bytes


class Switches:
    """The faults of the moment."""

    def __init__(self) -> None:
        self.faults = Faults()


def authority(chain: Chain, switches: Switches) -> FastAPI:
    """Return what customers call: a request posted anywhere is answered."""
    app = application("Time-stamping authority (sandbox)")

    @app.post("/{path:path}")
    async def stamp(request: Request) -> Response:
        faults = switches.faults
        await asyncio.sleep(faults.slow)
        if faults.down:
            raise HTTPException(503, "out of service")
        if request.headers.get("content-type") != QUERY:
            raise HTTPException(415, f"the type of a request is {QUERY}")
        query = bytearray()
        async for part in request.stream():
            query += part
            if len(query) > MAX_QUERY:
                raise HTTPException(413, f"a request has at most {MAX_QUERY} bytes")
        return Response(answer(chain, bytes(query), faults), media_type=REPLY)

    return app


def admin(chain: Chain, switches: Switches) -> FastAPI:
    """Return the certificates to trust and the fault switches."""
    app = application("Time-stamping authority (sandbox), admin")

    @app.get("/chain.pem")
    def certificates() -> Response:
        """Return the signer's certificate and its issuers, the root last."""
        return Response(chain.pem(), media_type="application/pem-certificate-chain")

    @app.put("/faults")
    def break_down(faults: Faults) -> Faults:
        switches.faults = faults
        return faults

    return app
