"""The process that runs tests in a sandbox, without paying for imports each time.

It stays in the sandbox's folder with the libraries loaded, none of the project's own modules among
them, and forks for each run: so every run imports the files as they are at that moment. Orders come
as lines of JSON on standard input, outcomes go as such to standard output.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.stores.juicefs import JuicefsStore
from tests.stores.keeper import GRACE_SECONDS
from tests.stores.process import StoreFailure
from tests.stores.swift import SwiftStore

#: What starting costs most; a library that is missing here is only loaded later.
_LIBRARIES = """
    _hypothesis_pytestplugin anyio.pytest_plugin authlib.integrations.flask_oauth2 boto3.session
    botocore.session cryptography.x509 flask flask_cors flask_smorest hypothesis.stateful
    joserfc.jwt mypy_boto3_s3.client prometheus_client.multiprocess puremagic pytest
    pytest_socket pytest_timeout redis requests s3transfer.manager schemathesis.pytest
    standardwebhooks structlog uuid_utils webargs.flaskparser werkzeug.serving xdist.plugin yaml
"""


#: A store ends when nobody holds it any more.
_KEEPERS: list[SwiftStore | JuicefsStore] = []


class _Recorder:
    """A pytest plugin that keeps what ``Outcome`` tells."""

    def __init__(self) -> None:
        self.failed: str | None = None
        self.spoilt: str | None = None
        self.seconds: dict[str, float] = {}

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.spoilt = f"{report.nodeid} {str(report.longrepr)[-300:]}"

    def pytest_runtest_logreport(self, report: Any) -> None:
        name = report.nodeid.partition("[")[0]
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration
        if report.failed and report.when == "call":
            self.failed = self.failed or report.nodeid
        elif report.failed:
            self.spoilt = self.spoilt or f"{report.nodeid} {str(report.longrepr)[-300:]}"


def _test(order: Mapping[str, Any], result: int) -> None:
    """In the fork: run pytest, and write what came of it to the file descriptor."""
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    import hypothesis
    import pytest

    # Shrinking a counterexample is for people; one is enough here, and the next run is another's.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", database=None, phases=phases, deadline=None)
    hypothesis.settings.load_profile("mutants")
    recorder = _Recorder()
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    pytest.main([*options, *([] if order["all"] else ["-x"]), *order["tests"]], plugins=[recorder])
    found = {**vars(recorder), "timed_out": False}
    with os.fdopen(result, "w") as file:
        json.dump(found, file)


def _supervise(order: Mapping[str, Any]) -> dict[str, Any]:
    """Fork, and wait for the result as long as ``order`` allows, and somebody for the outcome."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _test(order, writing)
        finally:
            os._exit(0)
    os.close(writing)
    deadline, text = time.monotonic() + order["seconds"], b""
    # Orders come one at a time: what is to be read meanwhile is the end of input.
    waiting = [reading, sys.stdin.fileno()]
    while found := select.select(waiting, [], [], max(0.0, deadline - time.monotonic()))[0]:
        if reading not in found or not (chunk := os.read(reading, 65536)):
            break
        text += chunk
    os.close(reading)
    late = not text and (time.monotonic() >= deadline or reading not in found)
    if late:
        os.kill(child, signal.SIGKILL)
        # The keepers of stores see their pipe closed, and end what they keep.
        time.sleep(GRACE_SECONDS + 1)
    os.waitpid(child, 0)
    # The group: nothing that the tests started may stay behind.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if text:
        return dict(json.loads(text))
    spoilt = None if late else "the tests ended without a result"
    return {"failed": None, "spoilt": spoilt, "timed_out": late, "seconds": {}}


def _share(kept: type[SwiftStore] | type[JuicefsStore]) -> None:
    """Start a store for all runs, which take buckets of their own; it ends with this process.

    One that does not start is left to the tests, which say so.
    """
    with contextlib.suppress(StoreFailure):
        keeper = kept()
        store = keeper.__enter__()
        _KEEPERS.append(keeper)
        kept.__enter__ = lambda _self: store  # type: ignore[method-assign]
        kept.__exit__ = lambda *_: None  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    for library in _LIBRARIES.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    _share(SwiftStore)
    _share(JuicefsStore)
    # Forks do not live long enough for it to be worth its time, which is a third of theirs.
    gc.freeze()
    gc.disable()
    for line in sys.stdin:
        print(json.dumps(_supervise(json.loads(line))), flush=True)
