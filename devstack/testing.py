"""A store for tests: its own process, its own port, gone at the end.

::

    with running_store() as stack:
        sub = stack.create_user("ada@example.com", password)
        token = stack.sign_in("ada@example.com", password)["AccessToken"]
        stack.client("s3").put_object(Bucket=stack.bucket, Key="users/...", Body=b"...")
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from devstack.account import Stack
from devstack.bootstrap import bootstrap
from devstack.credentials import DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY
from devstack.process import (
    HOST,
    free_port,
    store_arguments,
    store_environment,
    wait_until_answers,
)
from devstack.warm import WARM, end, is_alive

ORIGINS = ("http://localhost:3000", "http://127.0.0.1:3000")
DEMO_PAIR = (DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY)


@contextmanager
def running_store(
    *,
    port: int | None = None,
    origins: Iterable[str] = ORIGINS,
    credentials: Iterable[tuple[str, str]] = (DEMO_PAIR,),
    output: IO[str] | None = None,
) -> Iterator[Stack]:
    """Start a store and make pool, client and bucket on it; the first key pair is the stack's.

    ``port`` is free by default; name one to start a store again where one was. ``output`` takes
    what the store prints. Raises RuntimeError when the store does not start.
    """
    pairs, origins = list(credentials), list(origins)
    port = port or free_port()
    endpoint = f"http://{HOST}:{port}"
    with tempfile.TemporaryDirectory(prefix="store-") as directory:
        environment = store_environment(pairs, origins, Path(directory))
        pid = WARM.store(store_arguments(port), environment, output)
        try:
            wait_until_answers(endpoint, alive=lambda: is_alive(pid))
            yield bootstrap(endpoint, origins, access_key=pairs[0])
        finally:
            end(pid)
