"""Servers that never outlive the test run, not even one that was killed.

Run as a program it keeps one server: it starts the command in a process group of its own, ends that
group and removes its directory when the command ends or when standard input closes. The test
process holds the other end of that pipe, so its death, however sudden, closes it.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

GRACE_SECONDS = 3.0
INSTALL_HINT = "run `make test`, or `python -m tests.stores.install`, to install it"


class StoreFailure(Exception):
    """A store is not installed or did not start. The message says what to do or what it printed."""


#: Below the ports that systems give to outgoing connections (32,768 and up on Linux, 49,152 on
#: macOS): one of these could be anybody's before the server that it was meant for listens.
PORTS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Distinct loopback ports that nobody listened on a moment ago. Raises StoreFailure."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise StoreFailure(f"fewer than {count} of the ports from {PORTS[0]} to {PORTS[-1]} are free")


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
                [sys.executable, __file__, str(self.directory), *command],
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


def _end_group(leader: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        leader.wait(GRACE_SECONDS)
    # The leader may be gone while its children are not: the group, not the leader, is asked.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def keep(directory: Path, command: Sequence[str]) -> int:
    """Run the command until it ends or standard input closes; its directory goes with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)

    def wait_for_parent() -> None:
        # Unbuffered: a thread inside a buffered read breaks the interpreter's exit.
        os.read(sys.stdin.fileno(), 1)
        _end_group(server)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    status = server.wait()
    _end_group(server)
    ended_by_parent = status in (0, -signal.SIGTERM, -signal.SIGKILL)
    if ended_by_parent:
        shutil.rmtree(directory, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), sys.argv[2:]))
