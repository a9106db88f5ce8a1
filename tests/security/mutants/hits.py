"""Where a fragment of Python is, and the text with another in its place."""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tests.security.mutants.fragments import Fragment, bound_by, filled, fits, parse

_BLOCKS = ("body", "orelse", "finalbody")


class Hit(NamedTuple):
    """``run``, nodes that have a position, is to become ``new``.

    ``above`` are the nodes around it, outermost first.
    """

    above: tuple[ast.AST, ...]
    run: Sequence[Any]
    new: Sequence[Any]


def hits(place: ast.AST, old: str, new: str) -> list[Hit]:
    """Where ``place`` has ``old``, each with what makes it ``new``; an empty ``new`` removes it."""
    before, after = parse(old), parse(new)
    found: list[Hit] = []
    around = ast.Module([place], []) if isinstance(place, ast.stmt) else place
    for node, above in _walk(around):
        if before.entry:
            found += _entries(node, above, before.entry, after)
        elif before.handler:
            if isinstance(node, ast.ExceptHandler) and after.handler:
                found += _whole(node, above, before.handler, after.handler)
        elif before.expression and after.expression:
            if isinstance(node, ast.expr):
                found += _whole(node, above, before.expression, after.expression)
        else:
            if before.named and (after.named or not after.statements):
                found += _values(node, above, before.named, after.named)
            found += _blocks(node, above, before, after)
    return found


def text_hits(place: ast.AST, old: str, new: str) -> list[Hit]:
    """Where a string or bytes constant in ``place`` has ``old``; as often as it has it."""
    found: list[Hit] = []
    for node, above in _walk(place):
        if not isinstance(node, ast.Constant) or (above and isinstance(above[-1], ast.Expr)):
            continue  # no text, or a docstring
        if isinstance(node.value, str):
            changed: Any = node.value.replace(old, new)
            times = node.value.count(old)
        elif isinstance(node.value, bytes):
            changed = node.value.replace(old.encode(), new.encode())
            times = node.value.count(old.encode())
        else:
            continue
        found += [Hit(above, [node], [ast.Constant(changed)])] * times
    return found


def spliced(text: str, hit: Hit) -> str:
    """``text``, which the tree was read of, with what ``hit`` says; all else as it was."""
    above, run, new = hit
    for depth, around in enumerate(above):
        if isinstance(around, ast.JoinedStr):
            # Before Python 3.12 the positions inside an f-string are wrong: it is written whole.
            copies: dict[int, Any] = {}
            whole = copy.deepcopy(around, copies)
            _put(copies[id(above[-1])], copies[id(run[0])], new[0])
            above, run, new = above[:depth], [around], [whole]
            break
    lines = text.encode().split(b"\n")
    first, last = run[0], run[-1]
    line, column = _beginning(first)
    start = b"\n".join([*lines[: line - 1], lines[line - 1][:column]])
    line_after, column_after = last.end_lineno, last.end_col_offset
    rest = b"\n".join([lines[line_after - 1][column_after:], *lines[line_after:]])
    if isinstance(first, ast.expr):
        written = ast.unparse(new[0])
        written = written if isinstance(new[0], ast.Starred) else f"({written})"
    else:
        written = "\n".join(ast.unparse(each).strip() for each in new)
        if lines[line - 1][column:].startswith(b"elif"):
            written = "else:\n" + textwrap.indent(written, "    ")
        written = written.replace("\n", "\n" + " " * column)
    return (start + written.encode() + rest).decode()


def _entries(
    node: ast.AST, above: tuple[ast.AST, ...], old: tuple[ast.expr, ast.expr], after: Fragment
) -> Iterator[Hit]:
    if not isinstance(node, ast.Dict):
        return
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        for bound in fits([*old], [key, value], {}):
            changed = ast.Dict([*node.keys], [*node.values])
            pairs = [tuple(filled(each, bound) for each in after.entry)] if after.entry else []
            changed.keys[index : index + 1] = [pair[0] for pair in pairs]
            changed.values[index : index + 1] = [pair[1] for pair in pairs]
            yield Hit(above, [node], [changed])
            break


def _values(
    node: ast.AST,
    above: tuple[ast.AST, ...],
    old: tuple[str, ast.expr],
    new: tuple[str, ast.expr] | None,
) -> Iterator[Hit]:
    """Keyword arguments and defaults that are ``name = value``."""
    name, value = old
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg == name and (bound := bound_by(value, keyword.value)) is not None:
                changed = copy.copy(node)
                given = [ast.keyword(new[0], filled(new[1], bound))] if new else []
                changed.keywords = [*node.keywords[:index], *given, *node.keywords[index + 1 :]]
                yield Hit(above, [node], [changed])
    elif isinstance(node, ast.arguments) and new:
        positional = [*node.posonlyargs, *node.args]
        defaults: list[tuple[ast.arg, ast.expr | None]] = [
            *zip(reversed(positional), reversed(node.defaults), strict=False),
            *zip(node.kwonlyargs, node.kw_defaults, strict=True),
        ]
        for argument, default in defaults:
            if argument.arg == name and default is not None:
                bound = bound_by(value, default)
                if bound is not None:
                    yield Hit((*above, node), [default], [filled(new[1], bound)])


def _blocks(
    node: ast.AST, above: tuple[ast.AST, ...], before: Fragment, after: Fragment
) -> Iterator[Hit]:
    """Runs of statements in the blocks of ``node``."""
    wanted = before.statements
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if not isinstance(block, list):
            continue
        for start in range(len(block)):
            for end in range(len(block), start, -1):
                if (bound := bound_by(wanted, block[start:end])) is not None:
                    new = filled(after.statements or [ast.Pass()], bound)
                    yield Hit((*above, node), block[start:end], _kept(block[start:end], new))
                    break


def _kept(run: Sequence[ast.AST], new: list[ast.AST]) -> list[ast.AST]:
    """``new``, with the annotation where an assignment that has one becomes another value's."""
    match run, new:
        case [ast.AnnAssign() as was], [ast.Assign(targets=[target], value=value)]:
            if ast.dump(target) == ast.dump(was.target):
                kept = copy.copy(was)
                kept.value = value
                return [kept]
    return new


def _whole(node: ast.AST, above: tuple[ast.AST, ...], old: ast.AST, new: ast.AST) -> Iterator[Hit]:
    stored = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    if not stored and (bound := bound_by(old, node)) is not None:
        yield Hit(above, [node], [filled(new, bound)])


def _walk(
    node: ast.AST, above: tuple[ast.AST, ...] = ()
) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    yield node, above
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, (*above, node))


def _put(owner: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Have ``new`` where ``owner`` has ``old``."""
    for field, value in ast.iter_fields(owner):
        if value is old:
            setattr(owner, field, new)
        elif isinstance(value, list):
            setattr(owner, field, [new if each is old else each for each in value])


def _beginning(node: Any) -> tuple[int, int]:
    """Line, from 1, and column in bytes; decorators belong to what they decorate."""
    line = node.lineno
    for decorator in getattr(node, "decorator_list", ()):
        line = min(line, decorator.lineno)
    return line, node.col_offset
