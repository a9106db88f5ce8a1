"""Turns: one completion of an upload at a time, and nobody waits for one outside the bulkhead."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import StorageUnavailable
from app.s3 import turns as turns_module
from app.s3.bulkhead import Bulkhead
from app.s3.turns import Turns


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
        second.result(5)


def test_t55_who_waits_for_a_turn_has_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """T55: with a turn that does not end, as many wait as there are places, and not for ever; all
    others are refused before, so that their threads are free for what needs no store."""
    monkeypatch.setattr(turns_module, "TURN_SECONDS", 0.3)
    monkeypatch.setattr("app.s3.bulkhead.PATIENCE_SECONDS", 0.05)
    turns, ended = Turns(Bulkhead(2)), threading.Event()
    began = threading.Event()

    def hang() -> None:
        with turns.of("an upload"):
            began.set()
            ended.wait(5)

    def ask(_: int) -> str:
        try:
            with turns.of("an upload"):
                return "done"
        except StorageUnavailable as problem:
            return problem.detail

    with ThreadPoolExecutor(9) as pool:
        hanging = pool.submit(hang)
        assert began.wait(5)
        told = list(pool.map(ask, range(8)))
        ended.set()
        hanging.result()
    assert told.count("The same is being done already; try again") == 1
    assert sum("too many requests wait" in each for each in told) == 7
    with turns.of("an upload"):
        pass
