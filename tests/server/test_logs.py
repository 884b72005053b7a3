"""Logs tell what happened, and nothing of what customers wrote."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tidegate.server import logs
from tidegate.server.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIDENTIAL = "words-of-a-customer"


def _formatter(form: str) -> logging.Formatter:
    made = logs.configuration(Environment(log_format=form))["formatters"]["line"]
    make = made.pop("()")
    return make(**made)


def _written(form: str, write: Callable[[logging.Logger], None]) -> str:
    """Return what a logger's calls come out as."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form))
    logger = logging.Logger("tidegate.test")  # noqa: LOG001 -- one that nobody else has
    logger.addHandler(handler)
    write(logger)
    return stream.getvalue()


def _raise(logger: logging.Logger) -> None:
    try:
        int(f"Key (subject)=({CONFIDENTIAL}) already exists")
    except ValueError:
        logger.exception("a job failed")


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_told_by_type_and_place_not_by_its_message(form: str) -> None:
    line = _written(form, _raise)
    assert "builtins.ValueError" in line
    assert "test_logs.py" in line
    assert CONFIDENTIAL not in line


@pytest.mark.parametrize("form", ["text", "json"])
@given(text=st.text(max_size=40))
def test_no_value_begins_a_line_or_moves_the_cursor(form: str, text: str) -> None:
    line = _written(form, lambda logger: logger.info("said %s", text))
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert all(char.isprintable() for char in line[:-1])


def test_fields_that_speak_of_secrets_are_blanked() -> None:
    event = {
        "event": "x",
        "api_token": CONFIDENTIAL,
        "Authorization": CONFIDENTIAL,
        "database_url": CONFIDENTIAL,
        "route": "queue",
    }
    told = logs._json(None, "", logs._blanked(None, "", event))
    assert CONFIDENTIAL not in told
    assert json.loads(told)["route"] == "queue"


def test_a_json_line_is_an_object_with_time_level_and_event() -> None:
    told = json.loads(_written("json", lambda logger: logger.warning("the board is late")))
    assert told["level"] == "warning"
    assert told["event"] == "the board is late"
    assert told["at"].endswith("Z")
    assert told["logger"] == "tidegate.test"


def test_a_structured_event_keeps_its_fields() -> None:
    formatter = _formatter("json")
    wrapped = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
    (record,), extra = wrapped(None, "info", {"event": "request", "route": "queue", "ms": 1.5})  # ty: ignore[not-iterable]
    made = logging.makeLogRecord({"name": "t", "levelname": "INFO", "msg": record, **extra["extra"]})
    assert json.loads(formatter.format(made))["route"] == "queue"
