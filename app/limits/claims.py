"""Work on an asset that only one request may do at a time, such as moving it (T52).

With Redis a claim holds between all processes. Without, it holds between the processes that one
server forked: by a POSIX record lock on a file that they share, which ends with its process.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from app.domain.errors import InProgress
from app.limits.redis_client import Script
from app.limits.shared import Shared

#: Longer than any request is at work; a claim of a process that died ends with it.
CLAIM_SECONDS = 300
#: What has no end there is somebody else's, and no claim.
_CLAIM = Script("""
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return 1 end
if redis.call('TTL', KEYS[1]) >= 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
""")
_RELEASE = Script("if redis.pcall('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end")


class Claims:
    """Thread-safe; made before the server forks."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._held: set[int] = set()
        self._lock = threading.Lock()
        # Unlinked at once: the file is what the processes have in common, and nothing else.
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())

    @contextmanager
    def claimed(self, sub: str, what: str) -> Iterator[None]:
        """Have ``what`` of ``sub``'s to oneself. Raises ``InProgress`` when somebody has it."""
        key, token = f"gateway:claim:{{{sub}}}:{what}", secrets.token_hex(8)
        place = int.from_bytes(blake2b(key.encode(), digest_size=7).digest())
        if not self._take_here(place):
            raise InProgress
        try:
            if not self._take(key, token):
                raise InProgress
            try:
                yield
            finally:
                self._give_back(key, token)
        finally:
            self._give_back_here(place)

    def _take(self, key: str, token: str) -> bool:
        client = self._shared.client
        if client is None:
            return True
        return self._shared.use(
            key, lambda: bool(client.run(_CLAIM, [key], [token, CLAIM_SECONDS])), lambda: True
        )

    def _give_back(self, key: str, token: str) -> None:
        client = self._shared.client
        if client is not None:
            self._shared.use(key, lambda: client.run(_RELEASE, [key], [token]), lambda: None)

    def _take_here(self, place: int) -> bool:
        with self._lock:
            if place in self._held:
                return False
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except OSError:
                return False
            self._held.add(place)
            return True

    def _give_back_here(self, place: int) -> None:
        with self._lock:
            self._held.discard(place)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
