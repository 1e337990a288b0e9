"""One line of JSON per fact: a constant event name and fields from an allow-list; everything else is dropped.

A field that is not on the list may hold a name or an address, so it does not leave the process. Records of other
libraries pass through the same list: their message is shown as the template, without the arguments.
"""

import logging
import sys
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from structlog.contextvars import merge_contextvars

if TYPE_CHECKING:
    from structlog.typing import Processor

FIELDS = frozenset({
    "event", "level", "timestamp", "service", "logger", "correlation_id", "trace_id", "error", "where", "dropped",
    "method", "route", "status", "code", "duration_ms", "bytes", "host", "port", "verb", "task", "delay_s", "cause",
    "actor_kind", "person_id", "office_id", "dossier_id", "request_id", "version_id", "aggregate_id", "session_id",
    "message_id", "store_seq", "epoch", "topic", "producer", "consumer", "count", "attempt", "lag", "peer", "setting",
})  # fmt: skip
"""Ids, counts and constants; `configure(fields=…)` adds a service's own."""

_QUIET = ("httpx", "httpcore", "urllib3", "opentelemetry", "uvicorn")
_OF_EVERY_RECORD = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "color_message"}


class _AllowList:
    def __init__(self, service: str, fields: frozenset[str]) -> None:
        self.service = service
        self.fields = fields

    def __call__(self, _logger: Any, _level: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        kept = {name: _plain(value) for name, value in entry.items() if name in self.fields}
        dropped = len(entry) - len(kept)
        return {**kept, "service": self.service, **({"dropped": dropped} if dropped else {})}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _failure(_logger: Any, _level: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say which error and where, never its message: messages of drivers quote the values of rows."""
    raised = entry.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        entry["error"] = type(error).__qualname__
        entry["where"] = " < ".join(frames(error.__traceback__))
    return entry


def frames(traceback: TracebackType | None, limit: int = 8) -> list[str]:
    """Return the innermost frames of a traceback, innermost first, as `module:line function`."""
    found = []
    while traceback is not None:
        frame = traceback.tb_frame
        found.append(f"{frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno} {frame.f_code.co_name}")
        traceback = traceback.tb_next
    return found[::-1][:limit]


class _Forward(logging.Handler):
    """Sends the records of other libraries through the same processors."""

    def emit(self, record: logging.LogRecord) -> None:
        """Give on the template of the message, and what was passed as `extra`."""
        extra = {name: value for name, value in record.__dict__.items() if name not in _OF_EVERY_RECORD}
        fields = {**extra, "logger": record.name, "exc_info": record.exc_info or None}
        structlog.get_logger().log(min(record.levelno, logging.CRITICAL) // 10 * 10, str(record.msg), **fields)


def configure(
    service: str, log_format: str = "json", *, fields: Iterable[str] = (), level: int = logging.INFO, stream: Any = None
) -> None:
    """Set up the logs of this process, on standard error; `fields` are names this service allows in addition."""
    last: Processor = (
        structlog.dev.ConsoleRenderer() if log_format == "console" else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _failure,
            _AllowList(service, FIELDS | frozenset(fields)),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def get_logger(**fields: str | UUID | int) -> Any:
    """Return a logger: `log.info("document-refused", request_id=…)`, whose event name is a constant."""
    return structlog.get_logger(**fields)
