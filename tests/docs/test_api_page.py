"""docs/api.md names every call and every problem, and no other."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from app.domain.errors import Problem
from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS, Kind
from app.domain.policy import RULES
from config import Settings
from tests.docs.pages import DOCS
from tests.gateway import Gateway

PAGE = (DOCS / "api.md").read_text()
UNITS = {"MiB": 1024**2, "GiB": 1024**3}


def section(heading: str) -> str:
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def problems(base: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Each class of problem that the domain has; what refines one keeps its slug."""
    yield base
    for each in base.__subclasses__():
        yield from problems(each)


def test_every_call_is_on_the_page(gateway: Gateway) -> None:
    """The tables hold the OpenAPI document's calls, each once."""
    document = gateway.app.test_client().get("/openapi.json").json
    calls = [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
    ]
    rows = re.findall(r"^\| `([A-Z]+ /\S+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(calls)


def test_every_problem_is_on_the_page() -> None:
    """The table holds each slug with its status."""
    rows = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", section("Problems"), re.MULTILINE)
    assert sorted(rows) == sorted({(str(each.status), each.slug) for each in problems()})


def test_kinds_take_the_types_and_sizes_that_the_page_says() -> None:
    """Each type of a row is accepted for its kind, where the row says the kind is."""
    settings = {item.name: item.metadata["default"] for item in dataclasses.fields(Settings)}
    rows = re.findall(
        r"^\| `(\w+)` \| ([\w, ]+) \| (.*?) \| (\d+) (\w+) \|$", section("Kinds"), re.MULTILINE
    )
    assert {row[0] for row in rows} == set(Kind)
    for name, place, types, number, unit in rows:
        kind = Kind(name)
        assert ("library" in place) == (kind in LIBRARY_KINDS)
        assert ("project" in place) == (kind in PROJECT_KINDS)
        assert set(re.findall(r"`([\w.+-]+/[\w.+-]+)`", types)) <= set(RULES[kind].content_types)
        if "as `image`" in types:
            assert set(RULES[Kind.IMAGE].content_types) <= set(RULES[kind].content_types)
        assert int(number) * UNITS[unit] == settings[f"max_bytes_{kind}"]
