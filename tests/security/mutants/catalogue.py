"""What a mutant is: one guard of our own code, taken out on purpose.

Python is found by what it is called and what it says, wherever it stands (``places``,
``fragments``), so that a mutant outlives a move, a new layout and another local name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tests.security.mutants.hits import hits, spliced, text_hits
from tests.security.mutants.places import Project


class Misfit(ValueError):
    """What an edit looks for is not there, or not there once."""


class Edit(Protocol):
    """One change of one file."""

    def made(self, project: Project) -> tuple[str, str]:
        """The file, and its text with the change. Raises Misfit."""


class Code(NamedTuple):
    """In ``place``, the one fragment that is ``old`` comes to be ``new``; or goes, if it is ""."""

    place: str
    old: str
    new: str

    def made(self, project: Project) -> tuple[str, str]:
        return _in_place(self, project)


class Text(NamedTuple):
    """In ``place``, the one string or bytes constant with ``old`` in it has ``new`` there."""

    place: str
    old: str
    new: str

    def made(self, project: Project) -> tuple[str, str]:
        return _in_place(self, project)


class Plain(NamedTuple):
    """In ``file``, which is not Python, the one place that reads ``old`` comes to read ``new``."""

    file: str
    old: str
    new: str

    def made(self, project: Project) -> tuple[str, str]:
        text = project.text(self.file)
        if text.count(self.old) != 1:
            raise Misfit(f"{self.file} has {text.count(self.old)} times:\n{self.old}")
        return self.file, text.replace(self.old, self.new)


def never(place: str, condition: str) -> Code:
    """``condition`` no longer holds."""
    return Code(place, condition, "False")


def always(place: str, condition: str) -> Code:
    """``condition`` holds whatever comes."""
    return Code(place, condition, "True")


def without(place: str, code: str) -> Code:
    """A statement, a keyword argument or an entry of a dictionary goes."""
    return Code(place, code, "")


class Mutant(NamedTuple):
    """A guard against ``threat`` that is broken; ``breaks`` says how, and names the mutant.

    Where two guards do the same, one behind the other, both go: ``edits`` are made together.
    """

    threat: str
    breaks: str
    edits: tuple[Edit, ...]

    @property
    def name(self) -> str:
        return f"{self.threat} {self.breaks}"

    def texts(self, project: Project) -> Mapping[str, str]:
        """The files below the project's root as the mutant has them. Raises Misfit."""
        texts: dict[str, str] = {}
        for edit in self.edits:
            file, text = edit.made(project)
            texts[file] = text
            project = project.having(file, text)
        return texts


def mutant(threat: str, breaks: str, *edits: Edit) -> Mutant:
    return Mutant(threat, breaks, edits)


def _in_place(edit: Code | Text, project: Project) -> tuple[str, str]:
    try:
        place = project.find(edit.place)
    except ValueError as error:
        raise Misfit(str(error)) from None
    find = hits if isinstance(edit, Code) else text_hits
    found = [hit for node in place.nodes for hit in find(node, edit.old, edit.new)]
    if len(found) != 1:
        now = textwrap.indent(project.source(place) if place.name else "(a module)", "    ")
        raise Misfit(
            f"{edit.place} in {place.file} has {len(found)} times:\n"
            f"{textwrap.indent(edit.old, '    ')}\nit reads now:\n{now}"
        )
    return place.file, spliced(project.text(place.file), found[0])
