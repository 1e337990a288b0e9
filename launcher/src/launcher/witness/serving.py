"""The addresses of a witness, and the process that serves several of them."""

import asyncio
import hashlib
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from launcher.witness.config import Config
from launcher.witness.submission import MAX_BODY, OtherSize, Refused
from launcher.witness.witness import LOG, Witness

SIZE = {"Content-Type": "text/x.tlog.size"}  # as a header, because a media type would get a charset
MAX_BATCH = 64  # requests remembered together
STOP_SECONDS = 5


class Desk:
    """Hands requests to a witness in the order in which they came, together those that came meanwhile.

    So however long the disk takes, one wait serves all of them.
    """

    def __init__(self, witness: Witness) -> None:
        """Nobody waits yet."""
        self._witness = witness
        self._waiting: list[tuple[bytes, asyncio.Future[bytes | Refused]]] = []
        self._work: asyncio.Task[None] | None = None

    async def cosign(self, body: bytes) -> bytes | Refused:
        """Return the answer, once it is remembered; raises sqlite3.Error when it cannot be."""
        answer: asyncio.Future[bytes | Refused] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            outcome = await run_in_threadpool(self._outcome, [body for body, _ in batch])
            for number, (_, answer) in enumerate(batch):
                if answer.done():  # who asked has gone
                    continue
                if isinstance(outcome, Exception):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome[number])

    def _outcome(self, bodies: list[bytes]) -> list[bytes | Refused] | Exception:
        try:
            return self._witness.cosign(bodies)
        except Exception as error:  # noqa: BLE001 - whatever fails, those who wait are told
            return error


def application(witness: Witness) -> Starlette:
    """Return what logs and monitors call; there are no parameters to validate that a framework would know of."""
    desk = Desk(witness)

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        try:
            outcome = await desk.cosign(body)
        except sqlite3.Error as error:
            LOG.error("%s: the database takes no checkpoint: %s", witness.name, error)
            return PlainTextResponse("the witness cannot remember now; try again later\n", 503)
        if isinstance(outcome, OtherSize):
            return Response(f"{outcome.held}\n", outcome.status, SIZE)
        if isinstance(outcome, Refused):
            return PlainTextResponse(f"{outcome}\n", outcome.status)
        return PlainTextResponse(outcome)

    async def checkpoint(request: Request) -> Response:
        """Return the latest cosigned checkpoint of a log, named by the SHA-256 of its origin."""
        asked = request.path_params["origin_hash"]
        origin = next((log for log in witness.logs if hashlib.sha256(log.encode()).hexdigest() == asked), None)
        note = await run_in_threadpool(witness.latest, origin) if origin else None
        if note is None:
            raise HTTPException(404)
        return PlainTextResponse(note)

    app = Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/livez", livez),
            Route("/{origin_hash}/checkpoint", checkpoint),
        ]
    )
    app.router.redirect_slashes = False
    return app


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"a body has at most {MAX_BODY} bytes")
    return bytes(body)


class _Server(uvicorn.Server):
    """Leaves the signals to `serve`: two servers of one process would each take them from the other."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(witnesses: Mapping[Config, Witness], again: Callable[[], None]) -> None:
    """Serve each witness at its own address until SIGTERM or SIGINT; SIGHUP calls `again`."""
    servers = [
        _Server(
            uvicorn.Config(
                application(witness),
                host=config.host,
                port=config.port,
                http="httptools",
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        for config, witness in witnesses.items()
    ]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for config in witnesses:
        LOG.info("%s will answer at http://%s", config.name, config.listen)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, again)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.gather(*(server.serve() for server in servers))
