"""What a mutant is: one guard of our own code, taken out on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """In ``file``, the one place that reads ``old`` comes to read ``new``."""

    file: str
    old: str
    new: str


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

    def texts(self, root: Path) -> Mapping[str, str]:
        """The files below ``root`` as the mutant has them.

        Raises ValueError when an ``old`` is not there exactly once.
        """
        texts: dict[str, str] = {}
        for file, old, new in self.edits:
            text = texts.get(file) or (root / file).read_text()
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {file} has {text.count(old)} times: {old}")
            texts[file] = text.replace(old, new)
        return texts


class Broken:
    """Writes mutants of one file down briefly."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __call__(self, threat: str, breaks: str, old: str, new: str, *also: Edit) -> Mutant:
        """``also`` are edits of the same mutant elsewhere."""
        return Mutant(threat, breaks, (Edit(self.file, old, new), *also))
