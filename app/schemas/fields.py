"""Fields that mean one thing only: no number from text, no truth from numbers (T17, T40)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.domain.instants import parse_instant
from app.domain.limits import MAX_BATCH

INT64_MAX = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,18}")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class StrictSchema(Schema):
    """A JSON object; names that the schema does not know are faults (marshmallow's default)."""


class WholeNumber(fields.Integer):
    """A JSON integer: no text, no float, no boolean; within 64 bits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if type(value) is not int:
            raise ValidationError("Must be a whole number.")
        if abs(value) > INT64_MAX:
            raise ValidationError("Is out of range.")
        return value


class Text(fields.String):
    """A JSON string of bounded length that UTF-8 can carry."""

    def __init__(self, max_length: int = 4096, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=max_length), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValidationError("Holds half of a surrogate pair.") from None
        return text


class BoundedList(fields.List[Any]):
    """A JSON array of ``min_items`` to ``max_items`` values. It is counted before any value is
    looked at: a body has room for half a million, and a fault of each would take seconds (T55)."""

    def __init__(
        self, inner: fields.Field[Any], max_items: int, *, min_items: int = 1, **kwargs: Any
    ) -> None:
        self._count = validate.Length(min_items, max_items)
        super().__init__(inner, validate=self._count, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            self._count(value)
        return super()._deserialize(value, *args, **kwargs)


class BulkList(BoundedList):
    """A JSON array of up to a thousand values.

    One without a fault is looked at as a whole by ``is_plain``: a field for each value would cost
    more than signing what they name. Where there is a fault, marshmallow says at which index.
    """

    def __init__(
        self,
        inner: fields.Field[Any],
        max_items: int,
        is_plain: Callable[[list[Any]], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(inner, max_items, **kwargs)
        self._is_plain = is_plain

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if type(value) is list and value and self._is_plain(value):
            return value
        return super()._deserialize(value, *args, **kwargs)


def texts(max_items: int, *, max_length: int = 4096) -> BulkList:
    """``Text`` by the thousand."""

    def is_plain(values: list[Any]) -> bool:
        if any(type(value) is not str for value in values):
            return False
        try:
            "".join(values).encode()
        except UnicodeEncodeError:
            return False
        return max(map(len, values)) <= max_length

    return BulkList(Text(max_length), max_items, is_plain, required=True)


def whole_numbers(max_items: int, minimum: int, maximum: int) -> BulkList:
    """``WholeNumber`` by the thousand, each from ``minimum`` to ``maximum``."""

    def is_plain(values: list[Any]) -> bool:
        # `type`, as a bool is an int.
        if any(type(value) is not int for value in values):
            return False
        return bool(minimum <= min(values) and max(values) <= maximum)

    inner = WholeNumber(validate=validate.Range(minimum, maximum))
    return BulkList(inner, max_items, is_plain, required=True)


class Flag(fields.Boolean):
    """``true`` or ``false``, in JSON or in a query string."""

    truthy = frozenset({True, "true"})  # type: ignore[assignment]
    falsy = frozenset({False, "false"})  # type: ignore[assignment]

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if type(value) not in (bool, str):  # 1 is True, to a set
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class Moment(fields.Field[datetime]):
    """An RFC 3339 instant, with its zone: a query string without one means nothing certain."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise ValidationError("Must be an RFC 3339 time, such as 2026-11-22T17:00:00Z.")
        try:
            return parse_instant(value.upper())
        except ValueError:
            raise ValidationError("There is no such time.") from None


def lifetime(maximum_seconds: int) -> WholeNumber:
    """``expires_in``: seconds from 1 to ``maximum_seconds``; left out or null: the setting."""
    return WholeNumber(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, maximum_seconds),
        metadata={"description": "Seconds the link is to live"},
    )


class Digits(fields.Integer):
    """A number in a query string: ASCII digits alone. ``int`` takes ``1_0`` and ``+1``, too."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise ValidationError("Must be a whole number.")
        return int(value)


def page_limit(default: int = MAX_BATCH) -> Digits:
    """``limit`` of a listing, from a query string."""
    return Digits(
        load_default=default,
        validate=validate.Range(1, MAX_BATCH),
        metadata={"description": "Page size"},
    )


def page_cursor() -> Text:
    """``cursor`` of a listing, from a query string."""
    return Text(8192, load_default=None, metadata={"description": "next_cursor of the page before"})
