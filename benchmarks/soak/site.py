"""A strict store, Redis, the pool's keys, and the gateway as in production; all on loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from benchmarks.processes import ROOT
from benchmarks.soak.local import LocalStore, start_worker
from benchmarks.soak.measure import children
from devstack.process import free_port, wait_until_answers
from tests.auth.tokens import JwksServer, TokenMaker
from tests.gateway import gateway_environment
from tests.limits.redis_server import RedisServer
from tests.stores.juicefs import JuicefsStore
from tests.stores.process import Server, answers
from tests.stores.store import Store, Strictness
from tests.stores.swift import SwiftStore

STORES: Mapping[str, type[SwiftStore | JuicefsStore | LocalStore]] = {
    "local": LocalStore,
    "swift": SwiftStore,
    "juicefs": JuicefsStore,
}
WORKERS = 2
ORIGIN = "https://app.example.com"
METRICS_TOKEN = "a-token-of-the-scrapers"
PART_BYTES = 5 * 2**20
QUOTA_BYTES = 256 * 2**20
#: Where a worker judges, packages come close to it.
TIGHT_QUOTA_BYTES = 24 * 2**20


@dataclass(frozen=True)
class Site:
    """What runs, and what the users and the meters need of it."""

    port: int
    store: Store
    bucket: str
    tokens: TokenMaker
    redis: redis.Redis
    gateway: Server
    worker: Server | None
    #: Events that the worker has still to read.
    waiting: Callable[[], int]

    @property
    def forms(self) -> bool:
        """Whether the store takes form uploads."""
        return Strictness.POST_POLICY in self.store.strict

    @property
    def master(self) -> int:
        return int((self.gateway.directory / "pid").read_text())

    def processes(self) -> dict[str, int]:
        """By name: the gateway's master, its workers by age, and the worker of events."""
        workers = children(self.master)
        found = {"master": self.master} | {
            f"worker {at}": pid for at, pid in enumerate(workers, start=1)
        }
        return found | ({"events": self.worker.pid()} if self.worker else {})

    def complaints(self) -> list[tuple[str, str]]:
        """Level and text of the lines in the logs that are warnings or worse."""
        found = []
        for server in (self.gateway, self.worker):
            if server is not None:
                with (server.directory / "log").open() as log:
                    found += [(_level(line), line.strip()) for line in log]
        return [(level, line) for level, line in found if level not in ("debug", "info")]


@contextmanager
def running_site(kind: str) -> Iterator[Site]:
    """Start everything, wait until the gateway is ready, and end everything."""
    tokens, cache = TokenMaker(), RedisServer()
    with ExitStack() as stack:
        kept = STORES[kind]()
        store = stack.enter_context(kept)
        stack.callback(cache.kill)
        cache.start()
        jwks = stack.enter_context(JwksServer(tokens))
        told = kept if isinstance(kept, LocalStore) else None
        bucket = told.stack.bucket if told else store.create_bucket("soak")
        port = free_port()
        gateway = Server("gateway")
        stack.callback(gateway.stop)
        settings = environment(store, bucket, jwks.url, cache.url, port)
        if told:
            settings |= {**told.settings(), "QUOTA_BYTES": str(TIGHT_QUOTA_BYTES)}
        gateway.start(
            [
                *(sys.executable, "-m", "gunicorn", "--chdir", str(ROOT)),
                *("--bind", f"127.0.0.1:{port}", "--pid", str(gateway.directory / "pid")),
                "wsgi:app",
            ],
            answers(port),
            settings,
        )
        wait_until_answers(f"http://127.0.0.1:{port}/readyz", status=200)
        worker = start_worker(settings) if told else None
        if worker:
            stack.callback(worker.stop)
        client = stack.enter_context(cache.client())
        waiting = told.waiting if told else lambda: 0
        yield Site(port, store, bucket, tokens, client, gateway, worker, waiting)


def environment(
    store: Store, bucket: str, jwks_url: str, redis_url: str, port: int
) -> dict[str, str]:
    """Production's settings: logs, metrics, default rate limits, a quota, a proxy before it."""
    given = gateway_environment(store, bucket)
    for name in ("RATE_LIMIT", "RATE_LIMIT_SIGNING", "LOG_LEVEL"):
        del given[name]
    return {
        **given,
        "COGNITO_JWKS_URL": jwks_url,
        "CORS_ORIGINS": ORIGIN,
        "REDIS_URL": redis_url,
        "QUOTA_BYTES": str(QUOTA_BYTES),
        "PART_SIZE_BYTES": str(PART_BYTES),
        "S3_POST_POLICY": str(Strictness.POST_POLICY in store.strict).lower(),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "METRICS_TOKEN": METRICS_TOKEN,
        # Each user has an address of their own, as behind a load balancer.
        "TRUSTED_PROXIES": "1",
        "WEB_CONCURRENCY": str(WORKERS),
        "PORT": str(port),
    }


def _level(line: str) -> str:
    """A line's level; the audit's have none, and what is no JSON is a crash of some sort."""
    try:
        return str(json.loads(line).get("level", "info"))
    except (ValueError, AttributeError):
        return "error" if line.strip() else "info"


def figures_folder() -> Path:
    """Where figures and pictures go; git does not look there."""
    folder = ROOT / ".run" / "soak"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
