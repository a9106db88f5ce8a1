"""`examples/pipeline`: workers that make a frame of each video, against `make dev`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3
from asset_gateway import Client, ClientCredentials

from devstack.process import HOST, free_port
from tests.devstack.dev import running_dev
from tests.e2e.conftest import CLIP
from tests.e2e.site import ROOT

SECRET = f"whsec_{b64encode(os.urandom(32)).decode()}"
PIPELINE = ROOT / "examples" / "pipeline"
#: For a machine at work on something else; a frame takes a second.
SECONDS = 60

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="ffmpeg is missing: run `make test` to install it"
)


class Exchange:
    """Hears every event, and hands each to the worker that is there."""

    def __init__(self) -> None:
        self.worker_port: int | None = None
        self._heard = threading.Condition()
        self._taken: set[str] = set()
        exchange = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(exchange.hand_on(body, dict(self.headers.items())))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Hook)
        self.url = f"http://{HOST}:{self._server.server_port}/"

    def hand_on(self, body: bytes, headers: dict[str, str]) -> int:
        address = f"http://{HOST}:{self.worker_port}/"
        answer = urllib3.request("POST", address, body=body, headers=headers, retries=False)
        with self._heard:
            if answer.status == 204:
                self._taken.add(json.loads(body)["data"]["asset"]["path"])
            self._heard.notify_all()
        return answer.status

    def wait_for(self, path: str) -> None:
        """Until a worker has taken an event about ``path``."""
        with self._heard:
            assert self._heard.wait_for(lambda: path in self._taken, SECONDS), path

    def __enter__(self) -> Exchange:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def dev() -> Iterator[tuple[Exchange, dict[str, str]]]:
    """`make dev`, and what it tells a back end."""
    with Exchange() as exchange:
        hook = {
            "WEBHOOK_URL_PIPELINE": exchange.url,
            "WEBHOOK_SECRET_PIPELINE": SECRET,
            "WEBHOOK_TYPES_PIPELINE": "asset.created",
        }
        with running_dev(**hook) as running:
            page = f"http://{HOST}:{running.ports.page}/backend.env"
            text = urllib3.request("GET", page).data.decode()
            yield exchange, dict(line.split("=", 1) for line in text.splitlines())


@contextmanager
def working(command: Sequence[str], env: dict[str, str]) -> Iterator[int]:
    """The port of a worker that listens."""
    port = free_port()
    worker = subprocess.Popen(
        [*command, str(port)],
        env={**os.environ, **env, "WEBHOOK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout
        assert worker.stdout.readline() == "listening\n"
        yield port
    finally:
        worker.terminate()
        worker.communicate(timeout=10)


def in_python(_: Path) -> tuple[list[str], dict[str, str]]:
    """With the client as `pip` would install it."""
    command = [sys.executable, str(PIPELINE / "worker.py")]
    return command, {"PYTHONPATH": str(ROOT / "client" / "python" / "src")}


def in_node(folder: Path) -> tuple[list[str], dict[str, str]]:
    """With the client as `npm` would install it."""
    shutil.copy(PIPELINE / "worker.mjs", folder)
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "asset-gateway-client").symlink_to(ROOT / "client")
    return ["node", str(folder / "worker.mjs")], {}


@needs_ffmpeg
@pytest.mark.parametrize("language", [in_python, in_node])
def test_a_worker_stores_a_frame_beside_the_video(
    dev: tuple[Exchange, dict[str, str]],
    tmp_path: Path,
    language: Callable[[Path], tuple[list[str], dict[str, str]]],
) -> None:
    """It hears of the upload, reads it as its user, and its own frame makes no further work; an
    event that nobody signed is refused."""
    exchange, env = dev
    command, more = language(tmp_path)
    project = language.__name__
    token = ClientCredentials(
        env["TOKEN_URL"], env["CLIENT_ID"], env["CLIENT_SECRET"], scope=env["SCOPE"]
    )
    with (
        working(command, {**env, **more}) as exchange.worker_port,
        Client(env["GATEWAY_URL"], token) as client,
    ):
        user = client.acting_for(env["USER_SUB"])
        video = user.upload(CLIP, kind="video", project_id=project)
        exchange.wait_for(video.path)
        frame = f"projects/{project}/frame/{video.asset_id}/frame.jpg"
        exchange.wait_for(frame)
        assert user.asset(frame).content_type == "image/jpeg"
        assert len(list(user.assets(project_id=project))) == 2
        address = f"http://{HOST}:{exchange.worker_port}/"
        assert urllib3.request("POST", address, body=b"{}", retries=False).status == 400
