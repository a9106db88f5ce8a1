"""What one user with very many objects costs: ``python -m benchmarks.scale [objects [steps]]``.

The store is moto behind the local front, in a process of its own and filled there directly; it
takes longer to answer the more it holds, so times are upper bounds, and the gateway's own share is
its CPU time. Memory is the gateway's, sampled while each step runs. ``listings`` counts instead how
many requests each kind of listing makes for a page (``benchmarks.listings``).
"""

from __future__ import annotations

import heapq
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import listings
from devstack.credentials import DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY
from devstack.process import (
    HOST,
    free_port,
    store_command,
    store_environment,
    wait_until_answers,
)
from tests.gateway import ALICE, Caller, running_gateway
from tests.stores.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BUCKET = "scale"
REGION = "us-east-1"
PAGE_BYTES = os.sysconf("SC_PAGESIZE")
LISTINGS = "listings"
KINDS = ("audio", "image", "video", "projects/p1/frame")


def filled_front(objects: int) -> WSGIApplication:
    """What gunicorn serves: the front over a moto that holds ``objects`` objects in versions."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends
    from uuid_utils import uuid7

    from devstack.front import create_app

    application = create_app()
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, REGION)
    backend.put_bucket_versioning(BUCKET, "Enabled")
    for number in range(objects):
        kind = KINDS[number % len(KINDS)]
        backend.put_object(BUCKET, f"users/{ALICE}/{kind}/{uuid7()}/a.png", b"x" * 100)
    backend.list_object_versions = partial(first_versions, backend)  # type: ignore[method-assign]
    return application


def first_versions(
    backend: Any, bucket_name: str, *, prefix: str = "", max_keys: int = 1000, **_: Any
) -> tuple[list[Any], list[str], list[Any], None, None]:
    """The first versions below ``prefix``, which is all that erasure asks for.

    moto copies every version in the bucket for each page, which takes longer than the gateway
    waits.
    """
    keys = backend.get_bucket(bucket_name).keys
    found: list[Any] = []
    for name in heapq.nsmallest(max_keys, (name for name in keys if name.startswith(prefix))):
        found += keys.getlist(name)
    for version in found:
        version.is_latest = True
    return found[:max_keys], [], [], None, None


@contextmanager
def filled_store(objects: int) -> Iterator[Store]:
    """The store as a process of its own, ready when it is full."""
    port = free_port()
    directory = Path(tempfile.gettempdir()) / f"scale-{port}"
    environment = store_environment(
        [(DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY)], ["http://localhost"], directory
    )
    command = store_command(port)
    command[command.index("devstack.front:create_app()")] = (
        f"benchmarks.scale:filled_front({objects})"
    )
    command[command.index("--timeout") + 1] = "3600"
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://{HOST}:{port}"
            wait_until_answers(url, seconds=3600, alive=lambda: process.poll() is None)
            key, secret = DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY
            yield Store("scale", url, REGION, key, secret, frozenset())
        finally:
            process.terminate()
            process.wait()
            shutil.rmtree(directory)


class Meter:
    """Time, CPU and the most memory while something runs."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self.most = 0

    def _watch(self) -> None:
        while not self._done.wait(0.01):
            self.most = max(self.most, resident())

    def run(self, name: str, step: Callable[[], str]) -> None:
        """Run one step and print its line."""
        before = self.most = resident()
        self._done.clear()
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        began, cpu = time.perf_counter(), time.process_time()
        said = step()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        self._done.set()
        watcher.join()
        grown = (self.most - before) / 1e6
        print(f"{name:28} {seconds:8.1f} s  {cpu:6.1f} s CPU  +{grown:5.1f} MB  {said}", flush=True)


def resident() -> int:
    """The process's memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def measure(alice: Caller, wanted: Sequence[str]) -> None:
    """All that walks through everything of a user, or the steps whose names begin as wanted."""
    meter = Meter()
    alice.get("/v1/assets?limit=1")  # imports, connections, keys

    def first_page() -> str:
        return f"{len(alice.get('/v1/assets?sign=true').get_json()['items'])} assets with links"

    def all_pages() -> str:
        count, cursor = 0, ""
        while cursor is not None:
            page = alice.get(f"/v1/assets?cursor={cursor}" if cursor else "/v1/assets").get_json()
            count, cursor = count + len(page["items"]), page["next_cursor"]
        return f"{count} assets"

    def usage() -> str:
        return f"{alice.get('/v1/me').get_json()['usage']['objects']} objects"

    def export() -> str:
        chunks = alice.get("/v1/me/export", buffered=False).iter_encoded()
        lines = sum(chunk.count(b"\n") for chunk in chunks)
        return f"{lines} lines"

    def erase() -> str:
        calls = deleted = 0
        complete = False
        while not complete:
            answer = alice.delete("/v1/me/data").get_json()
            calls, deleted = calls + 1, deleted + answer["deleted_objects"]
            complete = answer["complete"]
        return f"{deleted} versions in {calls} calls"

    steps = {
        "page, signed": first_page,
        "listing, all pages": all_pages,
        "usage, counted": usage,
        "usage, remembered": usage,
        "export": export,
        "erasure": erase,
    }
    for name, step in steps.items():
        if not wanted or name.startswith(tuple(wanted)):
            meter.run(name, step)


def main(objects: int, wanted: Sequence[str]) -> None:
    print(f"{objects} objects of one user", flush=True)
    if not wanted or LISTINGS in wanted:
        listings.measure(objects)
    if [*wanted] == [LISTINGS]:
        return
    with (
        filled_store(objects) as store,
        running_gateway(store, BUCKET, LOG_LEVEL="WARNING") as gateway,
    ):
        measure(gateway.client_for(ALICE), wanted)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2:])
