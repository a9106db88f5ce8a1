"""How many wait for AWS at once, and what becomes of the others."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import StorageUnavailable
from app.s3 import bulkhead as bulkhead_module
from app.s3.bulkhead import PATIENCE_SECONDS, Bulkhead


class Patience:
    """Places that say for how long each who asks for one would wait, and let nobody wait."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self._places, bulkhead._places = bulkhead._places, self  # type: ignore[assignment]
        self.waited: list[float] = []

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        if blocking:
            assert timeout is not None
            self.waited.append(timeout)
        return self._places.acquire(blocking=False)

    def release(self) -> None:
        self._places.release()

    def refuses(self, bulkhead: Bulkhead) -> list[float]:
        """For how long a thread would wait that is refused in the end."""
        self.waited = []

        def ask() -> None:
            with pytest.raises(StorageUnavailable) as caught, bulkhead:
                pass
            assert caught.value.retry_after_seconds

        with ThreadPoolExecutor(1) as other:
            other.submit(ask).result()
        return self.waited


def test_a_place_is_kept_by_who_asks_again() -> None:
    """A thread that has the last place may enter again; another is refused after its patience,
    the next at once; all is free in the end."""
    places = Bulkhead(1)
    patience = Patience(places)
    with places, places:
        assert patience.refuses(places) == [PATIENCE_SECONDS]
        assert patience.refuses(places) == []
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: places.__enter__()).result()


def test_a_full_store_that_is_well_is_waited_for() -> None:
    """With more requests than places, each of a few milliseconds, none is refused."""
    places, most, inside = Bulkhead(2, clock=lambda: 0.0), 0, 0
    with places:
        pass
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
    monkeypatch.setattr(bulkhead_module, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(bulkhead_module, "MAX_LOOKS", 10_000)
    places = Bulkhead(1, clock=lambda: 0.0)  # each place has just come back
    with places:
        pass

    def ask(_: int) -> None:
        with places:
            time.sleep(0.02)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))


def test_what_times_out_is_no_sign_of_life() -> None:
    """A place that comes back late leaves the store stuck; one that comes back soon does not."""
    now = [0.0]
    places = Bulkhead(1, clock=lambda: now[0])
    patience = Patience(places)
    with places:
        now[0] = 10
        assert patience.refuses(places)
    with places:
        assert not patience.refuses(places)
    with places:
        now[0] = 20
        assert patience.refuses(places)
