"""Runs tests of a copy of this project, many times over, without paying for imports each time.

As a program it stays in its folder with the libraries loaded, none of the project's own modules
among them, and forks for each run: so every run imports the files as they are at that moment.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.stores.process import GRACE_SECONDS

ROOT = Path(__file__).parents[2]
#: What starting costs most; a library that is missing here is only loaded later.
_LIBRARIES = """
    _hypothesis_pytestplugin anyio.pytest_plugin authlib.integrations.flask_oauth2 boto3.session
    botocore.session cryptography.x509 flask flask_cors flask_smorest hypothesis.stateful
    joserfc.jwt limits.storage mypy_boto3_s3.client prometheus_client.multiprocess puremagic pytest
    pytest_socket pytest_timeout redis requests s3transfer.manager schemathesis.pytest
    standardwebhooks structlog uuid_utils webargs.flaskparser werkzeug.serving xdist.plugin yaml
"""


class Outcome(NamedTuple):
    """What a run came to.

    ``failed`` is the first test that did, ``spoilt`` what went wrong where nothing was tested: at
    collection or in a fixture. ``seconds`` and ``stores`` are by test: what it took, and what it
    asked to be started.
    """

    failed: str | None
    spoilt: str | None
    timed_out: bool
    seconds: Mapping[str, float]
    stores: Mapping[str, Sequence[str]]


class Sandbox:
    """A copy of what git knows of, in a temporary folder, and the process that tests it."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="mutants-"))
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).exists():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)
        for shared in (".venv", ".stores"):
            (self.root / shared).symlink_to((ROOT / shared).resolve())
        self._edited = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.sandbox"],
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self.root)

    @contextlib.contextmanager
    def having(self, texts: Mapping[str, str]) -> Iterator[None]:
        """The copy with other ``texts`` in some of its files."""
        before = {file: (self.root / file).read_text() for file in texts}
        try:
            self._write(texts)
            yield
        finally:
            self._write(before)

    def _write(self, texts: Mapping[str, str]) -> None:
        for file, text in texts.items():
            (self.root / file).write_text(text)
            # A second of its own each, by which Python tells that its bytecode is stale.
            self._edited += 1
            os.utime(self.root / file, (self._edited, self._edited))

    def run(self, tests: Sequence[str], *, seconds: float, all_of_them: bool = False) -> Outcome:
        """Run ``tests``, node ids, in order up to the first failure or to the last of them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"tests": list(tests), "seconds": seconds, "all": all_of_them}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs tests has ended")
        return Outcome(**json.loads(answer))


class _Recorder:
    """A pytest plugin that keeps what ``Outcome`` tells."""

    def __init__(self) -> None:
        self.failed: str | None = None
        self.spoilt: str | None = None
        self.seconds: dict[str, float] = {}
        self.stores: dict[str, list[str]] = {}

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.spoilt = f"{report.nodeid} {str(report.longrepr)[-300:]}"

    def pytest_itemcollected(self, item: Any) -> None:
        kept = {"swift_store", "juicefs_store", "front_stack", "redis_server"}
        self.stores[item.nodeid.partition("[")[0]] = sorted(kept & set(item.fixturenames))

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
    os._exit(0)


def _supervise(order: Mapping[str, Any]) -> dict[str, Any]:
    """Fork, and wait for the result as long as ``order`` allows."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _test(order, writing)
    os.close(writing)
    deadline, text = time.monotonic() + order["seconds"], b""
    while select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
        if not (chunk := os.read(reading, 65536)):
            break
        text += chunk
    os.close(reading)
    late = not text and time.monotonic() >= deadline
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
    return {"failed": None, "spoilt": spoilt, "timed_out": late, "seconds": {}, "stores": {}}


if __name__ == "__main__":
    for library in _LIBRARIES.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    for line in sys.stdin:
        print(json.dumps(_supervise(json.loads(line))), flush=True)
