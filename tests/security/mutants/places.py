"""The project's own Python, by the qualified names of what it defines."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """Where a name is defined: the functions, classes or assignments of one module that have it."""

    file: str
    name: str
    nodes: list[ast.AST]


class Project:
    """What stands below ``root``; files may be given other texts, each time in a new Project."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}
        self._defined: dict[str, dict[str, list[ast.AST]]] = {}
        self.files = [
            str(path.relative_to(root))
            for path in (*sorted((root / "app").rglob("*.py")), *sorted(root.glob("*.py")))
        ]

    def text(self, file: str) -> str:
        if file not in self._texts:
            self._texts[file] = (self._root / file).read_text()
        return self._texts[file]

    def having(self, file: str, text: str) -> Project:
        """This project with another text in one file."""
        changed = Project.__new__(Project)
        changed._root, changed.files = self._root, self.files
        changed._texts = {**self._texts, file: text}
        changed._defined = {key: names for key, names in self._defined.items() if key != file}
        return changed

    def find(self, place: str) -> Place:
        """What ``place`` names: ``Class.method``, ``function.inner``, ``CONSTANT``.

        Before a colon may stand the end of a module's dotted name, which decides where several
        modules have the name; with no name behind it, the module itself is meant. Raises
        ValueError when nothing has the name, or more than one module.
        """
        hint, _, name = place.rpartition(":")
        having = [file for file in self.files if not name or name in self.named(file)]
        hinted = [file for file in having if f".{dotted(file)}".endswith(f".{hint}")]
        if len(having) == 1 or len(hinted) == 1:
            (file,) = having if len(having) == 1 else hinted
            return Place(file, name, self.named(file)[name])
        if having:
            raise ValueError(f"{place}: more than one module has it: {', '.join(having)}")
        every = {known: file for file in self.files for known in self.named(file)}
        alike = difflib.get_close_matches(name, every, n=3)
        last = name.rpartition(".")[2]
        alike += [known for known in every if known.rpartition(".")[2] == last]
        told = ", ".join(f"{dotted(every[known])}:{known}" for known in dict.fromkeys(alike))
        raise ValueError(f"{place}: nothing is called so" + (f"; alike: {told}" if told else ""))

    def source(self, place: Place) -> str:
        lines = self.text(place.file).split("\n")
        statements = [node for node in place.nodes if isinstance(node, ast.stmt)]
        return "\n".join(
            line for each in statements for line in lines[each.lineno - 1 : each.end_lineno]
        )

    def named(self, file: str) -> dict[str, list[ast.AST]]:
        """What a file defines, by qualified name; the module itself by an empty one."""
        if file not in self._defined:
            tree = ast.parse(self.text(file), file)
            names: dict[str, list[ast.AST]] = {"": [tree]}
            for name, node in _definitions(tree):
                names.setdefault(name, []).append(node)
            self._defined[file] = names
        return self._defined[file]


def dotted(file: str) -> str:
    """The module's name that a file has."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _definitions(
    node: ast.AST, prefix: str = "", *, in_function: bool = False
) -> Iterator[tuple[str, ast.AST]]:
    """What is defined in ``node``; of what a function assigns, nothing."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield f"{prefix}{name}", child
                inside = isinstance(child, ast.FunctionDef)
                yield from _definitions(child, f"{prefix}{name}.", in_function=inside)
            case ast.Assign(targets=[*targets]) if not in_function:
                for each in targets:
                    for inner in ast.walk(each):
                        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                            yield f"{prefix}{inner.id}", child
            case ast.AnnAssign(target=ast.Name(id=name)) if not in_function:
                yield f"{prefix}{name}", child
            case ast.If() | ast.Try() | ast.With() | ast.ExceptHandler() | ast.For():
                yield from _definitions(child, prefix, in_function=in_function)
