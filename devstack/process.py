"""The store as a process of its own: its command line, its environment, and when it is ready."""

from __future__ import annotations

import fcntl
import functools
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import urllib3

HOST = "127.0.0.1"
#: Below the ports that systems give to outgoing connections (32,768 and up on Linux, 49,152 on
#: macOS): one of these could be anybody's before the server that it was meant for listens.
PORTS = range(20_000, 32_000)


def store_command(port: int) -> list[str]:
    """The store as a program."""
    return [sys.executable, "-m", "gunicorn", *store_arguments(port)]


def store_arguments(port: int) -> list[str]:
    """gunicorn's: one worker (moto keeps everything in its process) and 16 threads."""
    return [
        "devstack.front:create_app()",
        *("--bind", f"{HOST}:{port}"),
        *("--workers", "1", "--worker-class", "gthread", "--threads", "16"),
        *("--timeout", "300", "--keep-alive", "30", "--graceful-timeout", "1"),
        *("--limit-request-line", "8190", "--limit-request-field_size", "16380"),
        *("--log-level", "warning"),
    ]


def clean_environment() -> dict[str, str]:
    """Our own environment without what could lead a client to a real AWS account."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**ours, "AWS_EC2_METADATA_DISABLED": "true"}


def store_environment(
    credentials: Iterable[tuple[str, str]], origins: Iterable[str], directory: Path
) -> dict[str, str]:
    """The store's environment; objects live in unnamed files below ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    return {
        **clean_environment(),
        "STORE_CREDENTIALS": ",".join(f"{name}:{secret}" for name, secret in credentials),
        "STORE_ORIGINS": ",".join(origins),
        "TMPDIR": str(directory),
        "PYTHONUNBUFFERED": "1",
    }


def is_free(port: int) -> bool:
    """Whether nobody listens on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, and that nobody else is given. Raises OSError."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with suppress(OSError), socket.socket() as tried:
            tried.bind((HOST, port))
            if _take(port):
                found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"fewer than {count} of the ports from {PORTS[0]} to {PORTS[-1]} are free")


@functools.cache
def _register() -> int:
    """The descriptor, for as long as this process lives, of a file whose bytes are locked by the
    processes that were given the ports of their numbers."""
    file = Path(tempfile.gettempdir(), f"asset-gateway-ports-{os.getuid()}")
    return os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)


_taken: set[int] = set()


def _take(port: int) -> bool:
    """Whether the port is this process' from now on. Until a server listens on it, others that look
    for one find it free as well."""
    with suppress(BlockingIOError):
        if port not in _taken:
            fcntl.lockf(_register(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            _taken.add(port)
            return True
    return False


def wait_until_answers(
    url: str,
    *,
    status: int | None = None,
    seconds: float = 60,
    alive: Callable[[], bool] = lambda: True,
) -> None:
    """Wait until ``url`` gives any HTTP answer, or one with this status.

    Raises TimeoutError after ``seconds``, or RuntimeError as soon as ``alive`` says no.
    """
    deadline = time.monotonic() + seconds
    with urllib3.PoolManager(retries=False, timeout=2) as http:
        while time.monotonic() < deadline:
            if not alive():
                raise RuntimeError(f"the process behind {url} ended before it answered")
            with suppress(urllib3.exceptions.HTTPError):
                answer = http.request("GET", url, redirect=False)
                if status in (None, answer.status):
                    return
            time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer within {seconds:.0f} s")
