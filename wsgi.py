"""What gunicorn serves (``gunicorn wsgi:app``), and where ``flask`` finds its commands."""

import gc

# What is made here lives as long as the process. To look for garbage among it takes a tenth of the
# time to start, and later copies its pages into every worker (Python's documentation, `gc.freeze`).
gc.disable()

import sys

import click

from app import create_app
from config import Settings, SettingsError

context = click.get_current_context(silent=True)
# ``flask`` looks for a command of ours: those begin without settings, unlike what serves.
if context is not None and context.parent is None:
    from app.cli import create_cli_app

    app = create_cli_app()
else:
    try:
        app = create_app(Settings.from_env())
    except SettingsError as error:
        sys.exit(str(error))

gc.freeze()
gc.enable()
