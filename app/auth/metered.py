"""The key cache, counting its fetches."""

from __future__ import annotations

from collections.abc import Mapping

from joserfc.jwk import RSAKey
from prometheus_client import Counter

from app.auth.jwks import JwksCache

FETCHES = Counter("gateway_jwks_fetches", "Fetches of the pool's signing keys", ["outcome"])


class MeteredJwksCache(JwksCache):
    """Counts what came of each fetch."""

    def _take(self, keys: Mapping[str, RSAKey] | None) -> None:
        super()._take(keys)
        FETCHES.labels("failed" if keys is None else "fetched").inc()
