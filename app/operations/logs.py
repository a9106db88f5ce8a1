"""Logs: one JSON object a line on standard output, without secrets (T37)."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import structlog
from flask import g, has_request_context
from structlog.typing import EventDict, Processor

from app.domain import signed_tokens

#: Names a request in its answer, as the log does in its lines.
REQUEST_ID_HEADER = "X-Request-Id"
REDACTED = "[redacted]"
# Threat T37, in every spelling that occurs: query strings, headers, Python and JSON reprs, and
# the service's signed tokens wherever they stand.
_NAMES = (
    r"x-amz-(?:signature|credential|security-token)|policy|signature|key-pair-id|authorization"
    r"|cloudfront-(?:policy|signature|key-pair-id)|access_token|id_token"
    r"|refresh_token|password|secret\w*"
)
_NAMED_SECRET = re.compile(
    rf"(?i)\b({_NAMES})(['\"]?\s*[=:]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s&'\",;}}]+"
)
# All of a header: several cookies stand in one line, and their names may be anybody's.
_COOKIES = re.compile(
    r"""(?i)\b((?:set-)?cookie['"]?\s*[=:]\s*)"""
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\r\n]+)"""
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+")
_JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_SIGNED_TOKEN = re.compile(rf"(?<![\w.-]){signed_tokens.SHAPE}(?![\w-])")

log = structlog.get_logger("gateway")
access_log = logging.getLogger("gateway.access")  # its level alone: see ``write_line``


def redact(text: str) -> str:
    """``text`` without signatures, credentials, tokens and cookies."""
    # Most texts have no sign of the first four, and to look for them is a tenth of a request.
    if "=" in text or ":" in text:
        text = _COOKIES.sub(rf"\1{REDACTED}", text)
        text = _NAMED_SECRET.sub(rf"\1\2{REDACTED}", text)
    if "bearer" in text.lower():
        text = _BEARER.sub(rf"\1{REDACTED}", text)
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    return _SIGNED_TOKEN.sub(REDACTED, text)


def _redact_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {
        name: redact(value) if isinstance(value, str) else value for name, value in event.items()
    }


def _add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if has_request_context():
        event.setdefault("request_id", g.get("request_id"))
    return event


# Where standard output has no buffer (PYTHONUNBUFFERED), long lines of two threads would mix.
_one_at_a_time = threading.Lock()


class _Output(logging.StreamHandler[Any]):
    """A line that cannot be written, as on a full disk, is lost, and no request with it."""

    def emit(self, record: logging.LogRecord) -> None:
        with _one_at_a_time:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """``logging`` itself would print each line, not redacted, with a traceback."""
        _say_that_lines_are_lost()


@cache
def _say_that_lines_are_lost() -> None:
    """Once."""
    with suppress(OSError):
        print("log lines cannot be written and are lost", file=sys.stderr, flush=True)


def configure_logging(level: str) -> None:
    """One JSON object a line on standard output, for our own lines and every library's."""
    shared: list[Processor] = [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    handler = _Output(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # These print URLs, headers and bodies when they are chatty.
    for chatty in ("botocore", "boto3", "urllib3", "s3transfer"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def write_line(line: dict[str, Any]) -> None:
    """Write an object of our own making to standard output, with the time before it.

    One or two a request: without ``logging``, which costs as much as signing a URL, and without
    the processors' detour, which costs more.
    """
    time = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    encoded = _ascii_json({"time": time, **line})
    try:
        with _one_at_a_time:
            sys.stdout.buffer.write(encoded)
            sys.stdout.buffer.flush()
    except (OSError, ValueError):  # the latter when it is closed
        _say_that_lines_are_lost()


def _ascii_json(line: dict[str, Any]) -> bytes:
    """In ASCII: whoever reads the log may not read UTF-8, nor text that runs from right to left."""
    try:
        encoded = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        # Nearly every line is plain, and a tenth of the work for orjson.
        if encoded.isascii():
            return encoded
    except TypeError:  # half a surrogate pair, from a request
        pass
    return f"{json.dumps(line)}\n".encode()
