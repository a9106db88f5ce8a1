"""Files that operators name: read and replaced, or a message about what is wrong with them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class FileError(Exception):
    """A file that cannot be used; the message says which, and why."""


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise FileError(f"{path}: is no text (UTF-8)") from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None


def read_text(path: Path) -> str:
    """What is in it, without the mark that some editors put before it. Raises ``FileError``."""
    with _named(path):
        return path.read_text(encoding="utf-8-sig")


def write_private(path: Path, text: str) -> None:
    """Replace the file at once, or not at all; for its owner alone (0600). Raises ``FileError``."""
    with _named(path):
        target = path.resolve()
        # mkstemp makes it 0600, before a byte of it is written.
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
