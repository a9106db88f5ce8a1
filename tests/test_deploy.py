"""The files that deployments read, held against what the gateway is."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from app.cli.env_file import env_text
from app.signing.key_pairs import make_key_pair
from config import SCHEMA, Settings
from devstack.process import free_port
from tests.gateway import gateway_environment
from tests.infra.deployments import machine_commands
from tests.stores.store import Store

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
RENDER = yaml.safe_load((ROOT / "render.yaml").read_text())
RAILWAY = json.loads((ROOT / "railway.json").read_text())


def env_example() -> str:
    """`.env.example`, made from ``Settings``: required ones open, the others commented out."""
    lines = [
        "# Every setting, with its default. Copy to .env, which is not committed.",
        "# `flask provision --env-file .env` fills in what the AWS stack decides, `flask doctor`",
        "# checks the result. No quotes and no comments behind a value: Docker takes them for part",
        "# of it.",
    ]
    for item in dataclasses.fields(Settings):
        default = item.metadata["default"]
        family, member = item.metadata["family"], item.metadata["member"]
        name = f"{family}{member}" if family else item.name.upper()
        in_words = isinstance(default, str) and " " in default
        doc = item.metadata["doc"] + (f". Default: {default.replace('`', '')}" if in_words else "")
        lines += ["", *textwrap.wrap(doc, 98, initial_indent="# ", subsequent_indent="# ")]
        if default is ... or str(default).startswith("required"):
            lines.append(f"{name}=")
        elif isinstance(default, bool):
            lines.append(f"#{name}={str(default).lower()}")
        else:
            lines.append(f"#{name}={default if default not in ((), {}) and not in_words else ''}")
    return "\n".join(lines) + "\n"


def test_the_example_environment_is_what_settings_say() -> None:
    """Every setting is in .env.example; UPDATE_ENV_EXAMPLE=1 writes it."""
    path = ROOT / ".env.example"
    if os.environ.get("UPDATE_ENV_EXAMPLE"):
        path.write_text(env_example())
    assert path.read_text() == env_example(), "UPDATE_ENV_EXAMPLE=1 pytest tests/test_deploy.py"


def test_nothing_stands_behind_a_value_of_the_example() -> None:
    """Docker's --env-file has no trailing comments: they would become part of the value."""
    for line in env_example().splitlines():
        if line and not line.startswith("# "):
            assert " " not in line and '"' not in line, line


def test_a_real_environment_is_not_committed() -> None:
    """A .env in the working copy is ignored by git and is not sent to the image's builder."""
    done = subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=ROOT, check=False)
    assert done.returncode == 0
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_t37_the_server_logs_no_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T37: they hold upload ids and share tokens; the application's own lines name routes."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["accesslog"] is None


#: Sixteen threads that allocate at once, and how many heaps glibc made for them (malloc_info(3)).
HEAPS = """
import ctypes, runpy, sys, threading
runpy.run_path(sys.argv[1])
together = threading.Barrier(16)

def allocate():
    together.wait()
    kept = [bytearray(2000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(16)]
for each in threads:
    each.start()
for each in threads:
    each.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
report = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, report)
libc.fflush(report)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no arenas")
def test_threads_share_two_heaps(tmp_path: Path) -> None:
    """Each heap keeps the most that one thread ever needed; sixteen would be 14 MiB a worker."""
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, str(ROOT / "gunicorn.conf.py")],
        env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert 1 <= done.stdout.count("<heap nr=") <= 2, done.stdout


def services() -> dict[str, dict[str, Any]]:
    return {each["type"]: each for each in RENDER["services"]}


def test_railway_builds_the_image_for_both() -> None:
    """The worker's file differs by what it runs; and Railway would wait for a web's answer."""
    worker = json.loads((ROOT / "railway.worker.json").read_text())
    assert worker["build"] == RAILWAY["build"]
    assert not [name for name in worker["deploy"] if name.startswith("healthcheck")]


def test_render_s_redis_is_reached_by_render_alone() -> None:
    """No address of the world's is let in."""
    assert services()["keyvalue"]["ipAllowList"] == []


def test_render_s_variables_are_settings() -> None:
    """No name in render.yaml is mistyped, all that is required is asked for, secrets are not in."""
    group = RENDER["envVarGroups"][0]["envVars"]
    own = [each for service in RENDER["services"] for each in service.get("envVars", [])]
    named = {each["key"] for each in [*group, *own] if "key" in each}
    assert named - {"PYTHON_VERSION"} <= set(SCHEMA.fields)
    # Render asks for `sync: false` of a service, and passes over it in a group.
    assert not [each for each in group if "sync" in each]
    shared = {each["key"] for each in group}
    asked = {each["key"] for each in services()["web"]["envVars"] if each.get("sync") is False}
    required = {
        f.name.upper() for f in dataclasses.fields(Settings) if f.metadata["default"] is ...
    }
    assert required <= shared | asked
    from_web = {
        each["key"]
        for each in services()["worker"]["envVars"]
        if "envVarKey" in (source := each.get("fromService", {}))
        and source == {"type": "web", "name": "asset-gateway", "envVarKey": each["key"]}
    }
    assert from_web == asked
    secret = {f.name.upper() for f in dataclasses.fields(Settings) if f.metadata["secret"]}
    for each in [*group, *own]:
        assert not (each.get("key") in secret and "value" in each), each


def test_the_dockerfile_is_clean() -> None:
    """hadolint, at its strictest."""
    found = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run(
        [found, "--failure-threshold", "style", "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def copied() -> list[str]:
    """What the image's last stage copies from the repository."""
    stage = DOCKERFILE.split("\nFROM ")[-1]
    names = [shlex.split(args) for args in re.findall(r"^COPY (?!--from)(.+)$", stage, re.M)]
    return [source for each in names for source in each[:-1]]


def test_the_image_has_what_it_copies_and_runs_as_nobody() -> None:
    """Every copied path is let through by .dockerignore; the user is a number other than 0."""
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert {*copied(), "requirements.txt", "requirements-otel.txt"} == allowed
    assert all((ROOT / each).exists() for each in allowed)
    [user] = re.findall(r"^USER (\d+)$", DOCKERFILE, re.M)
    assert int(user) > 0
    assert not re.search(r"^(ENV|ARG) .*(SECRET|TOKEN|KEY)", DOCKERFILE, re.M)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with exactly what the image holds."""
    for each in copied():
        source, target = ROOT / each, tmp_path / each
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


@contextmanager
def served(
    image: Path, environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The image's own command in its folder, on a port of its own."""
    port = free_port()
    command = json.loads(re.findall(r"^CMD (.+)$", DOCKERFILE, re.M)[-1])
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--bind", f"127.0.0.1:{port}"],
        cwd=image,
        env={"PATH": os.environ["PATH"], "PORT": str(port), "WEB_CONCURRENCY": "2", **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_what_the_image_holds_is_enough(image: Path, front_store: Store) -> None:
    """The image's files alone serve, its health check passes, and SIGTERM ends it in peace."""
    environment = gateway_environment(front_store, "no-matter") | {"METRICS_TOKEN": "m" * 20}
    with served(image, environment) as (process, url):
        check = json.loads(re.findall(r"^    CMD (.+)$", DOCKERFILE, re.M)[0])
        port = url.rpartition(":")[2]
        subprocess.run([sys.executable, *check[1:]], env={"PORT": port}, check=True, timeout=20)
        answer = urllib3.request(
            "GET", f"{url}/metrics", headers={"Authorization": f"Bearer {'m' * 20}"}
        )
        assert b'gateway_requests_total{method="GET",route="/healthz",status="200"}' in answer.data
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_what_a_machine_is_given_is_enough(tmp_path: Path, front_store: Store) -> None:
    """The page's commands for a machine of one's own: what they copy serves, by what is left of the
    environment's file when systemd has read it."""
    environment = gateway_environment(front_store, "no-matter")
    environment |= {
        "CLOUDFRONT_DOMAIN": "d1.cloudfront.net",
        "CLOUDFRONT_KEY_PAIR_ID": "K2JCJMDEHXQW5F",
    }
    environment["CLOUDFRONT_PRIVATE_KEY"] = make_key_pair().private_pem.strip()
    (tmp_path / "gateway.env").write_text(env_text(environment))
    for folder in ("etc", "opt"):
        (tmp_path / folder).mkdir()
    for line in machine_commands():
        if line.startswith(("mkdir ", "sed ")):
            here = re.sub(r" /(etc|opt)/", rf" {tmp_path}/\1/", line)
            here = here.replace(" gateway.env", f" {tmp_path}/gateway.env")
            subprocess.run(["sh", "-ec", here], cwd=ROOT, check=True)
    file = tmp_path / "etc/asset-gateway.env"
    assert file.stat().st_mode & 0o777 == 0o600
    read = as_systemd_reads(file.read_text())
    key = read["CLOUDFRONT_PRIVATE_KEY"].replace("\\n", "\n")
    assert {**read, "CLOUDFRONT_PRIVATE_KEY": key} == environment
    with served(tmp_path / "opt/asset-gateway", read) as (_, url):
        assert urllib3.request("GET", f"{url}/healthz").status == 200


def as_systemd_reads(text: str) -> dict[str, str]:
    """An ``EnvironmentFile``: verbatim between single quotes, elsewhere without backslashes.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
    """
    lines = re.findall(r"^(\w+)=(?:'([^']*)'|([^'\n]*))$", text, re.M)
    return {name: quoted or plain.replace("\\", "") for name, quoted, plain in lines}


def test_a_faulty_environment_ends_the_container(image: Path) -> None:
    """Nothing is served with a faulty environment, and the exit status says so."""
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:app"],
        cwd=image,
        env={"PATH": os.environ["PATH"], "PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "S3_BUCKET_NAME" in done.stdout + done.stderr
