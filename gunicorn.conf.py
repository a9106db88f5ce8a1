"""How gunicorn serves the gateway."""

import ctypes
import gc
import logging
import os
import resource
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any


def _everywhere(port: str) -> list[str]:
    """All addresses of this machine, those of IPv6 where there are any."""
    ipv4, ipv6 = f"0.0.0.0:{port}", f"[::]:{port}"
    try:
        with socket.socket(socket.AF_INET6) as tried:
            # A port of the system's choice: whether ours is free is for gunicorn to find out.
            tried.bind(("::", 0))
            is_for_both = not tried.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    except OSError:
        return [ipv4]
    return [ipv6] if is_for_both else [ipv4, ipv6]


bind = _everywhere(os.environ.get("PORT") or "8000")
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
# Threads: a completion waits for S3, and links are signed meanwhile. More than may wait for S3
# (app/s3/bulkhead.py).
worker_class = (
    "app.operations.gunicorn_worker.Worker"  # gthread, which loses no connection when it stops
)
threads = 16
# Each is a descriptor; the rest is for the store's connections, Redis and files.
worker_connections = max(
    2 * threads, min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 128)
)
# Behind a load balancer that keeps connections for a minute.
keepalive = 75
# Settings are read once; a faulty one stops the server before it forks.
preload_app = True
graceful_timeout = 30
# Uppy's batch of 1,000 part numbers and an 8 KB token must reach the application, which answers
# for itself what is too long.
limit_request_line = 8190
limit_request_field_size = 16384
# The application asks nobody for its path or scheme (TRUSTED_PROXIES is for addresses alone). By
# default gunicorn takes them from whoever connects from this machine, so from the headers that a
# proxy beside it passes on, and the path from a variable, too.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
os.environ.pop("SCRIPT_NAME", None)
# gunicorn opens one for its command-line tool, in a place that is not ours.
control_socket_disable = True
accesslog = None  # the application logs its requests, without secrets
loglevel = "warning"

# glibc gives each thread a heap of its own, up to eight a core, and each keeps the most that its
# thread ever needed: memory would rise for hours. Python's threads take turns, so two will do.
_M_ARENA_MAX = -8  # malloc.h, mallopt(3)
with suppress(OSError, AttributeError):  # another C library
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)

# Metrics of all workers are added up through files in this folder: in memory, where the system
# has a place for that, as a full disk does not reach it there.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
        prefix="asset-gateway-metrics-",
        dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108
    )
    _made_here: str | None = os.environ["PROMETHEUS_MULTIPROC_DIR"]
else:
    _made_here = None
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)
# Twice what every route with every status takes, so that they never grow.
_METRIC_FILE_BYTES = 256 * 1024


class _Uncounted:
    """What ``prometheus_client.values`` uses of a mapped file, without one."""

    def __init__(self, filename: str) -> None:
        """The file is not touched."""

    def read_value(self, _key: str) -> tuple[float, float]:
        return 0.0, 0.0

    def write_value(self, _key: str, _value: float, _timestamp: float) -> None:
        """Count nothing."""

    def close(self) -> None:
        """There is nothing to close."""


def _reserve(file: Path) -> None:
    """Make ``file`` at its whole length at once: others read all that are there at any time, and
    one without a length is a fault to them. Raises OSError."""
    if file.exists():  # of a process that had this number before
        return
    made = file.with_suffix(".new")
    try:
        with made.open("wb") as opened:
            if hasattr(os, "posix_fallocate"):  # macOS has none
                os.posix_fallocate(opened.fileno(), 0, _METRIC_FILE_BYTES)
            else:
                opened.truncate(_METRIC_FILE_BYTES)
        made.rename(file)
    finally:
        made.unlink(missing_ok=True)


def _reserve_metric_files() -> None:
    """Allocate the files in which this process will count, or let it go on without counting.

    prometheus-client maps sparse files. A page of one that cannot be had when it is first written
    to, because the disk is full, ends the process with SIGBUS, and its successor with it.
    """
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    files = [folder / f"{kind}_{os.getpid()}.db" for kind in ("counter", "histogram")]
    try:
        for file in files:
            _reserve(file)
    except OSError as error:
        from prometheus_client import values

        for file in files:
            file.unlink(missing_ok=True)
        values.MmapedDict = _Uncounted
        logging.getLogger("gateway.metrics").warning(
            "this process counts nothing, its metrics have no room: %s", error.strerror
        )


# The application counts from its import on.
_reserve_metric_files()


def on_starting(server: Any) -> None:
    """Lose nobody who connects while it stops."""
    from app.operations.newcomers import turn_away_at_the_end

    turn_away_at_the_end(server)


def pre_fork(_server: Any, _worker: Any) -> None:
    """Keep for the worker what would end it, until it can take it."""
    from app.operations.endings import hold_back

    hold_back()


def post_fork(_server: Any, _worker: Any) -> None:
    """Give a worker files of its own to count in, and fewer collections: an answer of a thousand
    links is thousands of objects, none of them garbage before it is sent.

    What was loaded before the fork is left out of them: the first to look at it would make a copy
    of all those pages, 20 MB that the processes share."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    _reserve_metric_files()


def post_worker_init(_worker: Any) -> None:
    """Send metrics from one of the workers, if the environment asks for it."""
    from app.operations import pushed_metrics

    pushed_metrics.start()


def worker_exit(_server: Any, _worker: Any) -> None:
    """Send what was counted last."""
    from app.operations import pushed_metrics

    pushed_metrics.stop()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that is gone."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    if _made_here:
        shutil.rmtree(_made_here, ignore_errors=True)
