"""Key ids that were asked for in vain, so that no fetch judges who came after it began (T59)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

# Who asks with more is forgotten in turn, and undecided then: at 128 characters, a quarter MB.
MAX_UNKNOWN_KIDS = 1024


class UnknownKids:
    """When each was first asked for, counted in fetches begun. Thread-safe, and bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun_before: OrderedDict[str, int] = OrderedDict()

    def note(self, kid: str, fetches_begun: int) -> None:
        with self._lock:
            self._begun_before.setdefault(kid, fetches_begun)
            while len(self._begun_before) > MAX_UNKNOWN_KIDS:
                self._begun_before.popitem(last=False)

    def withdraw(self, kids: Iterable[str]) -> None:
        """These were known until now, so that any fetch may judge them."""
        with self._lock:
            self._begun_before.update(dict.fromkeys(kids, 0))

    def was_asked_before(self, kid: str, fetch: int) -> bool:
        """Whether the ``fetch``-th began after ``kid`` was first asked for."""
        with self._lock:
            return self._begun_before.get(kid, fetch) < fetch
