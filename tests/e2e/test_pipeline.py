"""`examples/pipeline`: a worker that makes a frame of each video, against `make dev`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from base64 import b64encode

import pytest
import urllib3
from asset_gateway import Client, ClientCredentials

from devstack.process import HOST, free_port
from tests.devstack.dev import running_dev
from tests.e2e.conftest import CLIP
from tests.e2e.site import ROOT

SECRET = f"whsec_{b64encode(os.urandom(32)).decode()}"


@pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="ffmpeg is missing: run `make test` to install it"
)
def test_a_worker_stores_a_frame_beside_the_video() -> None:
    """It hears of the upload, reads it as its user, and its own frame makes no further work."""
    port = free_port()
    hook = {
        "WEBHOOK_URL_PIPELINE": f"http://{HOST}:{port}/",
        "WEBHOOK_SECRET_PIPELINE": SECRET,
        "WEBHOOK_TYPES_PIPELINE": "asset.created",
    }
    with running_dev(**hook) as dev:
        page = f"http://{HOST}:{dev.ports.page}/backend.env"
        text = urllib3.request("GET", page).data.decode()
        env = dict(line.split("=", 1) for line in text.splitlines())
        worker = subprocess.Popen(
            [sys.executable, "examples/pipeline/worker.py", str(port)],
            cwd=ROOT,
            env={**os.environ, **env, "WEBHOOK_SECRET": SECRET, "PYTHONPATH": "client/python/src"},
        )
        try:
            token = ClientCredentials(
                env["TOKEN_URL"], env["CLIENT_ID"], env["CLIENT_SECRET"], scope=env["SCOPE"]
            )
            with Client(env["GATEWAY_URL"], token) as client:
                user = client.acting_for(env["USER_SUB"])
                video = user.upload(CLIP, kind="video", project_id="p1")
                expected = f"projects/p1/frame/{video.asset_id}/frame.jpg"
                # Not oftener: the worker's calls count against the same rate limit.
                for _ in range(40):
                    if expected in [each.path for each in user.assets(project_id="p1")]:
                        break
                    time.sleep(0.5)
                assert user.asset(expected).content_type == "image/jpeg"
                assert len(list(user.assets(project_id="p1"))) == 2
        finally:
            worker.terminate()
            worker.wait(10)
