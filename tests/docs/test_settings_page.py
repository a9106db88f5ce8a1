"""docs/settings.md lists what ``Settings`` has, with its defaults."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from config import Settings
from tests.docs.pages import DOCS, UPDATE

PAGE = DOCS / "settings.md"
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_<>]+)` \|.*$", re.MULTILINE)
OTHERS = "\n## Variables of others\n"
UNITS = ((1024**3, "GiB"), (1024**2, "MiB"))


def size(value: int) -> str:
    """A number of bytes in the largest unit that divides it."""
    return next((f" ({value // unit} {name})" for unit, name in UNITS if value % unit == 0), "")


def shown_default(name: str, default: Any) -> str:
    if default is ...:
        return "required"
    if isinstance(default, str):
        return f"`{default}`" if default and " " not in default else default
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default in ((), {}):
        return ""
    return f"`{default}`" + (size(default) if "BYTES" in name and default else "")


def rows() -> dict[str, str]:
    """The row of each setting, by the variable's name."""
    found = {}
    for item in dataclasses.fields(Settings):
        family = item.metadata["family"]
        name = f"{family}<{item.metadata['member']}>" if family else item.name.upper()
        default = shown_default(name, item.metadata["default"])
        doc = re.sub(r"docs/([\w-]+\.md)", r"[\1](\1)", item.metadata["doc"])
        found[name] = f"| `{name}` | {default} | {doc} |"
    return found


def test_every_setting_is_on_the_page_with_its_default() -> None:
    """Each setting has exactly one row, made from ``Settings``; no row names another one."""
    expected = rows()
    if UPDATE:
        PAGE.write_text(ROW.sub(lambda found: expected.get(found[1], found[0]), PAGE.read_text()))
    text = PAGE.read_text().partition(OTHERS)[0]
    names = ROW.findall(text)
    assert sorted(names) == sorted(expected), "add or remove a row by hand, then UPDATE_DOCS=1"
    assert [match[0] for match in ROW.finditer(text)] == [expected[name] for name in names]


def test_the_required_settings_stand_under_that_heading() -> None:
    """A newcomer finds what must be set in one place, and nothing else there."""
    part = PAGE.read_text().partition("## Required\n")[2].partition("\n## ")[0]
    required = {
        item.name.upper()
        for item in dataclasses.fields(Settings)
        if str(item.metadata["default"]).startswith(("Ellipsis", "required"))
    }
    assert set(ROW.findall(part)) == required


def test_variables_of_others_are_those_that_are_looked_at() -> None:
    """Each name on the page stands in the code that judges it."""
    named = set(re.findall(r"`([A-Z][A-Z0-9_]{5,})`", PAGE.read_text().partition(OTHERS)[2]))
    settings = {item.name.upper() for item in dataclasses.fields(Settings)}
    looked_at = (
        "app/aws/environment.py",
        "app/cli/doctor/surroundings.py",
        "app/http_environment.py",
    )
    judged = "".join((DOCS.parent / each).read_text() for each in looked_at)
    assert len(named) > 15
    unknown = {name for name in named - settings if name not in judged}
    assert unknown == {
        "AWS_ENDPOINT_URL_SQS",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    }  # in app/tracing.py
