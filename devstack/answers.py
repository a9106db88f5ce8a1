"""A response before it meets WSGI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Answer:
    """Status line, headers by lower-case name, and the body in blocks."""

    status: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterator[bytes] = field(default_factory=lambda: iter(()))


def document_answer(status: str, document: bytes) -> Answer:
    """An answer whose body is an XML document."""
    headers = {"content-type": "application/xml", "content-length": str(len(document))}
    return Answer(status, headers, iter((document,)))
