"""Actors: the gateway as gunicorn serves it, with the project's own configuration."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import urllib3

from devstack.process import HOST, clean_environment, free_port, wait_until_answers
from tests.auth.tokens import JwksServer, TokenMaker
from tests.gateway import ALICE, gateway_environment
from tests.stores.store import Store

ROOT = Path(__file__).parents[2]
METRICS_TOKEN = "the-token-of-the-tests-own-scrapes"
HASTY = ["--worker-class", "tests.faults.hasty.Worker"]
LINKS = {"paths": ["image/0199b2a4-0000-7000-8000-000000000000/a.png"]}


@dataclass(frozen=True)
class Server:
    """A running gunicorn, and one user's view of it."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    said: Path
    tokens: TokenMaker

    def seen_by(self, sub: str) -> Server:
        """As another user has it."""
        return replace(self, token=self.tokens(sub=sub))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """One request on a connection of its own, as it comes out, without retries."""
        with urllib3.PoolManager(retries=False, timeout=40) as http:
            return http.request(
                method, f"{self.url}{path}", headers=self.headers, redirect=False, **options
            )

    def links(self) -> urllib3.BaseHTTPResponse:
        """A request that needs no store."""
        return self.request("POST", "/v1/links", json=LINKS)

    def metric(self, name: str) -> float:
        """The sum of a metric's series that begin so, of all workers."""
        with urllib3.PoolManager(retries=False) as http:
            answer = http.request(
                "GET",
                f"{self.url}/metrics",
                headers={"Authorization": f"Bearer {METRICS_TOKEN}"},
            )
        assert answer.status == 200, answer.data
        lines = answer.data.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def workers(self) -> list[int]:
        """The worker processes' ids."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def connect(self) -> socket.socket:
        return socket.create_connection((HOST, self.port), timeout=40)

    def output(self) -> str:
        """What was written to standard output and error."""
        return self.said.read_text(errors="replace")


@contextmanager
def serving(
    store: Store,
    bucket: str,
    *,
    workers: int = 1,
    stdout: IO[bytes] | None = None,
    limit: Callable[[], None] | None = None,
    address: str | None = HOST,
    hasty: bool = False,
    **settings: str,
) -> Iterator[Server]:
    """gunicorn on ``store``; ``stdout`` is where its standard output goes instead of ``output()``,
    ``limit`` runs in its process before it starts; without ``address`` it listens as configured;
    ``hasty`` makes its deadlines for slow clients a quarter as long.

    A server that is still up at the end must end by SIGTERM, with status 0.
    """
    pool, port = TokenMaker(), free_port()
    options = ["--bind", f"{address}:{port}"] if address else []
    options += HASTY if hasty else []
    with JwksServer(pool) as jwks, tempfile.NamedTemporaryFile() as said:
        environment: Mapping[str, str] = {
            **clean_environment(),
            **gateway_environment(store, bucket),
            "COGNITO_JWKS_URL": jwks.url,
            "METRICS_TOKEN": METRICS_TOKEN,
            "WEB_CONCURRENCY": str(workers),
            "PORT": str(port),
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "wsgi:app"],
            cwd=ROOT,
            env=environment,
            stdout=stdout or said,
            stderr=said,
            preexec_fn=limit,
        )
        try:
            wait_until_answers(
                f"http://{HOST}:{port}/healthz", alive=lambda: process.poll() is None
            )
            yield Server(process, port, pool(sub=ALICE), Path(said.name), pool)
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                assert process.wait(45) == 0
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            sys.stderr.write(os.pread(said.fileno(), 100_000, 0).decode(errors="replace"))
