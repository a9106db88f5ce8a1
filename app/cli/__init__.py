"""Commands for operators: ``flask <command>`` in the repository's folder.

A command begins without a valid environment, so that it can say what is wrong with it: commands
hang on an application of their own, and read ``Settings`` themselves if they need them.
"""

from __future__ import annotations

from flask import Flask

from app.cli.costs import costs
from app.cli.doctor import doctor
from app.cli.endings import say_what_cannot_be_written
from app.cli.events import events
from app.cli.provision import provision
from app.cli.recover import recover

COMMANDS = tuple(map(say_what_cannot_be_written, (costs, doctor, events, provision, recover)))


def create_cli_app() -> Flask:
    """An application that serves nothing and carries the commands."""
    app = Flask("app", static_folder=None)
    for command in COMMANDS:
        app.cli.add_command(command)
    return app
