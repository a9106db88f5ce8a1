"""A set-up that is well, for tests of `flask doctor` to spoil."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from click.testing import CliRunner, Result

from app.cli.doctor import doctor
from devstack.account import Stack
from devstack.bootstrap import queue_url
from devstack.testing import ORIGINS

Rows = dict[str, dict[str, str]]


class Patient:
    """A set-up that is well, until a test spoils it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.s3 = stack.client("s3")
        self.environment = {
            **stack.gateway_environment(ORIGINS),
            "EVENTS_QUEUE_URL": queue_url(stack),
            "WEB_CONCURRENCY": "1",
            "AWS_ENDPOINT_URL_CLOUDFRONT": stack.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, *options: str, stdin: str | None = None, **changes: str | None) -> Result:
        runner = CliRunner()
        return runner.invoke(doctor, options, env={**self.environment, **changes}, input=stdin)

    def rows(self, *options: str, **changes: str | None) -> Rows:
        """What the command says as JSON, by the rows' ids; the verdict agrees with its end."""
        done = self.run("--json", *options, **changes)
        document = json.loads(done.stdout)
        rows = {row["id"]: row for row in document["rows"]}
        assert len(rows) == len(document["rows"]), "an id is there twice"
        has_fault = any(row["verdict"] == "fault" for row in rows.values())
        assert document["failed"] == has_fault == bool(done.exit_code)
        return rows

    def faults(self, *options: str, **changes: str | None) -> set[str]:
        rows = self.rows(*options, **changes)
        for row in rows.values():
            if row["verdict"] == "fault":
                assert row["why"], row
                assert row["mend"], row
        return {name for name, row in rows.items() if row["verdict"] == "fault"}


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """``handler`` on loopback; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Quiet(BaseHTTPRequestHandler):
    def send(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
