"""What a command begins with: its settings read, and its log set up."""

import logging
import sys
from typing import Any

import structlog
import typer
from pydantic import ValidationError

from gateway.config import LogLevel, Settings


def read_settings(usual: LogLevel = "warning", /, **given: Any) -> Settings:
    """From the environment and what the command line gave (None is not given). `usual` is what is logged where the operator
    has not said: a single command has an answer to show, and its log would stand between. Exits with 2 and the setting's
    name where one is wrong."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(f"HOMEWARD_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        typer.echo(f"homeward: {wrong}", err=True)
        raise SystemExit(2) from None
    set_up_logging(settings.log_level or usual)
    return settings


def set_up_logging(level: LogLevel) -> None:
    """Lines of JSON on stderr; people who watch a terminal get them in colour."""
    renderer: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
