"""How many wait for AWS at once, and what becomes of the others."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import StorageUnavailable
from app.s3 import bulkhead as bulkhead_module
from app.s3.bulkhead import Bulkhead


def test_a_place_is_kept_by_who_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that has the last place may enter again; another is refused after its patience,
    the next at once; all is free in the end."""
    monkeypatch.setattr(bulkhead_module, "PATIENCE_SECONDS", 0.5)
    places = Bulkhead(1)

    def refused() -> float:
        began = time.monotonic()
        with pytest.raises(StorageUnavailable) as caught, places:
            pass
        assert caught.value.retry_after_seconds
        return time.monotonic() - began

    with ThreadPoolExecutor(1) as other, places, places:
        assert other.submit(refused).result() >= 0.5
        assert other.submit(refused).result() < 0.5
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: places.__enter__()).result()


def test_a_full_store_that_is_well_is_waited_for() -> None:
    """With more requests than places, each of a few milliseconds, none is refused."""
    places, most, inside = Bulkhead(2), 0, 0
    lock = threading.Lock()

    def ask(_: int) -> None:
        nonlocal inside, most
        with places:
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.002)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(100)))
    assert most == 2


def test_a_busy_store_is_waited_for_longer_than_a_stuck_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever comes last of many waits as long as places come back, however long that takes."""
    monkeypatch.setattr(bulkhead_module, "PATIENCE_SECONDS", 0.05)
    places = Bulkhead(1)

    def ask(_: int) -> None:
        with places:
            time.sleep(0.02)

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert time.monotonic() - began > 2 * 0.05


def test_what_times_out_is_no_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that comes back late leaves the store stuck; one that comes back soon does not."""
    monkeypatch.setattr(bulkhead_module, "PATIENCE_SECONDS", 0.5)
    now = [0.0]
    places = Bulkhead(1, clock=lambda: now[0])

    def refused_at_once() -> bool:
        began = time.monotonic()
        with pytest.raises(StorageUnavailable), places:
            pass
        return time.monotonic() - began < 0.5

    with ThreadPoolExecutor(1) as other:
        with places:
            now[0] = 10
            assert not other.submit(refused_at_once).result()
        with places:
            assert other.submit(refused_at_once).result()
        with places:
            now[0] = 20
            assert not other.submit(refused_at_once).result()
