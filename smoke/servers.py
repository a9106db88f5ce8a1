"""The gateway and its worker on this machine, as they are run in production."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from devstack.process import HOST, clean_environment, free_port, wait_until_answers

ROOT = Path(__file__).parents[1]
_START_SECONDS, _STOP_SECONDS = 120, 45


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """The gateway's address, once it and the worker are ready. Raises ``TimeoutError`` or
    ``RuntimeError`` when they do not get so; ``log`` says why."""
    port, metrics = free_port(), free_port()
    env = {**clean_environment(), "WEB_CONCURRENCY": "1", **environment, "PORT": str(port)}
    env["PUBLIC_BASE_URL"] = f"http://{HOST}:{port}"
    web = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "wsgi:app"]
    worker = [sys.executable, "-m", "flask", "events", "--metrics-port", str(metrics)]
    with ExitStack() as ending:
        output = ending.enter_context(log.open("ab"))
        running = []
        for command in (web, worker):
            # A group of its own: Ctrl-C is for us, who end it when the journey is over.
            process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=output, stderr=output, start_new_session=True
            )
            ending.callback(_end, process)
            running.append(process)
        # IAM needs a while to know a new access key everywhere.
        _wait(running[0], f"http://{HOST}:{port}/readyz")
        _wait(running[1], f"http://{HOST}:{metrics}/healthz")
        yield f"http://{HOST}:{port}"


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    wait_until_answers(
        address, status=200, seconds=_START_SECONDS, alive=lambda: process.poll() is None
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
