"""What leaves the process as a log, and what does not."""

import io
import json
import logging as stdlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from chassis import logging, telemetry
from structlog.contextvars import bound_contextvars


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    root = stdlib.getLogger()
    before, configured = (root.handlers[:], root.level), structlog.get_config()
    logging.configure("dossier", fields={"deed_type"}, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before
    stdlib.captureWarnings(capture=False)
    structlog.configure(**configured)


def test_a_line_is_json_with_a_constant_name_and_known_fields(lines: Any) -> None:
    office = uuid4()
    logging.get_logger().info("dossier-opened", office_id=office, deed_type="vente", count=2)
    line = lines()[0]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "dossier-opened",
        "level": "info",
        "service": "dossier",
        "office_id": str(office),
        "deed_type": "vente",
        "count": 2,
    }


def test_a_field_that_is_not_known_is_dropped_and_counted(lines: Any) -> None:
    logging.get_logger().info("signed-in", email="jean@example.fr", first_name="Jean")
    assert lines()[0]["dropped"] == 2
    assert "jean" not in json.dumps(lines()).lower()


def test_the_context_of_the_request_is_on_every_line(lines: Any) -> None:
    with bound_contextvars(correlation_id="c-1"):
        logging.get_logger().info("one")
        stdlib.getLogger("other").warning("two")
    assert [line["correlation_id"] for line in lines()] == ["c-1", "c-1"]


def test_records_of_libraries_show_their_template_and_not_its_arguments(lines: Any) -> None:
    extra = {"store_seq": 7, "email": "jean@example.fr"}
    stdlib.getLogger("uvicorn.error").warning("Refused %s", "jean@example.fr", extra=extra)
    line = lines()[0]
    assert (line["event"], line["logger"], line["level"]) == ("Refused %s", "uvicorn.error", "warning")
    assert (line["store_seq"], line["dropped"]) == (7, 1)
    assert "jean" not in json.dumps(line)


def test_an_error_is_named_and_placed_but_not_quoted(lines: Any) -> None:
    def fail() -> None:
        raise ValueError("jean@example.fr")

    for log in (logging.get_logger(), stdlib.getLogger("x")):
        try:
            fail()
        except ValueError:
            log.exception("it-failed")
    for line in lines():
        assert line["error"] == "ValueError"
        assert "fail" in line["where"].split(" < ")[0]
        assert "jean" not in json.dumps(line)


def test_a_traceparent_is_continued_or_begun() -> None:
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    continued = given[:-2] + "00"
    assert telemetry.enter(given) == continued
    assert telemetry.current() == continued
    for nonsense in (None, "", "00-" + "0" * 32 + "-b7ad6b7169203331-01", given.upper(), given + "x"):
        begun = telemetry.enter(nonsense)
        assert begun.startswith("00-")
        assert begun != given
        assert len(begun) == 55


def test_without_an_endpoint_nothing_is_exported() -> None:
    telemetry.configure("dossier", None, sampled=1)()
