"""Runs scripts on Redis, or Valkey, as it is run: one server, Sentinel, a cluster."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.limits.redis_address import check, connect, is_cluster

if TYPE_CHECKING:
    import redis

#: An answer from Redis takes a tenth of a millisecond; a request must not wait for a dead one.
TIMEOUT_SECONDS = 0.25


class RedisClient:
    """Runs scripts where their keys lie. Connects at the first use. Thread-safe.

    Raises ``redis.RedisError`` for whatever goes wrong there.
    """

    def __init__(self, url: str) -> None:
        """Raises ``ValueError`` for an address that ``check`` refuses."""
        # A twelfth of the time to start, for those alone who have one.
        import redis

        self._redis = redis
        self._url = url
        self._lock = threading.Lock()
        self._cluster: Any = None
        self._single: redis.Redis | None = None
        if is_cluster(url):
            check(url)
        else:
            self._single = connect(url, TIMEOUT_SECONDS)

    def run(self, script: Script, keys: Sequence[str], values: Sequence[Any]) -> Any:
        """What ``script`` returns; all ``keys`` lie in one slot."""

        def ask(client: redis.Redis) -> Any:
            try:
                return client.evalsha(script.sha, len(keys), *keys, *values)
            except self._redis.exceptions.NoScriptError:
                # Not by SCRIPT LOAD, which asks all nodes of a cluster, dead ones too.
                return client.eval(script.text, len(keys), *keys, *values)

        return self._asked(ask)

    def try_write(self, key: str) -> None:
        """Write something that lasts a second to the server that has ``key``.

        What refuses writes may well answer reads: a replica, and a server that is full.
        """
        # One slot with the key, which no user can be named like.
        slot = found[0] if (found := re.search(r"\{[^}]+\}", key)) else f"{{{key}}}"
        self._asked(lambda client: client.set(f"gateway:tried:{slot}", 1, px=1000))

    def unlink(self, keys: Sequence[str]) -> None:
        """Remove keys of one slot."""
        for key in keys:
            self._client().unlink(key)

    def node_of(self, key: str) -> str:
        """Who has ``key``, as far as is known: the nodes of a cluster fail one by one."""
        if self._cluster is None:
            return ""
        try:
            return str(self._cluster.get_node_from_key(key).name)
        except Exception:  # redis-py has several for a slot that nobody covers
            return "nobody"

    def answers(self, key: str) -> bool:
        """Whether the server that has ``key`` answers at all."""
        try:
            if self._cluster is None:
                return bool(self._client().ping())
            return bool(self._cluster.ping(target_nodes=self._cluster.get_node_from_key(key)))
        except Exception:
            return False

    def _asked(self, ask: Callable[[redis.Redis], Any]) -> Any:
        client = self._client()
        try:
            return ask(client)
        except self._redis.exceptions.RedisClusterException as error:
            raise self._redis.ConnectionError(type(error).__name__) from error
        except self._redis.ResponseError as error:
            # The name leads to another primary after a failover, but kept connections to what is a
            # replica by now.
            if self._single is None or not _is_of_a_replica(error):
                raise
            self._single.connection_pool.disconnect(inuse_connections=False)
            return ask(client)

    def _client(self) -> redis.Redis:
        if self._single is not None:
            return self._single
        if self._cluster is None:
            # Its constructor asks the nodes for their slots.
            with self._lock:
                if self._cluster is None:
                    self._cluster = self._connect_cluster()
        return self._cluster  # type: ignore[no-any-return]

    def _connect_cluster(self) -> Any:
        try:
            return connect(self._url, TIMEOUT_SECONDS)
        except self._redis.exceptions.RedisClusterException as error:
            raise self._redis.ConnectionError(type(error).__name__) from error


def _is_of_a_replica(error: Exception) -> bool:
    """Before Redis 7 what a script was refused stands in the middle of its error."""
    return type(error).__name__ == "ReadOnlyError" or "READONLY " in str(error)


class Script:
    """A Lua script, and what Redis knows it by."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
