"""Writes what is made from the table of types: the client's copy, and the page about them.

``python -m client.make_types``; a test says when it is to be run again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from app.media.types import FORMATS, UNTYPED, Format

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "client" / "types.js"
PAGE = ROOT / "docs" / "types.md"
MODULE = """\
// Made by `python -m client.make_types` from app/media/types.py: change it there.

const byName = (entries) =>
  new Map(entries.flatMap(([type, names]) => names.split(' ').map((name) => [name, type])));

/** extension -> content type; by kind where kinds differ (`package`: a package of video). */
export const EXTENSIONS = new Map({extensions});

/** Another name of a type -> its canonical name. */
export const ALIASES = byName({aliases});

/** canonical name -> names, between spaces, that are it only with one of its extensions. */
export const BORROWED = new Map({borrowed});

/** What is said of files of unknown type: their extension tells it. */
export const UNTYPED = new Set(['', ...{untyped}.split(' ')]);
"""
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def client_types() -> str:
    """The table as a module: Maps, so that a file called ``constructor`` finds nothing."""
    extensions: dict[str, dict[str, str]] = {}
    for each in FORMATS:
        for extension in each.extensions:
            for kind in each.kinds:
                extensions.setdefault(extension, {}).setdefault(kind, each.content_type)
    aliases = {each.content_type: " ".join(each.aliases) for each in FORMATS if each.aliases}
    borrowed = {each.content_type: " ".join(each.borrowed) for each in FORMATS if each.borrowed}
    return MODULE.format(
        extensions=_entries({name: _by_kind(types) for name, types in extensions.items()}),
        aliases=_entries(aliases),
        borrowed=_entries(borrowed),
        untyped=json.dumps(" ".join(sorted(UNTYPED - {""}))),
    )


def table() -> str:
    """The table of ``docs/types.md``."""
    rows = ["| Type | Kinds | Extensions | Also called |", "|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, FORMATS)]) + "\n"


def page(text: str) -> str:
    """``text`` of the page, with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def _row(each: Format) -> str:
    names = {"package": "video, in a package", "brand_kit": "brand kit"}
    kinds = ", ".join(names.get(kind, kind) for kind in each.kinds)
    also = [f"`{name}`" for name in each.aliases]
    by_extension = [f"`{name}`" for name in each.borrowed]
    if by_extension:
        also.append(f"and by the extension {', '.join(by_extension)}")
    extensions = " ".join(f"`.{name}`" for name in each.extensions)
    return f"| `{each.content_type}` | {kinds} | {extensions} | {', '.join(also)} |"


def _by_kind(types: dict[str, str]) -> str | dict[str, str]:
    different = set(types.values())
    return types if len(different) > 1 else different.pop()


def _entries(values: Mapping[str, object]) -> str:
    lines = (f"  {json.dumps([name, value])},\n" for name, value in values.items())
    return f"[\n{''.join(lines)}]"


if __name__ == "__main__":
    CLIENT.write_text(client_types())
    PAGE.write_text(page(PAGE.read_text()))
