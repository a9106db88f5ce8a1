"""Lists by the thousand, which are looked at as a whole, mean what their fields mean."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

from app.schemas.fields import Text, WholeNumber, texts, whole_numbers
from tests.gateway import Caller


def judged(field: fields.Field[Any], value: Any) -> Any:
    """What ``field`` reads, or what it says against it."""
    try:
        return field.deserialize(value)
    except ValidationError as error:
        return error.messages


TEXTS = [[], ["a"], ["a" * 8, "é"], ["a", "a" * 9], ["a", "\ud800"], ["\ud83d", "\ude00"]]
NO_TEXTS = [None, "a", {}, ["a", 1], ["a", None], ["a", ["b"]], ["a", True], ["a"] * 4]


@pytest.mark.parametrize("values", [*TEXTS, *NO_TEXTS], ids=ascii)
def test_t40_many_texts_are_judged_as_each_would_be(values: Any) -> None:
    """T40: halves of characters, what is too long, too many or no text: as one by one."""
    each = fields.List(Text(8), required=True, validate=validate.Length(1, 3))
    assert judged(texts(3, max_length=8), values) == judged(each, values)


NUMBERS = [[], [1], [1, 9], [0], [1, 10], [-1], [2**63], [1, 10**400]]
NO_NUMBERS = [None, 1, {}, [True], [1, False], [1.0], ["1"], [None], [1, [2]], [1, 1, 1, 1]]


@pytest.mark.parametrize("values", [*NUMBERS, *NO_NUMBERS], ids=lambda values: ascii(values)[:20])
def test_t17_many_numbers_are_judged_as_each_would_be(values: Any) -> None:
    """T17: no number from truth, text or fractions, and none out of bounds: as one by one."""
    inner = WholeNumber(validate=validate.Range(1, 9))
    each = fields.List(inner, required=True, validate=validate.Length(1, 3))
    read = judged(whole_numbers(3, 1, 9), values)
    assert read == judged(each, values)
    assert not isinstance(read, list) or all(type(number) is not bool for number in read)


@pytest.mark.parametrize("path", ["/v1/assets", "/v1/projects", "/v1/uploads", "/v1/shares"])
@pytest.mark.parametrize(
    "limit",
    [
        "1_0",
        "\uff11\uff10",
        "\u0661",
        "\xb2",
        "+1",
        "-1",
        "%201",
        "1%20",
        "1.0",
        "1e1",
        "0x1",
        "",
        "0",
    ],
)
def test_a_page_size_is_plain_digits(alice: Caller, path: str, limit: str) -> None:
    """422 at ``/limit`` for all else that Python takes for a number."""
    answer = alice.get(f"{path}?limit={limit}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/limit")
