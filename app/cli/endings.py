"""How a command ends when its output cannot be written."""

from __future__ import annotations

import errno
import os
from typing import Any

import click


def say_what_cannot_be_written(command: click.Command) -> click.Command:
    """``command``, with a message where its output has no room (``> /dev/full``).

    Who stopped reading (``| head -1``) is left to click, which ends in silence.
    """
    inner = command.invoke

    def invoke(context: click.Context) -> Any:
        try:
            return inner(context)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            _drop_output()
            raise click.ClickException(error.strerror or type(error).__name__) from None

    command.invoke = invoke  # type: ignore[method-assign, assignment]
    return command


def _drop_output() -> None:
    """What waits to be written would be tried again at the process' end, with a traceback."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
