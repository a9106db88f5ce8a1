"""Somebody who runs ``flask provision`` against an account that keeps state."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from app.cli.env_file import read_env
from config import Settings
from tests.cli.stateful_account import StatefulAccount

command = importlib.import_module("app.cli.provision")
FIRST = (
    "--bucket",
    "media-acme",
    "--origin",
    "https://app.acme.com",
    "--alarm-email",
    "a@acme.com",
)


class Operator:
    """Somebody with a terminal, an account and an environment's file."""

    def __init__(self, account: StatefulAccount, file: Path) -> None:
        self.account, self.file = account, file

    def run(self, *options: str, ends_with: int = 0) -> Result:
        given = ["--region", "eu-west-1", "--yes", "--env-file", str(self.file), *options]
        result = CliRunner().invoke(command.provision, given, env={"AWS_REGION": ""})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == ends_with, result.output
        return result

    def try_to_run(self, *options: str) -> bool:
        """Whether it came to its end."""
        given = ["--region", "eu-west-1", "--yes", "--env-file", str(self.file), *options]
        result = CliRunner().invoke(command.provision, given, env={"AWS_REGION": ""})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code == 0

    @property
    def settings(self) -> Settings:
        return Settings.from_env(read_env(self.file))

    def stack(self, name: str = "asset-gateway", region: str = "eu-west-1") -> Any:
        return self.account.stacks[region, name]
