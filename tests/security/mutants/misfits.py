"""Mutants that the code has moved away from, and where what they look for may be now.

``python -m tests.security.mutate --check`` tells them; with ``--repair`` as well, an edit whose
fragment stands in exactly one other place comes to name that place.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.security.mutants.catalogue import Code, Edit, Misfit, Mutant, Text
from tests.security.mutants.fragments import parse
from tests.security.mutants.hits import Hit, hits, text_hits
from tests.security.mutants.places import Project, dotted

_THEMES = Path(__file__).parent
_MIN_LIKENESS = 0.6


class Astray(NamedTuple):
    """An edit that does not fit, why, and the places where its fragment stands once."""

    mutant: Mutant
    edit: Edit
    why: str
    elsewhere: list[str]

    def told(self, project: Project) -> str:
        lines = [f"{self.mutant.name}", self.why]
        lines += [f"  stands in {place}" for place in self.elsewhere]
        if isinstance(self.edit, Code) and not self.elsewhere:
            lines += [f"  alike, {text}" for text in _alike(self.edit.old, project)]
        return "\n".join(lines)


def astray(mutants: tuple[Mutant, ...], project: Project) -> Iterator[Astray]:
    """The first edit of each mutant that does not fit."""
    for mutant in mutants:
        now = project
        for edit in mutant.edits:
            try:
                file, text = edit.made(now)
            except Misfit as misfit:
                yield Astray(mutant, edit, str(misfit), _elsewhere(edit, now))
                break
            now = now.having(file, text)


def repair(lost: list[Astray]) -> int:
    """Write the new places into the catalogue, and say how many edits there have one."""
    moved = {}
    for _, edit, _, elsewhere in lost:
        if isinstance(edit, Code | Text) and len(elsewhere) == 1:
            moved[edit.place, edit.old] = elsewhere[0]
    repaired = 0
    for theme in sorted(_THEMES.glob("*.py")):
        lines = theme.read_text().split("\n")
        told = []
        for node in ast.walk(ast.parse("\n".join(lines))):
            match node:
                case ast.Call(
                    args=[ast.Constant(value=str(was)) as place, ast.Constant(value=str(old)), *_]
                ):
                    if to := moved.get((was, old)):
                        told.append((place.lineno - 1, place.col_offset, place.end_col_offset, to))
        for number, start, end, to in sorted(told, reverse=True):
            lines[number] = f'{lines[number][:start]}"{to}"{lines[number][end:]}'
        if told:
            theme.write_text("\n".join(lines))
        repaired += len(told)
    return repaired


def _elsewhere(edit: Edit, project: Project) -> list[str]:
    """The innermost places anywhere that have the edit's fragment once."""
    if not isinstance(edit, Code | Text):
        return []
    find = hits if isinstance(edit, Code) else text_hits
    found: list[str] = []
    for file in project.files:
        (module,) = project.named(file)[""]
        for hit in find(module, edit.old, edit.new):
            found.append(_name(project, file, hit))
    return sorted({place for place in found if found.count(place) == 1})


def _name(project: Project, file: str, hit: Hit) -> str:
    """What the innermost definition around ``hit`` is called, as ``Project.find`` takes it."""
    around = {id(node): depth for depth, node in enumerate(hit.above)}
    best, name = -1, ""
    for known, nodes in project.named(file).items():
        depth = max((around.get(id(node), -1) for node in nodes), default=-1)
        if depth > best:
            best, name = depth, known
    try:
        project.find(name)
    except ValueError:
        return f"{dotted(file)}:{name}"
    return name if name else f"{dotted(file)}:"


def _alike(old: str, project: Project) -> list[str]:
    """What reads most like ``old``, and where."""
    fragment = parse(old)
    if not fragment.statements:
        return []
    wanted = fragment.expression or fragment.statements[0]
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(ast.unparse(wanted))
    best: list[tuple[float, str]] = []
    for file in project.files:
        (module,) = project.named(file)[""]
        for node in ast.walk(module):
            if type(node) is not type(wanted):
                continue
            text = ast.unparse(node)
            matcher.set_seq1(text)
            if (
                matcher.real_quick_ratio() > _MIN_LIKENESS
                and matcher.quick_ratio() > _MIN_LIKENESS
                and (likeness := matcher.ratio()) > _MIN_LIKENESS
            ):
                line = getattr(node, "lineno", 0)
                best.append((likeness, f"{file}:{line}: {text.splitlines()[0]}"))
    return [text for _, text in sorted(best, reverse=True)[:3]]
