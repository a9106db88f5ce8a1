"""A WSGI application that streams: what the worker does with an answer that has no end yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

PIECE = bytes(range(256)) * 256
PIECES = 400
_open = 0


def _pieces(breaks: bool) -> Iterator[bytes]:
    global _open
    _open += 1
    try:
        for number in range(PIECES):
            yield PIECE
            if breaks and number == 3:
                raise RuntimeError("the store is gone")
    finally:
        _open -= 1


def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """``/`` and ``/breaks`` stream, ``/open`` says how many streams are open."""
    if environ["PATH_INFO"] == "/open":
        start("200 OK", [("Content-Length", str(len(str(_open))))])
        return [str(_open).encode()]
    start("200 OK", [("Content-Type", "application/octet-stream")])
    return _pieces(environ["PATH_INFO"] == "/breaks")
