"""Actors: workers as processes of their own, and the account they work on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from devstack.account import Stack
from devstack.bootstrap import queue_url
from devstack.process import clean_environment, free_port, wait_until_answers
from tests.events.backend import SECRET
from tests.gateway import ALICE

ROOT = Path(__file__).parents[2]


@dataclass
class Worker:
    """``flask events`` on a port of its own for its metrics."""

    process: subprocess.Popen[bytes]
    port: int

    def terminate(self) -> int:
        """As a deploy ends it; the exit status."""
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        """As a crash ends it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Account:
    """A store whose bucket tells its queue, and what a worker is told about both."""

    stack: Stack

    def environment(self, webhook_url: str, **changes: str) -> dict[str, str]:
        return {
            **self.stack.gateway_environment(["http://localhost:3000"]),
            "SECRET_KEY": "one secret for every worker of the tests",
            "EVENTS_QUEUE_URL": queue_url(self.stack),
            "WEBHOOK_URL": webhook_url,
            "WEBHOOK_SECRET": SECRET,
            "LOG_LEVEL": "ERROR",
            **changes,
        }

    @contextmanager
    def worker(
        self, webhook_url: str, *options: str, environment: dict[str, str] | None = None
    ) -> Iterator[Worker]:
        """A worker that is up; ended at the end if it still runs."""
        port = free_port()
        command = [sys.executable, "-m", "flask", "events", "--metrics-port", str(port), *options]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment() | (environment or self.environment(webhook_url)),
        )
        try:
            wait_until_answers(
                f"http://127.0.0.1:{port}/healthz",
                status=200,
                seconds=60,
                alive=lambda: process.poll() is None,
            )
            yield Worker(process, port)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def put(self, body: bytes, *, kind: str = "image/png", mark: str | None = "mark") -> str:
        """Store an object as an upload of Alice's would; its key."""
        key = f"users/{ALICE}/image/{uuid4()}/a.{kind.partition('/')[2]}"
        self.stack.client("s3").put_object(
            Bucket=self.stack.bucket,
            Key=key,
            Body=body,
            ContentType=kind,
            Metadata={"upload": mark} if mark else {},
        )
        return key

    def exists(self, key: str) -> bool:
        found = self.stack.client("s3").list_object_versions(Bucket=self.stack.bucket, Prefix=key)
        return bool(found.get("Versions"))

    def waiting(self) -> int:
        """How many messages are in the queue, seen or hidden."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.stack.client("sqs").get_queue_attributes(
            QueueUrl=queue_url(self.stack), AttributeNames=names
        )
        return sum(int(found["Attributes"][name]) for name in names)


def environment_of(**settings: str) -> dict[str, str]:
    """Next to nothing, and ``settings``: what a clone with a virtual environment has."""
    return {"PATH": os.environ["PATH"], **settings}
