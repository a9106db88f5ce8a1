"""The table of ``docs/types.md``: ``python -m tests.media.types_page`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from app.media.types import FORMATS, Format

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


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


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
