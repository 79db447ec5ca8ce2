"""How respondby logs, and every event that it logs. No ticket text, address or secret goes in."""

import logging
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, TextIO

import structlog
from structlog.typing import EventDict

from worker.printable import printable

#: Characters of a text that are logged, and entries of a list.
LONGEST, LONGEST_LIST = 1000, 50


class LogEvent(StrEnum):
    """The words of the log; people search for these. The broker's are in `worker.broker.events`."""

    STARTING = "worker_starting"
    DRAINING = "worker_draining"
    STOPPED = "worker_stopped"
    UNKNOWN_SETTING = "setting_unknown"
    SECRET_EXPOSED = "secret_readable_by_all"  # noqa: S105 - a word, and no secret
    DEAD_LETTERED = "event_dead_lettered"
    UNDECIDABLE = "event_undecidable"
    TICKET_DAMAGED = "ticket_damaged"
    TICKET_WAITING = "ticket_waiting_for_created"
    TICKETS_RETIRED = "tickets_retired"
    STORE_UNAVAILABLE = "store_unavailable"
    STORE_BACK = "store_back"
    PUBLISH_DELAYED = "outbox_publish_delayed"
    OUTBOX_FULL = "outbox_full"
    OUTBOX_DRAINED = "outbox_below_limit"
    ALERTS_CATCHING_UP = "alerts_catching_up"
    ALERTS_LIVE = "alerts_live"
    POLICY_LOADED = "policy_loaded"
    POLICY_REFUSED = "policy_refused"


class Log(Protocol):
    """What is logged to; structlog's loggers are one."""

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...

    def error(self, event: str, **fields: object) -> object: ...


def configure(
    style: Literal["console", "json"], level: str, stream: TextIO | None = None
) -> structlog.stdlib.BoundLogger:
    """Set up structlog for this process and return its logger; it writes to stderr."""
    renderer = (
        structlog.dev.ConsoleRenderer()
        if style == "console"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_of_error,
            _tamed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=True,
    )
    # The libraries' own words would name addresses and bodies; ours name what matters.
    for name in ("aio_pika", "aiormq", "alembic", "asyncio", "aiohttp.access", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def _tamed(_: object, __: str, fields: EventDict) -> EventDict:
    """Names come from outside: they neither write on a terminal as they like nor fill a disk."""
    return {name: _tame(value) for name, value in fields.items()}


def _tame(value: object) -> object:
    if isinstance(value, str):
        return printable(value[:LONGEST])
    return [_tame(one) for one in value[:LONGEST_LIST]] if isinstance(value, list) else value


def _place_of_error(_: object, __: str, fields: EventDict) -> EventDict:
    """An exception as its type and the places in the code that it went through.

    Its message and the variables on its way, which tracebacks like to show, may quote a ticket.
    """
    error = fields.pop("exc_info", None)
    if isinstance(error, BaseException):
        fields["exception"] = type(error).__name__
        fields["places"] = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return fields
