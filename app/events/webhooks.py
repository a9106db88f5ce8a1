"""Tells a back end, by signed HTTP requests (Standard Webhooks).

Where the request goes is looked at when it goes: the name is resolved, and the connection made to
an address that was found harmless, so that no second answer of a name server can lead it to the
cloud's metadata service (T41). Private networks are where back ends live, and are allowed.

Where ``HTTPS_PROXY`` or ``HTTP_PROXY`` stands for the webhook's host, the proxy resolves the name
and connects, and what it may reach is for its own rules to say. An address that is written as
such, and a name that is known here to lead to the metadata service, are still refused; a name that
cannot be resolved here is left to the proxy.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import urllib3
from prometheus_client import Counter, Histogram
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from app import http_clients, http_environment
from app.domain.events import AssetEvent
from app.events.webhook_addresses import is_forbidden, resolve_name

DELIVERIES = Counter(
    "gateway_webhooks", "Attempts to tell a back end", ["receiver", "type", "outcome"]
)
LATENCY = Histogram(
    "gateway_webhook_seconds",
    "Time from a webhook's request to its answer",
    ["receiver"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
TIMEOUT = urllib3.Timeout(connect=3, read=12)
TOTAL_SECONDS = 15.0
POOL_SIZE = 16
MAX_ANSWER_BYTES = 65_536
MAX_ANSWER_SECONDS = 1.0
#: The receiver of ``WEBHOOK_URL``.
DEFAULT = "default"

Resolve = Callable[[str, int], Sequence[str]]


class DeliveryFailed(Exception):
    """The back end did not take the event; the message says why, without its address."""


class WebhookSender:
    """Sends to one URL, signed with every secret, so that one can be rotated; thread-safe.

    ``name`` is its label in the metrics.
    """

    def __init__(
        self,
        url: str,
        secrets: Sequence[str],
        *,
        name: str = DEFAULT,
        resolve: Resolve | None = None,
    ) -> None:
        # Brings httpx along, for those alone who have a webhook.
        from standardwebhooks import Webhook

        parts = urlsplit(url)
        self._name = name
        self._url = url
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._host_header = parts.netloc
        self._signers = [Webhook(secret) for secret in secrets]
        self._resolve = resolve or resolve_name
        self._by_proxy = (
            http_clients.pool_for(url, maxsize=POOL_SIZE, tells_trace=True)
            if http_environment.proxy_for(url)
            else None
        )
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}
        self._lock = threading.Lock()

    def send(self, event: AssetEvent) -> None:
        """One attempt. Raises ``DeliveryFailed`` unless the answer is a 2xx; follows nothing."""
        began = time.perf_counter()
        try:
            status = self._post(event)
        except DeliveryFailed:
            DELIVERIES.labels(self._name, event.type.value, "failed").inc()
            raise
        LATENCY.labels(self._name).observe(time.perf_counter() - began)
        taken = 200 <= status < 300
        DELIVERIES.labels(self._name, event.type.value, "delivered" if taken else "refused").inc()
        if not taken:
            raise DeliveryFailed(f"the webhook answered {status}")

    def _post(self, event: AssetEvent) -> int:
        failure: HTTPError | None = None
        with http_clients.deadline(TOTAL_SECONDS):
            for pool, target in self._ways():
                try:
                    answer = pool.urlopen(
                        "POST",
                        target,
                        body=event.body.encode(),
                        headers=self._headers(event),
                        redirect=False,
                        timeout=TIMEOUT,
                        preload_content=False,
                    )
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error  # the name's next address
                except HTTPError as error:
                    raise DeliveryFailed(f"the webhook failed: {type(error).__name__}") from None
                else:
                    _drain(answer)
                    return answer.status
        raise DeliveryFailed(f"the webhook cannot be reached: {type(failure).__name__}")

    def _ways(self) -> Iterator[tuple[urllib3.HTTPConnectionPool | urllib3.PoolManager, str]]:
        """Whom to ask for what, one after another: the proxy, or each address of the name."""
        addresses = self._harmless_addresses()
        if self._by_proxy:
            yield self._by_proxy, self._url
            return
        for address in addresses:
            yield self._pool(address), self._target

    def _headers(self, event: AssetEvent) -> dict[str, str]:
        now = datetime.now(UTC)
        signatures = (signer.sign(event.id, now, event.body) for signer in self._signers)
        return {
            "host": self._host_header,
            "content-type": "application/json",
            "user-agent": "asset-gateway",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _harmless_addresses(self) -> Sequence[str]:
        try:
            found = self._resolve(self._host, self._port)
        except (OSError, UnicodeError) as error:
            if self._by_proxy:
                return []
            raise DeliveryFailed("the webhook's name cannot be resolved") from error
        if not found or any(is_forbidden(address) for address in found):
            raise DeliveryFailed("the webhook's name leads to a link-local address")
        return found

    def _pool(self, address: str) -> urllib3.HTTPConnectionPool:
        with self._lock:
            if address not in self._pools:
                self._pools.clear()  # the name has moved
                # The certificate must be the name's, though the connection goes to the address.
                self._pools[address] = http_clients.pinned_pool(
                    address,
                    self._port,
                    tls_name=self._host if self._tls else None,
                    maxsize=POOL_SIZE,
                )
            return self._pools[address]


def _drain(answer: urllib3.BaseHTTPResponse) -> None:
    """Read what the back end says, which does not matter but frees the connection. It may be
    endless, broken or dripping: the status is known, and nobody waits for more."""
    ends_at = time.monotonic() + MAX_ANSWER_SECONDS
    left = MAX_ANSWER_BYTES
    with suppress(HTTPError):
        while left > 0 and time.monotonic() < ends_at and (some := answer.read1(left)):
            left -= len(some)
    answer.close()
