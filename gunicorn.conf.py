"""How gunicorn serves the gateway."""

import os
import resource
import shutil
import tempfile
from pathlib import Path
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
# Threads: a completion waits for S3, and links are signed meanwhile.
worker_class = "app.serving.Worker"  # gthread, which loses no connection when it stops
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
# gunicorn opens one for its command-line tool, in a place that is not ours.
control_socket_disable = True
accesslog = None  # the application logs its requests, without secrets
loglevel = "warning"

# Metrics of all workers are added up through files in this folder.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="asset-gateway-metrics-")
    _made_here: str | None = os.environ["PROMETHEUS_MULTIPROC_DIR"]
else:
    _made_here = None
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that is gone."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    if _made_here:
        shutil.rmtree(_made_here, ignore_errors=True)
