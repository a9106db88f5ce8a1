"""Many clients that ask without a pause, and what each of their requests came to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from tests.faults.servers import LINKS, Server


class Load:
    """``outcomes`` counts statuses, and errors by their kind: ``refused`` is a connection that was
    never made, ``lost`` a request that was sent and not answered."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._changed = threading.Condition()
        self._over = False
        self.outcomes: Counter[int | str] = Counter()

    @contextmanager
    def of(self, clients: int) -> Iterator[Load]:
        """``clients`` at once; every other one makes a new connection for each request."""
        threads = [
            threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over = True
            for thread in threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more were answered."""
        with self._changed:
            goal = self.outcomes[200] + more
            assert self._changed.wait_for(lambda: self.outcomes[200] >= goal, timeout=60)

    def _ask(self, keeps: bool) -> None:
        with urllib3.PoolManager(retries=False, timeout=40) as http:
            while not self._over:
                outcome = self._once(http, keeps)
                with self._changed:
                    self.outcomes[outcome] += 1
                    self._changed.notify_all()
                if outcome == "refused":
                    return

    def _once(self, http: urllib3.PoolManager, keeps: bool) -> int | str:
        headers = self._server.headers | ({} if keeps else {"Connection": "close"})
        try:
            answer = http.request(
                "POST", f"{self._server.url}/v1/links", json=LINKS, headers=headers
            )
            assert answer.status != 200 or b"X-Amz-Signature" in answer.data
            return answer.status
        except urllib3.exceptions.NewConnectionError:
            return "refused"
        except urllib3.exceptions.HTTPError:
            return "lost"
