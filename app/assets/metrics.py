"""Bytes of uploads, counted by the use cases."""

from __future__ import annotations

from prometheus_client import Counter

DECLARED = Counter("gateway_declared_bytes", "Bytes of uploads that were begun by /v1/uploads")
COMPLETED = Counter("gateway_completed_bytes", "Bytes of uploads that were found good")
