"""A Redis of Debian's on loopback, which can be killed and started again where it was."""

from __future__ import annotations

import shutil

import redis

from tests.stores.process import Server, StoreFailure, answers, free_ports


class RedisServer:
    """One server that keeps nothing on disk; its ``url`` stays across ``kill`` and ``start``."""

    def __init__(self, *options: str) -> None:
        [self.port] = free_ports(1)
        self.options = options
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        program = shutil.which("redis-server")
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

    def kill(self) -> None:
        if self._server:
            self._server.stop()
            self._server = None
