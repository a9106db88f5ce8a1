"""Servers that never outlive the test run, not even one that was killed: ``keeper.py``."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

KEEPER = Path(__file__).with_name("keeper.py")
INSTALL_HINT = "run `make test`, or `python -m tests.stores.install`, to install it"


class StoreFailure(Exception):
    """A store is not installed or did not start. The message says what to do or what it printed."""


def installed(program: Path) -> str:
    """The program's path; raises StoreFailure with the way to install it."""
    if not program.exists():
        raise StoreFailure(f"{program.name} is missing from {program.parent}: {INSTALL_HINT}")
    return str(program)


class Server:
    """A command with a directory of its own, ended as a whole by `stop`.

    The command's output goes to `directory/log`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.directory = Path(tempfile.mkdtemp(prefix=f"store-{name}-"))
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: Sequence[str],
        ready: Callable[[], bool],
        environ: Mapping[str, str] | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        """Start and return when `ready()` is true; raises StoreFailure with the log's end."""
        with (self.directory / "log").open("wb") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, str(KEEPER), str(self.directory), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environ or {})},
            )
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                raise StoreFailure(f"{self.name} did not start; its last words:\n{self.log_tail()}")
            time.sleep(0.02)

    def pid(self) -> int:
        """The command's own process. Raises StoreFailure when it has ended."""
        if self._keeper is not None:
            children = Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children")
            if found := children.read_text().split():
                return int(found[0])
        raise StoreFailure(f"{self.name} does not run")

    def log_tail(self, lines: int = 30) -> str:
        # The keeper may have removed the directory: its server ended.
        with contextlib.suppress(OSError):
            text = (self.directory / "log").read_text(errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return "(the server ended at once)"

    def stop(self) -> None:
        """End the server and remove its directory; safe to call twice."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def answers(port: int) -> Callable[[], bool]:
    """Readiness: somebody accepts connections on the loopback port."""

    def ready() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return ready
