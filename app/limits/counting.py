"""Counts one user's objects once, however many requests want it, and holds few threads for it.

A count asks the store, which may be slow or silent. So of the requests that miss a count one makes
it; the others wait as long as counts commonly take, and two of them for longer. What failed is
remembered for a moment, as asking again would hold another thread until it fails again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.errors import Problem, StorageUnavailable

#: A count that takes no longer is waited for by everybody.
PATIENCE_SECONDS = 0.5
#: And how long those few wait.
DEADLINE_SECONDS = 10.0
#: Requests of a process that may wait for slow counts.
MAX_WAITING = 2
#: How long it is known how a count ended.
KNOWN_SECONDS = 2.0


@dataclass(slots=True)
class Flight:
    """A count that is being made, or was a moment ago."""

    began_at: float
    ended_at: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    problem: Problem | None = None


class Counting:
    """Counts under way, by user. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}
        self._ended: dict[str, Flight] = {}
        self._patient = threading.Semaphore(MAX_WAITING)

    def run(self, sub: str, count: Callable[[], None], *, join: bool = False) -> None:
        """Return when a ``count`` has ended that began after this call; ``join``: or before it.

        Raises what ``count`` does, also when somebody else's did, and ``StorageUnavailable`` when
        it takes too long.
        """
        asked_at = self._clock()
        while True:
            with self._lock:
                if self._is_known(sub, asked_at):
                    return
                flight = self._flights.get(sub)
                if flight is None:
                    flight = self._flights[sub] = Flight(self._clock())
                    break
            self._wait(flight, asked_at)
            if join or flight.began_at > asked_at:
                if flight.problem:
                    raise _again(flight.problem)
                return
        try:
            count()
        except Problem as problem:
            flight.problem = problem
            raise
        except BaseException:
            flight.problem = StorageUnavailable()
            raise
        finally:
            with self._lock:
                flight.ended_at = self._clock()
                self._ended[sub] = self._flights.pop(sub)
            flight.ended.set()

    def _wait(self, flight: Flight, asked_at: float) -> None:
        patience = flight.began_at + PATIENCE_SECONDS - self._clock()
        if patience > 0 and flight.ended.wait(patience):
            return
        if flight.ended.is_set():
            return
        if self._patient.acquire(blocking=False):
            try:
                left = asked_at + DEADLINE_SECONDS - self._clock()
                if flight.ended.wait(max(0.0, left)):
                    return
            finally:
                self._patient.release()
        raise StorageUnavailable(
            "What you have stored is being counted; try again", retry_after_seconds=1
        )

    def _is_known(self, sub: str, asked_at: float) -> bool:
        """Whether a count that began since then has ended. Raises what the last one failed with."""
        oldest = self._clock() - KNOWN_SECONDS
        for old in [each for each, flight in self._ended.items() if flight.ended_at < oldest]:
            del self._ended[old]
        flight = self._ended.get(sub)
        if flight and flight.problem:
            raise _again(flight.problem)
        return flight is not None and flight.began_at > asked_at


def _again(problem: Problem) -> Problem:
    """The same problem for another caller: a traceback belongs to one."""
    return type(problem)(problem.detail, retry_after_seconds=problem.retry_after_seconds)
