"""Addresses of Redis, or Valkey, and connections by them.

=======================================================  =========================================
``redis://[user:password@]host:port/db``                 one server; ``rediss://`` by TLS
``unix:///path?db=0``                                    one server on this machine
``redis+sentinel://host:port,host:port/name/db``         Sentinels that know the primary of ``name``
``redis+cluster://host:port,host:port``                  a cluster, any of whose nodes are named
=======================================================  =========================================

``rediss+sentinel://`` and ``rediss+cluster://`` by TLS. Queries are redis-py's own, such as
``?ssl_ca_certs=…``; Sentinels that want a password take ``sentinel_username`` and
``sentinel_password`` there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    import redis

_FORM = re.compile(
    r"(?P<tls>rediss?)(?:\+(?P<kind>cluster|sentinel))?://(?:(?P<login>[^/]*)@)?(?P<hosts>[^@/?]*)"
    r"(?P<path>[^?]*)(?:\?(?P<query>.*))?"
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:,\[\]]+)(?::(\d{1,5}))?")


def is_cluster(url: str) -> bool:
    """Whether ``url`` names a cluster."""
    return url.startswith(("redis+cluster:", "rediss+cluster:"))


def check(url: str) -> None:
    """Raises ``ValueError`` for what is none of the forms above. Connects to nobody."""
    if is_cluster(url):
        _cluster_options(url)
    else:
        _connect(url, timeout_seconds=1)


def connect(url: str, timeout_seconds: float) -> Any:
    """A ``redis.Redis``, or a ``RedisCluster``, which asks the nodes for their slots at once."""
    import redis

    if not is_cluster(url):
        return _connect(url, timeout_seconds)
    plain, nodes = _cluster_options(url)
    return redis.RedisCluster.from_url(plain, startup_nodes=nodes, **_timeouts(timeout_seconds))


def _connect(url: str, timeout_seconds: float) -> redis.Redis:
    import redis
    from redis.sentinel import Sentinel

    timeouts = _timeouts(timeout_seconds)
    if not re.match(r"rediss?\+sentinel://", url):
        pool = redis.ConnectionPool.from_url(url, **timeouts)
        # Nothing connects yet; but what it does not know in the query, it would say too late.
        _tried(pool.connection_class, pool.connection_kwargs)
        return redis.Redis(connection_pool=pool)
    parts = _parts(url)
    found = re.fullmatch(r"/([^/]+)(?:/(\d+))?", parts["path"])
    if found is None:
        raise ValueError("must end in /name, as the Sentinels call the primary")
    query = dict(parse_qsl(parts["query"]))
    of_sentinels = {
        name: query.pop(f"sentinel_{name}")
        for name in ("username", "password")
        if f"sentinel_{name}" in query
    }
    tls = {"ssl": True} if parts["tls"] == "rediss" else {}
    options = _options(parts, query)
    tls_options = {name: value for name, value in options.items() if name.startswith("ssl_")}
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(host, port or 26379) for host, port in _hosts(parts["hosts"])],
        sentinel_kwargs={**timeouts, **of_sentinels, **tls, **tls_options},
        **timeouts,
        **tls,
        **options,
    )
    return sentinel.master_for(found[1], db=int(found[2] or 0))  # type: ignore[no-any-return, no-untyped-call]


def _cluster_options(url: str) -> tuple[str, list[Any]]:
    """One node's plain address, and all nodes."""
    from redis.cluster import ClusterNode

    parts = _parts(url)
    if parts["path"].strip("/") not in ("", "0"):
        raise ValueError("names a database; a cluster has one only")
    _options(parts, dict(parse_qsl(parts["query"])))
    hosts = [(host, port or 6379) for host, port in _hosts(parts["hosts"])]
    login = f"{parts['login']}@" if parts["login"] else ""
    host, port = hosts[0]
    written = f"[{host}]" if ":" in host else host
    query = f"?{parts['query']}" if parts["query"] else ""
    return f"{parts['tls']}://{login}{written}:{port}{query}", [
        ClusterNode(host, port)  # type: ignore[no-untyped-call]
        for host, port in hosts
    ]


def _parts(url: str) -> dict[str, str]:
    found = _FORM.fullmatch(url)
    if found is None:
        raise ValueError("is no address of a Redis")
    return {name: value or "" for name, value in found.groupdict().items()}


def _hosts(text: str) -> list[tuple[str, int | None]]:
    found = [_HOST.fullmatch(each) for each in text.split(",")]
    if not all(found) or any(each and int(each[2] or 1) not in range(1, 65536) for each in found):
        raise ValueError("must name its hosts as host:port,host:port")
    return [(each[1].strip("[]"), int(each[2]) if each[2] else None) for each in found if each]


def _options(parts: dict[str, str], query: dict[str, str]) -> dict[str, Any]:
    """Login and query as redis-py takes them."""
    from redis.connection import ConnectionPool

    login = f"{parts['login']}@" if parts["login"] else ""
    pool = ConnectionPool.from_url(f"{parts['tls']}://{login}host?{urlencode(query)}")
    _tried(pool.connection_class, pool.connection_kwargs)
    return {
        name: value
        for name, value in pool.connection_kwargs.items()
        if name in {"username", "password", *query}
    }


def _tried(connection: Any, options: dict[str, Any]) -> None:
    try:
        connection(**options)
    except TypeError as error:
        raise ValueError("has a name in its query that the Redis client does not know") from error


def _timeouts(seconds: float) -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        # Once more, at once: the connection may have been idle across a restart.
        "retry": Retry(NoBackoff(), 1),
    }
