"""Looking again when a URL is dead."""

from __future__ import annotations

import queue

from app.assets.url_ends import SLACK_SECONDS, UrlEnds
from app.domain.errors import StorageUnavailable


class Clock:
    """As far as the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_key_is_looked_at_when_its_own_url_is_dead() -> None:
    """The first to die first, whichever was signed first; a fault ends nothing."""
    clock, looked = Clock(), queue.Queue[str]()

    def look(key: str) -> None:
        looked.put(key)
        if key == "b":
            raise StorageUnavailable

    ends = UrlEnds(look, clock=clock)
    ends.expect("a", 100)
    ends.expect("b", 10)
    clock.now = 10 + SLACK_SECONDS
    ends.expect("c", 1000)
    assert looked.get(timeout=30) == "b"
    clock.now = 100 + SLACK_SECONDS
    ends.expect("d", 1000)
    assert looked.get(timeout=30) == "a"
    assert looked.empty()
