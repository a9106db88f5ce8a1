"""Starts stores for tests in a fraction of their time: most of it is imports, done here once.

``python -m devstack.warm`` takes a store's arguments and environment, a JSON document a line, and
answers each with the id of a process that has become that store, forked from this one. It ends all
of them, and removes what they stored, when its input ends, and so when the tests' process dies.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

#: What ``devstack.front`` imports as it starts, and moto as it is first asked.
_IMPORTS = (
    *("devstack.front", "moto.moto_server.werkzeug_app", "gunicorn.app.wsgiapp"),
    *("devstack.back_ends", "devstack.bucket_events", "devstack.codes", "devstack.identity"),
    *("devstack.mends", "devstack.queues", "gunicorn.arbiter", "gunicorn.workers.gthread"),
    *(f"moto.{name}.urls" for name in ("s3", "cognitoidp", "sqs", "sts", "iam", "cloudfront")),
)
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Warm:
    """The process that forks stores. Thread-safe; it starts with the first of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def store(
        self, arguments: list[str], environment: Mapping[str, str], output: IO[str] | None
    ) -> int:
        """The process of a store that starts now, a group of its own; its output goes to the file.

        Raises ``RuntimeError`` when there is none.
        """
        asked = [arguments, dict(environment), os.path.abspath(output.name) if output else None]
        with self._lock:
            self._process = self._process or self._start()
            orders, answers = self._process.stdin, self._process.stdout
            if orders is None or answers is None:  # for mypy: both are pipes
                raise RuntimeError
            orders.write(f"{json.dumps(asked)}\n")
            orders.flush()
            answer = answers.readline()
        if not answer:
            raise RuntimeError("the process that starts stores has ended")
        return int(answer)

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack.warm"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end, process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        process.communicate()


WARM = Warm()


def is_alive(pid: int) -> bool:
    """Whether a store still runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def end(pid: int) -> None:
    """End a store at once, as what it holds is nobody's; return when it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.005)


def _become(arguments: list[str], environment: Mapping[str, str], output: str | None) -> None:
    os.setsid()
    with suppress(AttributeError):  # Linux alone: it dies with the process that forked it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    written = os.open(output, os.O_WRONLY | os.O_APPEND) if output else 2
    os.dup2(written, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # What was drawn or found out before the fork would be the same in all of them.
    tempfile.tempdir = None
    random.seed()
    mocked: Any = import_module("moto.moto_api._internal").mock_random
    mocked.seed(os.urandom(16))
    from gunicorn.app.wsgiapp import WSGIApplication

    sys.argv = ["gunicorn", *arguments]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


def main() -> None:
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "1"
    for name in _IMPORTS:
        import_module(name)
    # Nobody waits for them: the kernel forgets those that end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folders: dict[int, str] = {}
    for line in sys.stdin:
        arguments, environment, output = json.loads(line)
        if (pid := os.fork()) == 0:
            try:
                _become(arguments, environment, output)
            finally:
                os._exit(1)
        folders[pid] = environment["TMPDIR"]
        print(pid, flush=True)
    for pid, folder in folders.items():
        end(pid)
        # Gone already, unless the tests' process was killed.
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
