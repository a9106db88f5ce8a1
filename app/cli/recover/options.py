"""What the commands of ``flask recover`` share: options, and faults as messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.cli.files import FileError
from app.cli.operator_aws import POOL, REGION, aws_faults_as_messages
from app.domain.errors import Problem

TO_WRITE = click.Path(dir_okay=False, path_type=Path)
TO_READ = click.Path(exists=True, dir_okay=False, path_type=Path)
pool_option = click.option("--pool", required=True, type=POOL, help="The user pool's id.")
region_option = click.option("--region", envvar="AWS_REGION", required=True, type=REGION)
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done.")


class Unusable(ValueError):
    """Something that cannot be worked with, such as a file; the message says why."""


def check_new(path: Path) -> None:
    """Raise ``Unusable`` for a file that is there: an export of a pool that was emptied must not
    take the place of the last good one."""
    if path.exists():
        raise Unusable(f"{path} is there already, and is not overwritten: name another")


@contextmanager
def faults_as_messages() -> Iterator[None]:
    """Raises ``click.ClickException`` for whatever the operator or AWS is at fault for."""
    try:
        with aws_faults_as_messages():
            yield
    except (Unusable, FileError) as error:
        raise click.ClickException(str(error)) from None
    except Problem as problem:
        raise click.ClickException(f"{problem.detail}. Run it again.") from None
