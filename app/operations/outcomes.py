"""What an answer says about tokens, bytes and quotas, counted for Prometheus."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Response
from prometheus_client import Counter

VERDICTS = Counter("gateway_token_verdicts", "Requests by what their token was worth", ["verdict"])
QUOTA_REFUSALS = Counter("gateway_quota_refusals", "Requests refused for their user's quota")
_verdicts = lru_cache(8)(VERDICTS.labels)
_TOKEN_PROBLEMS = {
    "invalid-token": "refused",
    "insufficient-scope": "insufficient",
    "identity-unavailable": "undecided",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_label(method: str) -> str:
    """The method as a label: a client may invent names, and each would be a series for ever."""
    return method if method in _METHODS else "other"


def count_outcome(route: str, response: Response, context: Any) -> None:
    """What the answer says about tokens, bytes and quotas. ``context`` is Flask's ``g``."""
    slug = context.get("problem")
    if slug is not None:
        if slug in _TOKEN_PROBLEMS:
            _verdicts(_TOKEN_PROBLEMS[slug]).inc()
        elif slug == "quota-exceeded":
            QUOTA_REFUSALS.inc()
    elif "principal" in context:
        _verdicts("accepted").inc()
