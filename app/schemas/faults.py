"""A schema's findings as a problem that names each fault by its pointer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from app.domain.errors import Fault, ValidationFailed

#: Faults that one answer names. A body has room for a hundred thousand, whose sentences would make
#: the answer larger than the body many times over.
MAX_FAULTS = 100


def schema_problem(messages: Any) -> ValidationFailed:
    """The problem of marshmallow's ``messages``, nested as the input is: the first of them."""
    found = islice(_flatten(messages, ""), MAX_FAULTS)
    faults = [Fault(pointer, detail) for pointer, detail in found]
    detail = f"{faults[0].pointer}: {faults[0].detail}" if faults else ""
    return ValidationFailed(detail, errors=faults)


def _flatten(messages: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Pointers (RFC 6901) and sentences."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            if name == "_schema":
                yield from _flatten(inner, pointer)
            else:
                escaped = str(name).replace("~", "~0").replace("/", "~1")
                yield from _flatten(inner, f"{pointer}/{escaped}")
    elif isinstance(messages, list):
        for message in messages:
            yield from _flatten(message, pointer)
    else:
        yield pointer, str(messages)
