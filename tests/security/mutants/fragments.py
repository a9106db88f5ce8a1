"""Fragments of Python, and what they fit in a syntax tree.

Layout, quotes, comments and redundant parentheses do not count. A fragment is one of

- an expression, or statements that follow one another in a block;
- ``name = value``, which is an assignment, with an annotation or without, a keyword argument, or a
  parameter's default;
- ``"key": value``, an entry of a dictionary;
- ``except Some: ...``, one handler.

In a fragment ``__X`` (two underscores, capitals) stands for any expression or name, twice for the
same, and ``...`` for any: as a statement or an element, for any number of them (so does ``*__X``),
and in a call for other keyword arguments too. What they stood for comes back where the new fragment
has them.
"""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_ANY = re.compile(r"__[A-Z][A-Z0-9_]*")
#: What an assignment of the pattern need not repeat, and what says nothing of the code.
_IGNORED = {"ctx", "kind", "type_comment", "type_params", "simple"}

Bound = Mapping[str, Any]


class Fragment(NamedTuple):
    """Parsed: exactly one of these is there; ``statements`` may be none at all."""

    statements: list[ast.stmt]
    handler: ast.ExceptHandler | None = None
    entry: tuple[ast.expr, ast.expr] | None = None

    @property
    def expression(self) -> ast.expr | None:
        only = self.statements[0] if len(self.statements) == 1 else None
        return only.value if isinstance(only, ast.Expr) else None

    @property
    def named(self) -> tuple[str, ast.expr] | None:
        """Name and value of a fragment that is ``name = value``."""
        only = self.statements[0] if len(self.statements) == 1 else None
        match only:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                return name, value
        return None


def parse(text: str) -> Fragment:
    """The fragment that ``text`` is. Raises ValueError when it is none."""
    text = textwrap.dedent(text).strip()
    for before, after in (("", ""), ("(", ")"), ("{", "}"), ("try:\n    pass\n", "")):
        try:
            body = ast.parse(f"{before}{text}{after}").body
        except SyntaxError:
            continue
        _number_gaps(body)
        match before, body:
            case "{", [ast.Expr(value=ast.Dict(keys=[ast.expr() as key], values=[value]))]:
                return Fragment([], entry=(key, value))
            case "try:\n    pass\n", [ast.Try(handlers=[handler])]:
                return Fragment([], handler=handler)
            case (("" | "("), _):
                return Fragment(body)
    raise ValueError(f"not Python: {text}")


def _number_gaps(body: list[ast.stmt]) -> None:
    """Tell each ``...`` of a fragment from the others, in the order of the text."""
    gaps = [node for each in body for node in ast.walk(each) if _is_gap(node)]
    gaps.sort(key=lambda gap: (gap.lineno, gap.col_offset))  # type: ignore[attr-defined]
    for number, gap in enumerate(gaps):
        gap.gap = f"...{number}"  # type: ignore[attr-defined]


def _is_gap(node: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _gap(node: object) -> str | None:
    """The name of the ``...`` or ``*__X`` that an element of a pattern is."""
    node = node.value if isinstance(node, ast.Expr) else node
    return _wildcard(node.value) if isinstance(node, ast.Starred) else getattr(node, "gap", None)


def bound_by(pattern: object, found: object) -> Bound | None:
    """What the wildcards stand for where ``found`` is what ``pattern`` says; else None."""
    return next(fits(pattern, found, {}), None)


def fits(pattern: Any, found: Any, bound: Bound) -> Iterator[Bound]:
    """Each way in which ``found`` is what ``pattern`` says, by what the wildcards stand for."""
    if isinstance(pattern, list):
        yield from _fits_run(pattern, found, bound)
    elif name := _gap(pattern) or _wildcard(pattern):
        if isinstance(pattern, str) or isinstance(found, ast.expr):
            known = bound.get(name)
            if known is None or bound_by(known, found) is not None:
                yield {**bound, name: found}
    elif isinstance(pattern, ast.Assign) and isinstance(found, ast.AnnAssign):
        yield from fits([*pattern.targets, pattern.value], [found.target, found.value], bound)
    elif isinstance(pattern, ast.Call) and isinstance(found, ast.Call):
        yield from _fits_call(pattern, found, bound)
    elif isinstance(pattern, ast.AST):
        if type(pattern) is type(found):
            fields = [name for name in pattern._fields if name not in _IGNORED]
            if isinstance(pattern, ast.FunctionDef) and pattern.returns is None:
                fields.remove("returns")
            yield from _fits_fields(pattern, found, fields, bound)
    elif type(pattern) is type(found) and pattern == found:
        yield bound


def _wildcard(pattern: object) -> str | None:
    name = pattern.id if isinstance(pattern, ast.Name) else pattern
    return name if isinstance(name, str) and _ANY.fullmatch(name) else None


def _fits_fields(pattern: Any, found: Any, fields: list[str], bound: Bound) -> Iterator[Bound]:
    if not fields:
        yield bound
        return
    if isinstance(pattern, ast.Constant):
        if type(pattern.value) is type(found.value) and pattern.value == found.value:
            yield bound
        return
    first, *others = fields
    for each in fits(getattr(pattern, first, None), getattr(found, first, None), bound):
        yield from _fits_fields(pattern, found, others, each)


def _fits_run(pattern: list[Any], found: object, bound: Bound) -> Iterator[Bound]:
    if not isinstance(found, list):
        return
    if not pattern:
        if not found:
            yield bound
        return
    if name := _gap(pattern[0]):
        for length in range(len(found) + 1):
            yield from _fits_run(pattern[1:], found[length:], {**bound, name: found[:length]})
    elif found:
        for each in fits(pattern[0], found[0], bound):
            yield from _fits_run(pattern[1:], found[1:], each)


def _fits_call(pattern: ast.Call, found: ast.Call, bound: Bound) -> Iterator[Bound]:
    """The order of keyword arguments does not count."""
    gap = next(filter(None, map(_gap, pattern.args)), None)
    wanted = {keyword.arg: keyword.value for keyword in pattern.keywords}
    given = {keyword.arg: keyword.value for keyword in found.keywords}
    if not wanted.keys() <= given.keys() or (gap is None and wanted.keys() != given.keys()):
        return
    others = [keyword for keyword in found.keywords if keyword.arg not in wanted]
    values = [wanted[name] for name in wanted], [given[name] for name in wanted]
    for each in fits([pattern.func, *pattern.args], [found.func, *found.args], bound):
        for every in fits(*values, each):
            yield {**every, f"{gap} keywords": others} if gap else every


def filled(new: Any, bound: Bound) -> Any:
    """A copy of ``new`` that has what the wildcards stand for."""
    if isinstance(new, list):
        every: list[Any] = []
        for each in new:
            name = _gap(each)
            every += bound[name] if name and name in bound else [filled(each, bound)]
        return every
    if isinstance(new, str):
        return bound.get(new, new)
    if not isinstance(new, ast.AST):
        return new
    if (name := _gap(new) or _wildcard(new)) and name in bound:
        return bound[name]
    made = copy.copy(new)
    for field, value in ast.iter_fields(new):
        setattr(made, field, value if isinstance(new, ast.Constant) else filled(value, bound))
    if isinstance(made, ast.Call) and isinstance(new, ast.Call):
        for name in filter(None, map(_gap, new.args)):
            made.keywords = [*made.keywords, *bound.get(f"{name} keywords", ())]
    return made
