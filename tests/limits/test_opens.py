"""How often shares were opened: exact in parallel, and closed while nobody can count."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import StorageUnavailable
from app.domain.paths import AssetPath
from app.domain.shares import Share, mint_share_id
from app.limits.opens import Opens
from app.limits.shared import Shared
from tests.limits.redis_server import RedisServer
from tests.limits.test_foreign_redis import TYPES

PATH = AssetPath.parse("image/a.png")


def make(*, max_opens: int | None = None, seconds: int = 60) -> Share:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    return Share("alice", mint_share_id(PATH), PATH, "inline", ends, max_opens=max_opens)


def key_of(share: Share) -> str:
    return f"gateway:opens:{{{share.sub}}}:{share.share_id}"


def test_t36_no_more_opens_than_allowed_also_in_parallel(redis_url: str) -> None:
    """T36: of forty at once, by four processes' clients, exactly five get in."""
    share = make(max_opens=5)
    counters = [Opens(Shared(redis_url)) for _ in range(4)]
    with ThreadPoolExecutor(8) as visitors:
        got_in = list(visitors.map(lambda i: counters[i % 4].take(share, counts=True), range(40)))
    assert sum(got_in) == 5
    assert counters[0].of("alice", [share.share_id]) == {share.share_id: 5}
    assert not counters[0].take(share, counts=False)


def test_counts_end_with_their_share(redis_url: str, redis_server: RedisServer) -> None:
    """Nothing is left in Redis of a share that has expired."""
    share, opens = make(seconds=60), Opens(Shared(redis_url))
    assert opens.take(share, counts=True)
    with redis_server.client() as client:
        assert 0 < client.ttl(key_of(share)) <= 60
    assert opens.take(share, counts=False)
    assert opens.of("alice", [share.share_id, "unknown"]) == {share.share_id: 1, "unknown": 0}


def test_without_redis_nothing_is_counted() -> None:
    """Everybody gets in; how many did is not known."""
    opens = Opens(Shared(""))
    assert not opens.are_counted
    assert opens.take(make(), counts=True)
    assert opens.of("alice", ["x"]) == {}


def test_t36_a_limited_share_is_closed_while_redis_is_lost(mortal_redis: RedisServer) -> None:
    """T36: a count in memory would begin at none again; the others stay open."""
    opens = Opens(Shared(mortal_redis.url))
    limited, free = make(max_opens=5), make()
    assert opens.take(limited, counts=True)
    mortal_redis.kill()
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            opens.take(limited, counts=True)
        assert opens.take(free, counts=True)
    assert opens.of("alice", [limited.share_id]) == {}


@pytest.mark.parametrize("kind", TYPES)
def test_whatever_stands_there_is_counted_anew(
    kind: str, redis_url: str, redis_server: RedisServer
) -> None:
    """Somebody else's value is no count, and no fault."""
    share, opens = make(max_opens=2), Opens(Shared(redis_url))
    with redis_server.client() as client:
        TYPES[kind](client, key_of(share))
    assert opens.of("alice", [share.share_id]) == {share.share_id: 0}
    assert [opens.take(share, counts=True) for _ in range(3)] == [True, True, False]
