"""The addresses of Redis: what is taken, and what is refused before anything connects."""

from __future__ import annotations

import pytest

from app.limits.redis_address import check, connect


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://user:p%40ss@redis.example:6380/3?socket_keepalive=true",
        "rediss://:secret@[::1]:6379/0?ssl_cert_reqs=none",
        "unix:///run/redis.sock?db=1",
        "redis+cluster://one,two:7001,[::1]:7002",
        "rediss+cluster://:secret@cluster.example:6379?ssl_ca_certs=/ca.pem",
        "redis+cluster://one/0",
        "redis+sentinel://one,two:26380/main",
        "rediss+sentinel://user:secret@one/main/2?sentinel_password=s&ssl_ca_certs=/ca.pem",
    ],
)
def test_addresses_that_are_taken(url: str) -> None:
    """One server, by TLS, by a socket; a cluster; Sentinels; nothing connects."""
    check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "redis://localhost:port",
        "redis://localhost/0?no_such_option=1",
        "redis+cluster://",
        "redis+cluster://one:0",
        "redis+cluster://one:70000",
        "redis+cluster://one,,two",
        "redis+cluster://one/3",
        "redis+cluster://one?no_such_option=1",
        "redis+sentinel://one",
        "redis+sentinel://one/main/x",
        "redis+sentinel://one/main/0?no_such_option=1",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    """By a ValueError, at start."""
    with pytest.raises(ValueError, match=r"\S"):
        check(url)


def test_login_and_database_reach_the_primary_and_not_the_sentinels() -> None:
    """Each has a password of its own."""
    url = "rediss+sentinel://user:p%40ss@one/main/2?sentinel_password=other&ssl_cert_reqs=none"
    pool = connect(url, 1).connection_pool
    options = pool.connection_kwargs
    assert (options["username"], options["password"], options["db"]) == ("user", "p@ss", 2)
    sentinel = pool.sentinel_manager.sentinels[0].connection_pool.connection_kwargs
    assert (sentinel["password"], sentinel["port"]) == ("other", 26379)
    assert "username" not in sentinel or sentinel["username"] is None
