"""Structured logs on stderr: a stable event name and fields, as JSON lines or for a terminal.

Values are cut and stripped of control characters, and whatever looks like a secret is masked, so that no caller has to
think of it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

LONGEST_VALUE = 1024
LONGEST_TRACE = 8192
DEEPEST_VALUE = 4
MASK = "***"
_SECRET_NAMES = re.compile(r"(password|secret|token|api[_-]?key|authorization)", re.IGNORECASE)
_SECRET_VALUES = re.compile(
    r"(pvw_[A-Za-z0-9_-]{8,}|Bearer\s+\S+|(?<=://)[^/@\s]*:[^/@\s]+(?=@)|(?<=password=)[^&\s'\"]+)"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

LogFormat = Literal["json", "console"]


def configure_logs(level: str, log_format: LogFormat) -> None:
    """Set up logging for this process.

    Args:
        level: Name of the lowest level that is written: debug, info, warning or error.
        log_format: ``json`` for machines, ``console`` for people.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # before masking: a trace may quote a secret
            mask_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def logger(component: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one component."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=component)
    return bound


def mask_secrets(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask fields by name and values by pattern; cut long ones; replace control characters."""
    for name, value in list(fields.items()):
        if name == "exception" and isinstance(value, str):
            fields[name] = _trace(value)
        else:
            fields[name] = _masked(name, value, DEEPEST_VALUE)
    return fields


def clean(text: str) -> str:
    """One log value: no control characters, no secrets, at most 1024 characters."""
    shown = _safe(text)
    return shown if len(shown) <= LONGEST_VALUE else shown[: LONGEST_VALUE - 1] + "…"


def _trace(text: str) -> str:
    """A stack trace, of which the end says most: at most its last 8192 characters."""
    shown = _safe(text)
    return shown if len(shown) <= LONGEST_TRACE else "…" + shown[1 - LONGEST_TRACE :]


def _safe(text: str) -> str:
    return _SECRET_VALUES.sub(MASK, _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text))


def _masked(name: str, value: Any, depth: int) -> Any:
    if _SECRET_NAMES.search(name):
        return MASK
    match value:
        case None | bool() | int() | float():
            return value
        case dict() if depth:
            return {str(key): _masked(str(key), member, depth - 1) for key, member in value.items()}
        case list() | tuple() if depth:
            return [_masked(name, member, depth - 1) for member in value]
        case _:
            return clean(str(value))
