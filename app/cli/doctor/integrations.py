"""What the gateway works with: Redis and the back end; and its public address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import redis
import urllib3
from redis.exceptions import RedisClusterException

from app import http_clients, http_environment
from app.cli.doctor.deployment import Deployment
from app.cli.doctor.formatting import host_of
from app.cli.doctor.responses import Response
from app.cli.doctor.results import Check, Result
from app.events.webhook_addresses import is_forbidden, resolve_name
from app.limits.redis_address import connect

REDIS = Check(
    "redis",
    "Redis answers",
    "Without it, each process counts separately: limits and quotas are that many times as large.",
    '`redis-cli -u "$REDIS_URL" ping` from the gateway\'s machine; check host, port, password, '
    "rediss:// for TLS, and the network's rules.",
)
EVICTION = Check(
    "redis.eviction",
    "Redis does not evict counters",
    "An evicted reservation lets an upload exceed the quota.",
    '`redis-cli -u "$REDIS_URL" config set maxmemory-policy noeviction`; ElastiCache: a parameter '
    "group with maxmemory-policy noeviction; Render: Maxmemory Policy noeviction.",
)
WEBHOOK = Check(
    "webhook",
    "The back end can be reached",
    "Events return to the queue until they become dead letters.",
    "Check the receiver's WEBHOOK_URL; from the gateway's machine: `curl -sv <its address>`, then "
    "`flask events test`. docs/webhooks.md.",
)
READY = Check(
    "gateway",
    "The gateway is ready",
    "Load balancers send it no traffic.",
    "Its log says why; `curl $PUBLIC_BASE_URL/readyz` names the check that fails.",
)


def redis_results(deployment: Deployment) -> Iterator[Result]:
    settings = deployment.settings
    if not settings.redis_url:
        if settings.web_concurrency > 1:
            yield REDIS.warning(
                f"not set; {settings.web_concurrency} processes count separately",
                "Set REDIS_URL=redis://host:6379/0 when limits or quotas matter.",
            )
        return
    connection = None
    try:
        connection = connect(settings.redis_url, timeout_seconds=3)
        connection.ping()
        yield REDIS.ok(host_of(settings.redis_url))
        yield from _eviction(connection)
    except (redis.RedisError, RedisClusterException) as error:
        # The kind alone: the message may hold what was sent.
        yield REDIS.fault(f"{type(error).__name__} at {host_of(settings.redis_url)}")
    finally:
        if connection is not None:
            connection.close()


def _eviction(connection: Any) -> Iterator[Result]:
    try:
        policy = connection.info("memory").get("maxmemory_policy")
    except redis.ResponseError:  # a service that does not let one look
        policy = None
    if policy is None:
        yield EVICTION.unknown("Redis does not say")
    elif policy != "noeviction":
        yield EVICTION.warning(policy)
    else:
        yield EVICTION.ok()


def webhook_results(deployment: Deployment) -> Iterator[Result]:
    """A connection to each receiver alone: an event that nobody caused would be a lie."""
    settings = deployment.settings
    for url in (settings.webhook_url, *settings.webhook_urls.values()):
        if url:
            yield _receiver_result(url)


def _receiver_result(url: str) -> Result:
    parts = urlsplit(url)
    host = parts.hostname or ""
    root = f"{parts.scheme}://{parts.netloc}/"
    try:
        found = resolve_name(host, parts.port or (443 if parts.scheme == "https" else 80))
    except OSError:
        if not http_environment.proxy_for(root):
            return WEBHOOK.fault(f"{host} cannot be resolved")
        found = []
    if any(is_forbidden(address) for address in found):
        return WEBHOOK.fault(f"{host} leads to a link-local address, which is refused")
    try:
        with http_clients.pool_for(root, connect=3, read=3) as pool:
            # The server's root, as a GET of the webhook's own address might do something.
            pool.request("HEAD", root, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        return WEBHOOK.fault(f"{host}: {type(error).__name__}")
    return WEBHOOK.ok(host)


def gateway_results(deployment: Deployment) -> Iterator[Result]:
    """The gateway at its public address, if it is known."""
    base = deployment.settings.public_base_url.rstrip("/")
    if not base:
        return
    response = deployment.fetch("GET", f"{base}/readyz")
    checks = _readiness(response)
    if response.status not in (200, 503):
        yield READY.fault(f"{host_of(base)}: {response.status or ''} {response.code}".strip())
    elif checks is None:
        yield READY.fault(
            f"{host_of(base)} answers, but is not the gateway",
            "Set PUBLIC_BASE_URL to the gateway's own address, without a path: its "
            '`curl $PUBLIC_BASE_URL/readyz` says {"status": …, "checks": …}.',
        )
    elif failed := [name for name, state in checks.items() if state != "ok"]:
        yield READY.fault(f"not ready: {', '.join(failed)}")
    else:
        yield READY.ok(host_of(base))


def _readiness(response: Response) -> Mapping[str, str] | None:
    """The checks of ``/readyz``; None when this is somebody else's page."""
    try:
        checks = json.loads(response.body)["checks"]
    except (ValueError, LookupError, TypeError):
        return None
    return checks if isinstance(checks, dict) else None
