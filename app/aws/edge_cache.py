"""What the edge is told to forget: deleted objects must not live on in its caches (T35).

Best effort and off the request's path: a deletion has succeeded once S3 says so. What an
invalidation cannot reach ends with the object's ``max-age`` (docs/playback.md).

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation_Requests.html
"""

from __future__ import annotations

import logging
import posixpath
import re
import threading
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from app.aws.clients import LazyClient

#: CloudFront works on at most 15 paths that end in a wildcard at a time, of all that was sent.
MAX_WILDCARDS = 15
_PLAIN = re.compile(r"[A-Za-z0-9._/-]*")
log = logging.getLogger("gateway.edge")


class EdgeCache:
    """The caches of one distribution."""

    def __init__(self, client: LazyClient | None, distribution_id: str) -> None:
        """Without a client there is nothing to forget."""
        self._client = client
        self._distribution_id = distribution_id
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        # Its thread starts with the first deletion, after gunicorn's fork, and is waited for when
        # the process ends.
        self._thread = ThreadPoolExecutor(1, "edge")

    def forget(self, keys: Iterable[str]) -> None:
        """Have ``keys`` forgotten soon; returns at once and never raises what CloudFront says.

        A key that ends in ``/`` stands for everything below it.
        """
        if self._client is None:
            return
        with self._lock:
            idle = not self._waiting
            self._waiting.update(keys)
            if idle and self._waiting:
                self._thread.submit(self._send, self._client)

    def close(self) -> None:
        """Wait until all is sent; as the end of the process does."""
        self._thread.shutdown()

    def _send(self, client: LazyClient) -> None:
        """Send what has come together since the last time, in one request."""
        from botocore.exceptions import BotoCoreError, ClientError

        with self._lock:
            keys, self._waiting = self._waiting, set()
        paths = wildcards(keys)
        batch = {
            "Paths": {"Quantity": len(paths), "Items": paths},
            "CallerReference": uuid.uuid4().hex,
        }
        try:
            client.get().create_invalidation(
                DistributionId=self._distribution_id, InvalidationBatch=batch
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("the edge was not told of %d deleted objects: %s", len(keys), error)


def wildcards(keys: Iterable[str]) -> list[str]:
    """Invalidation paths that cover ``keys`` with whatever query they were fetched with.

    A path ends before its first character that could be spelt in two ways: CloudFront refuses a
    whole batch for one ``~``, and does not find what it would have spelt otherwise. Too many are
    covered by their nearest common folders, one for each user or, if that is too many still, one
    for all: what is forgotten for nothing is fetched again.
    """
    paths = sorted({_PLAIN.match(f"/{key}")[0] for key in keys})  # type: ignore[index]
    for depth in (3, 2):  # /users/{sub}, /users
        if len(paths) > MAX_WILDCARDS:
            paths = _common_folders(paths, depth)
    return [f"{path}*" for path in paths]


def _common_folders(paths: list[str], depth: int) -> list[str]:
    """The nearest folder of each run of ``paths`` that begin with the same ``depth`` segments."""
    together = groupby(paths, lambda path: path.split("/")[:depth])
    return [posixpath.commonpath([*some]) for _, some in together]
