"""Turns: one completion of an upload at a time, and nobody waits for one outside the bulkhead."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import StorageUnavailable
from app.s3.bulkhead import Bulkhead
from app.s3.turns import TURN_SECONDS, Turns


def test_one_at_a_time_of_a_name() -> None:
    """The second comes in when the first is out, and not before."""
    turns = Turns(Bulkhead(4))

    def enter() -> None:
        with turns.of("an upload"):
            pass

    with ThreadPoolExecutor(1) as pool:
        with turns.of("an upload"):
            second = pool.submit(enter)
            with pytest.raises(TimeoutError):
                second.result(0.1)
        second.result(60)


class Taken:
    """The turn of somebody who does not end; ``waiting`` counts those who wait for it."""

    def __init__(self) -> None:
        self.waiting, self.over = threading.Semaphore(0), threading.Event()
        self.timeouts: set[float] = set()

    def acquire(self, timeout: float) -> bool:
        self.timeouts.add(timeout)
        self.waiting.release()
        assert self.over.wait(60)
        return False


def test_t55_who_waits_for_a_turn_has_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """T55: for a turn that does not end as many wait as there are places, and not for ever; all
    others are refused before, so that their threads are free for what needs no store."""
    monkeypatch.setattr("app.s3.bulkhead.PATIENCE_SECONDS", 0.05)
    turns, taken = Turns(Bulkhead(2)), Taken()
    turns._locks = [taken] * len(turns._locks)  # type: ignore[list-item]

    def ask(_: int) -> str:
        with pytest.raises(StorageUnavailable) as refused, turns.of("an upload"):
            pass
        return refused.value.detail

    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(ask, 0) for _ in range(2)]
        assert all(taken.waiting.acquire(timeout=60) for _ in waiting)
        assert all("too many requests wait" in told for told in pool.map(ask, range(8)))
        assert not any(each.done() for each in waiting)
        taken.over.set()
        assert {each.result() for each in waiting} == {"The same is being done already; try again"}
    assert taken.timeouts == {TURN_SECONDS}
