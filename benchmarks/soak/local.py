"""The local store with its bucket's events, and ``flask events`` reading them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import TracebackType

from benchmarks.processes import ROOT
from devstack.account import Stack
from devstack.bootstrap import queue_url
from devstack.process import clean_environment, free_port, wait_until_answers
from devstack.testing import running_store
from tests.auth.tokens import ISSUER
from tests.stores.process import Server
from tests.stores.store import Store, Strictness


class LocalStore:
    """``with LocalStore() as store:`` what ``make dev`` has, with a queue that hears of objects."""

    stack: Stack

    def __enter__(self) -> Store:
        """Raises RuntimeError when it does not start."""
        self._open = ExitStack()
        self.stack = stack = self._open.enter_context(running_store())
        # Nothing is restored here, and half an hour of old versions would fill the disk.
        stack.client("s3").put_bucket_versioning(
            Bucket=stack.bucket, VersioningConfiguration={"Status": "Suspended"}
        )
        return Store(
            name="local",
            endpoint=stack.endpoint,
            region=stack.region,
            access_key=stack.access_key_id,
            secret_key=stack.secret_access_key,
            strict=frozenset({*Strictness} - {Strictness.VERSIONING}),
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def settings(self) -> dict[str, str]:
        """What gateway and worker are told about the queue, and about its region."""
        return {
            "EVENTS_QUEUE_URL": queue_url(self.stack),
            "SQS_ENDPOINT": self.stack.endpoint,
            "AWS_REGION": self.stack.region,
            "COGNITO_USER_POOL_ID": self.stack.user_pool_id,
            # The tokens are those of the tests, of a pool elsewhere.
            "COGNITO_ISSUER": ISSUER,
        }

    def waiting(self) -> int:
        """Messages in the queue, seen or hidden, those for later included."""
        sqs = self.stack.client("sqs")
        names = ("", "NotVisible", "Delayed")
        wanted = [f"ApproximateNumberOfMessages{name}" for name in names]
        found = sqs.get_queue_attributes(QueueUrl=queue_url(self.stack), AttributeNames=wanted)
        return sum(int(number) for number in found["Attributes"].values())


def start_worker(environment: dict[str, str]) -> Server:
    """``flask events``, ready; the caller stops it. Raises StoreFailure."""
    port = free_port()
    command = (sys.executable, "-m", "flask", "events", "--metrics-port", str(port))
    worker = Server("worker")

    def ready() -> bool:
        wait_until_answers(f"http://127.0.0.1:{port}/healthz", status=200, seconds=60)
        return True

    try:
        worker.start(["env", f"--chdir={ROOT}", *command], ready, clean_environment() | environment)
    except BaseException:
        worker.stop()
        raise
    return worker
