"""A store whose output is heard: the codes that a mail would bring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from devstack.account import Stack


@dataclass(frozen=True)
class Talkative:
    """A store whose output is heard."""

    stack: Stack
    path: Path

    def last_code(self) -> str:
        return re.findall(r"^code for .*: ([0-9]{6})$", self.path.read_text(), re.MULTILINE)[-1]
