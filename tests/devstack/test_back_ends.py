"""A back end on ``make dev``: its own client, and users to act for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import urllib3

from devstack.back_ends import PATH, SCOPE
from devstack.process import clean_environment
from devstack.run import ROOT
from tests.cli.patient import Quiet, serving
from tests.devstack.dev import Dev, running_dev


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with running_dev() as dev:
        yield dev


def settings(dev: Dev) -> dict[str, str]:
    """What ``/backend.env`` says, which the banner names."""
    [url] = re.findall(r"http://\S+/backend\.env", dev.banner)
    answer = urllib3.request("GET", url.replace("localhost", "127.0.0.1"))
    assert answer.headers["Cache-Control"] == "no-store"
    pairs = (line.partition("=") for line in answer.data.decode().splitlines())
    return {name: value for name, _, value in pairs}


def test_the_python_readme_runs(dev: Dev, tmp_path: Path) -> None:
    """Its script, as it stands: a token of its own, an upload for the user, a download."""
    readme = (ROOT / "client" / "python" / "README.md").read_text()
    [script] = re.findall(r"```python\n(# try\.py.*?)```", readme, re.DOTALL)
    environment = {**os.environ, **settings(dev), "PYTHONPATH": str(ROOT / "client/python/src")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"brand_kit/[0-9a-f-]{36}/hello\.txt", done.stdout)
    assert (tmp_path / "copy.txt").read_bytes() == b"Hello"


def test_the_python_readme_finds_takes_out_and_erases(dev: Dev, tmp_path: Path) -> None:
    """Its other examples of a client, as they stand, after an upload that is named so."""
    readme = (ROOT / "client" / "python" / "README.md").read_text()
    [finding] = re.findall(r"## Finding assets.*?```python\n(.*?)```", readme, re.DOTALL)
    [leaving] = re.findall(r"## Taking everything out.*?```python\n(.*?)```", readme, re.DOTALL)
    script = f"""
from os import environ
from asset_gateway import Client, ClientCredentials

folder = {str(tmp_path)!r}
token = ClientCredentials(
    environ["TOKEN_URL"], environ["CLIENT_ID"], environ["CLIENT_SECRET"], scope=environ["SCOPE"]
)
client = Client(environ["GATEWAY_URL"], token, act_as=environ["USER_SUB"])
for name in ("holiday.txt", "gone.txt"):
    asset = client.upload(b"Hello", filename=name, kind="brand_kit")
client.delete(asset.path)
{finding}
{leaving}
assert [*client.assets()] == [*client.assets(deleted=True)] == []
"""
    environment = {**os.environ, **settings(dev), "PYTHONPATH": str(ROOT / "client/python/src")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("holiday.txt http")
    assert {path.name for path in tmp_path.iterdir()} >= {"holiday.txt", "gone.txt"}


class Refusing(Quiet):
    """CloudFront for keys that are none of its own; no stand-in has it."""

    def do_GET(self) -> None:
        self.send(403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")


def test_the_doctor_finds_no_fault_in_make_dev(dev: Dev) -> None:
    """Asked with the settings that its own gateway has."""
    stack_file = ROOT / ".run" / str(dev.ports.store) / "stack.json"
    command = [sys.executable, "-m", "devstack.after", str(stack_file), "--"]
    with serving(Refusing) as cloudfront:
        done = subprocess.run(
            [*command, sys.executable, "-m", "flask", "doctor", "--json"],
            cwd=ROOT,
            env=clean_environment()
            | {"AWS_ENDPOINT_URL_CLOUDFRONT": cloudfront, "AWS_EC2_METADATA_DISABLED": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
    rows = json.loads(done.stdout)["rows"]
    assert [row for row in rows if row["verdict"] == "fault"] == []
    assert done.returncode == 0
    told = {row["id"]: row["verdict"] for row in rows}
    assert told["identity.service"] == told["identity.client_secret"] == "ok"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({}, 200, None),
    ],
)
def test_only_the_one_client_gets_a_token_for_the_one_scope(
    dev: Dev, changes: dict[str, str], status: int, error: str | None
) -> None:
    """As RFC 6749, section 5.2 words it; secrets in the body are Cognito's way as well."""
    known = settings(dev)
    assert known["SCOPE"] == SCOPE
    fields = {
        "grant_type": "client_credentials",
        "client_id": known["CLIENT_ID"],
        "client_secret": known["CLIENT_SECRET"],
        "scope": SCOPE,
        **changes,
    }
    assert known["TOKEN_URL"].endswith(PATH)
    answer = urllib3.request(
        "POST",
        known["TOKEN_URL"],
        body=urlencode(fields),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == status
    assert answer.json().get("error") == error
    assert ("access_token" in answer.json()) == (error is None)
