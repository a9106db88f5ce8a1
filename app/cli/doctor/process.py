"""Variables that are not ours, which libraries read from the process by themselves."""

from __future__ import annotations

import os

import click

from app import services
from app.aws.environment import environment_faults
from app.cli.doctor.results import Check
from config import SettingsError


def leave_out_faults() -> dict[str, str]:
    """Proxies, certificates, OpenTelemetry's and boto3's variables that stop the gateway.

    Libraries read these from the process, so they are taken out of it: the rest can be checked.
    """
    faults: dict[str, str] = {}
    while True:
        try:
            services.prepare_process()
            if unread := environment_faults():
                raise SettingsError(unread)
            return faults
        except SettingsError as error:
            for name in error.faults:
                # A proxy's may be in either case.
                found = [each for each in (name, name.lower()) if each in os.environ]
                for each in found:
                    del os.environ[each]
                if not found:  # an operating system's own setting
                    raise click.ClickException(str(error)) from None
            faults |= error.faults


def other(name: str) -> Check:
    """What is wrong with ``name``, and what mends it."""
    return Check(
        f"environment.{name}",
        name,
        "The gateway does not start with a variable that it cannot follow.",
        f"Correct {name} where the process gets its environment, or unset it there.",
    )
