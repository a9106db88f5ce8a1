"""The environment as a file: ``NAME=value`` a line, as Docker, honcho and python-dotenv read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.cli.files import FileError, read_text, write_private


def read_env(path: Path) -> dict[str, str]:
    """The file's settings, without quotes; an empty dict when there is no file. Comments are
    skipped, and of a name that stands twice the last counts. Raises ``FileError``."""
    return dict(pair for line in _lines(path) if (pair := _pair(line)))


def env_text(values: Mapping[str, str]) -> str:
    """``values`` as lines; a line break within a value is spelt ``\\n``."""
    return "".join(
        f"{name}={value.strip().replace(chr(10), chr(92) + 'n')}\n"
        for name, value in values.items()
    )


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Set ``values`` in the file and leave its other lines as they are. Raises ``FileError``.

    The file is replaced at once and readable by its owner alone (0600), as it holds secrets.
    """
    waiting = dict(values)
    lines = []
    for line in _lines(path):
        pair = _pair(line)
        if pair is None or pair[0] not in values:
            lines.append(f"{line}\n")
        elif pair[0] in waiting:
            export = "export " if line.strip().startswith("export ") else ""
            lines.append(export + env_text({pair[0]: waiting.pop(pair[0])}))
        # A second line of the same name would count instead of ours.
    write_private(path, "".join([*lines, env_text(waiting)]))


def _lines(path: Path) -> list[str]:
    """The file's; none of one that is not there. It will be replaced, so that it is no device, and
    no pipe."""
    if not path.exists():
        return []
    if not path.is_file():
        raise FileError(f"{path}: is no file that could be replaced")
    return read_text(path).splitlines()


def _pair(line: str) -> tuple[str, str] | None:
    """Name and value of a line, None for one that sets nothing."""
    text = line.strip().removeprefix("export ")
    name, equals, value = text.partition("=")
    if not equals or text.startswith("#"):
        return None
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return name.strip(), value
