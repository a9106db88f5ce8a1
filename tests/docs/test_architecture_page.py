"""docs/architecture.md draws the house as it stands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests import test_architecture as law
from tests.docs.pages import DOCS, ROOT, generated, held
from tests.gateway import Gateway

PAGE = DOCS / "architecture.md"
TEXT = PAGE.read_text()
REQUESTS = TEXT.partition("## Five requests")[2]
FILE = re.compile(r"`(app/[\w/]+\.py)`")
CALL = re.compile(r"`([\w.]+)\(\)`")


def part(heading: str) -> str:
    return TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def code(names: object) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))  # type: ignore[call-overload]


def definitions(path: Path) -> set[str]:
    """Functions and classes of a module, methods by `Class.method` as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)}
    return found


def test_the_table_of_imports_is_the_law() -> None:
    """What the page says of imports is what `tests/test_architecture.py` enforces."""
    rows = ["| room | may import |", "|---|---|"]
    for room, allowed in law.LAW.items():
        others = code(allowed - {room}) if "app" not in allowed else "everything"
        rows.append(f"| `{room}` | {others or 'nothing of ours'} |")
    held(PAGE, "imports", "\n".join(rows))


def test_the_table_of_libraries_is_the_law() -> None:
    """Where Flask, boto3 and cryptography may be used is what the same test enforces."""
    rows = ["| library | only in |", "|---|---|"]
    for name, rooms in (
        ("Flask", law.FLASK),
        ("boto3", law.BOTO3),
        ("cryptography", law.CRYPTOGRAPHY),
    ):
        rows.append(f"| {name} | {code(rooms)} |")
    held(PAGE, "libraries", "\n".join(rows))


def test_every_room_has_a_row_and_a_place_in_the_drawing() -> None:
    """Each folder of `app/` is explained and drawn."""
    folders = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}
    rooms = folders | {"app", "services"}
    rows = re.findall(r"^\| `(?:app\.)?(\w+)` \|", part("The rooms"), re.MULTILINE)
    assert set(rows) == rooms
    drawn = {name for arrow in arrows() for name in arrow}
    assert drawn == rooms


def arrows() -> set[tuple[str, str]]:
    return set(re.findall(r"^    (\w+) --> (\w+)$", part("The rooms"), re.MULTILINE))


def test_every_arrow_is_allowed() -> None:
    """The drawing shows no import that the law forbids."""
    for origin, target in arrows():
        room = origin if origin == "app" else f"app.{origin}"
        wanted = f"app.{target}"
        allowed = law.LAW[room]
        assert law.within(wanted, allowed) or any(law.within(name, [wanted]) for name in allowed)


def test_the_hooks_run_in_the_order_of_the_page(gateway: Gateway) -> None:
    """Before a view in the order of registration, after it in reverse, as Flask does."""
    hooks = re.compile(r"^\d\. `(\w+)\(\)` in `(app/[\w/]+\.py)`", re.MULTILINE)
    before, _, after = part("Around every request").partition("And these after")
    app = gateway.app

    def named(functions: object) -> list[tuple[str, str]]:
        found = []
        for function in functions:  # type: ignore[attr-defined]
            path = ROOT / function.__module__.replace(".", "/")
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            found.append((function.__name__, str(file.relative_to(ROOT))))
        return found

    assert hooks.findall(before) == named(app.before_request_funcs[None])
    assert hooks.findall(after) == named(reversed(app.after_request_funcs[None]))


def test_what_the_requests_pass_exists() -> None:
    """Each step names a file that is there, and functions that are defined in it."""
    steps = re.findall(r"^\d+\. (.*?)(?=^\d+\. |^###|\Z|\n\n)", REQUESTS, re.MULTILINE | re.DOTALL)
    assert len(steps) > 25
    for step in steps:
        file, *others = FILE.findall(step)
        for name in (file, *others):
            assert (ROOT / name).is_file(), name
        there = set().union(*(definitions(ROOT / name) for name in (file, *others)))
        assert set(CALL.findall(step)) <= there, step


def test_the_requests_are_routes_and_begin_with_their_views(gateway: Gateway) -> None:
    """Each of the five is a route of the application, and the first step names its view."""
    rules = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)): rule.endpoint
        for rule in gateway.app.url_map.iter_rules()
        for method in rule.methods
    }
    sections = re.findall(
        r"^### .*`([A-Z]+) (/\S+)`$\n\n1\. `(app/[\w/]+\.py)`, `(\w+)\(\)`", REQUESTS, re.MULTILINE
    )
    assert len(sections) == 5
    for method, path, file, view in sections:
        assert rules[method, path].rpartition(".")[2] == view
        assert view in definitions(ROOT / file)


def test_a_page_without_its_marks_is_noticed() -> None:
    """The parts that are generated are there."""
    assert generated(TEXT, "imports") and generated(TEXT, "libraries")
