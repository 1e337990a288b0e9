"""A process of a service: its verbs, its tasks, and a clean stop.

`serve` answers HTTP, `work` runs the tasks and answers probes only, `run` does both in one process, `migrate` prepares
the database (`run --migrate` does it first, and loads the program once), `rebuild` remakes the read models, `compare`
tells whether they hold what the events say, `parked` lists and replays messages that could not be handled, `keys` tells
what each version of the master key wraps and puts it under the newest. Settings that do not hold end every verb with
one line on stderr and status 78.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import uvicorn
from fastapi import Depends, FastAPI

from chassis import crashing, logging, metrics, telemetry
from chassis.drifting import Drift
from chassis.http.app import probes
from chassis.http.callers import calling_service
from chassis.http.drift import drift_routes
from chassis.settings import EX_CONFIG, ProcessSettings, SettingsRefused

S = TypeVar("S", bound=ProcessSettings)

Task = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set. One that fails is started again."""

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
DRAIN_SECONDS = 1.0
"""How long connections are answered on, and then closed by their answers, before nobody may connect any more: a gateway
that finds one closed under its hands does not know whether the request was carried out."""
LOOK_SECONDS = 0.02
STOP_SECONDS = 10.0
"""How long requests and tasks may take to end after a stop was asked."""
COULD_NOT_COMPARE = 2
"""Exit status of `compare` that says neither drift nor no drift, as of diff."""


class Parked(Protocol):
    """Messages set aside because they could not be handled."""

    def list(self) -> Iterable[Mapping[str, Any]]:
        """Return them, oldest first."""
        ...

    def replay(self, ids: Sequence[str]) -> int:
        """Handle those with `ids` again, all without ids; return how many succeeded."""
        ...


@dataclass(frozen=True, kw_only=True)
class Service(Generic[S]):
    """What a service gives: each function builds what its verb needs, from the settings."""

    name: str
    settings: type[S]
    app: Callable[[S], FastAPI]
    migrate: Callable[[S], None]
    tasks: Callable[[S], Sequence[Task]] = lambda _settings: ()
    rebuild: Callable[[S], None] | None = None
    compare: Callable[[S], Drift] | None = None
    parked: Callable[[S], Parked] | None = None
    keys: Callable[[S, str], int] | None = None
    """Carries out an act of `keys` and returns the exit status (eventstore.keys_command)."""
    key_acts: tuple[str, ...] = ("status", "rewrap")
    log_fields: frozenset[str] = frozenset()
    peers: tuple[str, ...] = ()
    """The services that this one asks."""


@contextlib.contextmanager
def configured(name: str) -> Iterator[None]:
    """End the process with one line for its operator, and EX_CONFIG, if the block finds settings that do not hold."""
    try:
        yield
    except SettingsRefused as refused:
        sys.stderr.write(f"{name}: {refused}\n")
        raise SystemExit(EX_CONFIG) from None


def run_service(service: Service[S], arguments: Sequence[str] | None = None) -> int:
    """Carry out one verb; return the exit status of the process."""
    asked = _parser(service).parse_args(arguments)
    with configured(service.name):
        return _run(service, asked)


def _run(service: Service[S], asked: argparse.Namespace) -> int:
    settings = service.settings.load()
    logging.configure(service.name, settings.log_format, fields=service.log_fields)
    crashing.arm()
    if asked.verb in {"serve", "work", "run"}:
        _check_peers(service, settings)
        if asked.verb == "run" and asked.migrate:
            service.migrate(settings)
        shutdown = telemetry.configure(service.name, settings.otlp_endpoint, sampled=settings.otlp_sampled)
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(_live(service, settings, asked.verb))
        shutdown()
    elif asked.verb == "migrate":
        service.migrate(settings)
    elif asked.verb == "rebuild" and service.rebuild:
        service.rebuild(settings)
    elif asked.verb == "compare" and service.compare:
        return _compare(service.compare, settings, as_json=asked.json)
    elif asked.verb == "keys" and service.keys:
        return service.keys(settings, asked.act)
    elif asked.verb == "parked" and service.parked:
        _parked(service.parked(settings), asked.act, asked.ids)
    return 0


def _check_peers(service: Service[S], settings: S) -> None:
    if missing := [name for name in service.peers if name not in settings.peers]:
        raise SettingsRefused(f"{service.settings.prefix()}PEERS: no address of {', '.join(missing)}")


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415 - only the verbs that live need it

    return uvloop.new_event_loop()


def _parser(service: Service[S]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=service.name, description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("serve", "work", "migrate", *(["rebuild"] if service.rebuild else [])):
        verbs.add_parser(verb)
    verbs.add_parser("run").add_argument("--migrate", action="store_true", help="prepare the database first")
    if service.compare:
        comparing = verbs.add_parser("compare", description="Exit 0 without drift, 1 with drift, 2 if nobody can tell.")
        comparing.add_argument("--json", action="store_true", help="one JSON object instead of text")
    if service.keys:
        verbs.add_parser("keys").add_argument("act", choices=service.key_acts)
    if service.parked:
        acts = verbs.add_parser("parked").add_subparsers(dest="act", required=True)
        acts.add_parser("list").set_defaults(ids=[])
        acts.add_parser("replay").add_argument("ids", nargs="*", help="all of them if none is named")
    return parser


def _compare(compare: Callable[[S], Drift], settings: S, *, as_json: bool) -> int:
    try:
        drift = compare(settings)
    except Exception as error:  # noqa: BLE001 - whatever failed, it must not end like a drift that was found
        logging.get_logger().error("compare-failed", exc_info=error, store_seq=getattr(error, "store_seq", None))
        return COULD_NOT_COMPARE
    sys.stdout.write((json.dumps(drift.as_json()) if as_json else str(drift)) + "\n")
    return int(bool(drift))


def _parked(parked: Parked, act: str, ids: Sequence[str]) -> None:
    if act == "list":
        for message in parked.list():
            sys.stdout.write(json.dumps(message, default=str) + "\n")
    else:
        sys.stdout.write(json.dumps({"replayed": parked.replay(ids)}) + "\n")


async def _live(service: Service[S], settings: S, verb: str) -> None:
    log = logging.get_logger(verb=verb)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("process-started", host=settings.http_host, port=settings.http_port)
    living: list[Awaitable[None]] = [_serve(probes() if verb == "work" else _app(service, settings), settings, stop)]
    if verb in {"work", "run"}:
        tasks = service.tasks(settings)
        metrics.watch_tasks(tasks)
        living.extend(supervise(task, stop) for task in tasks)
    gc.collect()
    gc.freeze()  # what was loaded lives as long as the process: to look through it again takes 100 ms and more
    await asyncio.gather(*living)
    log.info("process-stopped")


def _app(service: Service[S], settings: S) -> FastAPI:
    """Build the application; a service that can compare does so for other services too."""
    app = service.app(settings)
    if compare := service.compare:
        routes = drift_routes(lambda: compare(settings))
        app.include_router(routes, prefix="/internal", include_in_schema=False, dependencies=[Depends(calling_service)])
    return app


class _Server(uvicorn.Server):
    """A uvicorn that leaves the signals to this module, which also has tasks to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(app: FastAPI, settings: ProcessSettings, stop: asyncio.Event) -> None:
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        loop="none",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(STOP_SECONDS),
    )
    server = _Server(config)

    async def end() -> None:
        await stop.wait()
        app.state.draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while server.server_state.connections:  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(LOOK_SECONDS)
        server.should_exit = True

    ending = asyncio.create_task(end())
    try:
        await server.serve()
    finally:
        stop.set()  # a server that could not start, its port taken, ends the process
        await ending


async def supervise(task: Task, stop: asyncio.Event, *, first_pause: float = FIRST_PAUSE_SECONDS) -> None:
    """Run `task` until `stop`, starting it again, later each time, when it fails or ends too early."""
    log = logging.get_logger(task=getattr(task, "__qualname__", type(task).__qualname__))
    pause = first_pause
    while not stop.is_set():
        running = asyncio.ensure_future(task(stop))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            await asyncio.wait({running}, timeout=STOP_SECONDS)
        running.cancel()
        outcome = (await asyncio.gather(running, return_exceptions=True))[0]
        if isinstance(outcome, Exception):
            log.error("task-failed", exc_info=outcome, delay_s=pause)
        elif not stop.is_set():
            log.warning("task-ended", delay_s=pause)
        await rest(stop, pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def rest(stop: asyncio.Event, seconds: float) -> None:
    """Wait between two steps of a task, and no longer than until it is told to stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
