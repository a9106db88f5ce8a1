"""The limits at the door: who is counted, by which limit, and what the answer says of it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from flask import Response, g, request

from app.domain.errors import RateLimited
from app.limits.rates import Rate, Rates

#: What a household gets from its provider: an address of one's own choosing is no limit.
IPV6_NETWORK_BITS = 64


def count_caller(rates: Rates, *, signing: bool) -> None:
    """Count a request of the verified caller's; raises ``RateLimited``."""
    _count(rates.signing if signing else rates.general, g.principal.sub)


def count_stranger(rates: Rates, *, with_bad_token: bool = False) -> None:
    """Count a request of nobody known, by its address; raises ``RateLimited``.

    Bad tokens are counted apart: whoever sends them must not take shares and ``/docs`` from others
    behind the same address. The address is the connection's, or with ``TRUSTED_PROXIES`` what
    exactly that many proxies have added to X-Forwarded-For: what a client writes there itself lies
    further left (T39).
    """
    rate = rates.bad_tokens if with_bad_token else rates.strangers
    _count(rate, _network(request.remote_addr or ""))


def show_standing(response: Response) -> Response:
    """Add the ``RateLimit-*`` headers (draft-ietf-httpapi-ratelimit-headers-07)."""
    standing = g.get("standing")
    if standing is not None:
        add = response.headers.add
        add("RateLimit-Limit", str(standing.limit))
        add("RateLimit-Remaining", str(max(0, standing.remaining)))
        add("RateLimit-Reset", str(standing.reset_seconds))
    return response


def _count(rate: Rate, who: str) -> None:
    g.standing = standing = rate.hit(who)
    if standing.exceeded:
        raise RateLimited(
            f"At most {standing.limit} requests; wait {standing.reset_seconds} s",
            retry_after_seconds=standing.reset_seconds,
        )


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """``address`` is plain (``Perimeter``)."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address}/{IPV6_NETWORK_BITS}", strict=False))
