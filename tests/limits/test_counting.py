"""Counts are made once, and hold few threads (T55)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.domain.errors import Problem, StorageError, StorageUnavailable
from app.limits import counting
from app.limits.counting import Counting


class SlowStore:
    """Counts end when they are let; ``begun`` says that one is under way."""

    def __init__(self) -> None:
        self.counts = 0
        self.begun, self.let = threading.Event(), threading.Event()
        self.problem: Problem | None = None

    def count(self) -> None:
        self.counts += 1
        self.begun.set()
        assert self.let.wait(60)
        if self.problem:
            raise self.problem


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


def waits(counts: Counting, number: int) -> Callable[[], bool]:
    """Whether so many requests wait for a count that is slow."""
    return lambda: counts._patient._value == counting.MAX_WAITING - number


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def failure(future: Future[None]) -> str:
    error = future.exception(60)
    return "" if error is None else f"{type(error).__name__}"


def test_t55_a_silent_store_holds_few_threads(
    store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T55: of a user's hundred requests one counts and two wait; the others are told at once."""
    monkeypatch.setattr(counting, "PATIENCE_SECONDS", 0.05)
    counts = Counting()
    with ThreadPoolExecutor(16) as pool:
        first = pool.submit(counts.run, "alice", store.count)
        assert store.begun.wait(60)
        others = [pool.submit(counts.run, "alice", store.count, join=True) for _ in range(99)]
        until(lambda: sum(other.done() for other in others) == 97)
        refused = [other for other in others if other.done()]
        assert {failure(other) for other in refused} == {"StorageUnavailable"}
        assert {error.retry_after_seconds for error in map(Future.exception, refused)} == {1}  # type: ignore[union-attr]
        # Another user counts meanwhile.
        counts.run("bob", lambda: None)
        store.let.set()
        assert first.exception(60) is None
        assert {failure(other) for other in others if other not in refused} == {""}
    assert store.counts == 1


def test_a_count_that_is_not_slow_is_waited_for_by_all(
    store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that begins with a dozen requests at once makes two counts: one that was under way,
    and one that began after all of them."""
    monkeypatch.setattr(counting, "PATIENCE_SECONDS", 60)
    counts = Counting()
    with ThreadPoolExecutor(16) as pool:
        first = pool.submit(counts.run, "alice", store.count)
        assert store.begun.wait(60)
        others = [pool.submit(counts.run, "alice", store.count) for _ in range(12)]
        waiting = counts._flights["alice"].ended._cond._waiters  # type: ignore[attr-defined]
        until(lambda: len(waiting) == 12)
        store.let.set()
        assert {failure(each) for each in (first, *others)} == {""}
    assert store.counts == 2


def test_t55_a_failed_count_is_shared_and_remembered(
    store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T55: who waited fails with it, and so does who comes next, without asking the store."""
    monkeypatch.setattr(counting, "PATIENCE_SECONDS", 0.05)
    now = [100.0]
    counts = Counting(clock=lambda: now[0])
    store.problem = StorageError("garbled", retry_after_seconds=7)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(counts.run, "alice", store.count)
        assert store.begun.wait(60)
        now[0] += 1
        waiting = pool.submit(counts.run, "alice", store.count)
        until(waits(counts, 1))
        store.let.set()
        assert failure(first) == "StorageError"
        assert failure(waiting) == "StorageError"
    with pytest.raises(StorageError, match="garbled") as again:
        counts.run("alice", store.count)
    assert again.value.retry_after_seconds == 7
    assert store.counts == 1
    now[0] += counting.KNOWN_SECONDS + 0.1
    store.problem = None
    counts.run("alice", store.count)
    assert store.counts == 2
    assert not counts._flights
    assert not counts._ended["alice"].problem


def test_t55_nobody_waits_for_longer_than_the_deadline(
    store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T55: then it is a 503."""
    monkeypatch.setattr(counting, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(counting, "DEADLINE_SECONDS", 0.05)
    counts = Counting()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(counts.run, "alice", store.count)
        assert store.begun.wait(60)
        with pytest.raises(StorageUnavailable, match="being counted"):
            counts.run("alice", store.count)
        store.let.set()
        assert failure(first) == ""


def test_a_fault_of_ours_frees_those_who_wait(store: SlowStore) -> None:
    """Whatever a count raises, the next one may be made."""

    def fail() -> None:
        raise ZeroDivisionError

    counts = Counting()
    with pytest.raises(ZeroDivisionError):
        counts.run("alice", fail)
    with pytest.raises(StorageUnavailable):
        counts.run("alice", store.count)
