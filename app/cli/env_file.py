"""The environment as a file: ``NAME=value`` a line, as Docker, honcho and python-dotenv read it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def read_env(path: Path) -> dict[str, str]:
    """The file's settings; an empty dict when there is no file. Comments are skipped."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def env_text(values: Mapping[str, str]) -> str:
    """``values`` as lines; a line break within a value is spelt ``\\n``."""
    return "".join(
        f"{name}={value.strip().replace(chr(10), chr(92) + 'n')}\n"
        for name, value in values.items()
    )


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Set ``values`` in the file and leave its other lines as they are.

    The file is replaced at once and readable by its owner alone (0600), as it holds secrets.
    """
    waiting = dict(values)
    lines = []
    for line in path.read_text().splitlines() if path.exists() else []:
        name = line.split("=", 1)[0].strip()
        lines.append(env_text({name: waiting.pop(name)}) if name in waiting else f"{line}\n")
    # mkstemp makes the file 0600, before a byte of it is written.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.writelines([*lines, env_text(waiting)])
    os.replace(temporary, path)
