"""The examples as somebody would build them, with the packages that `npm` beside this pins.

A copy of each stands below `.stores/examples`, where its packages are found in a folder above; the
client is copied in, for a link would lead out of what a bundler looks at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.process import HOST, clean_environment, wait_until_answers
from tests.devstack.dev import Dev

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
HOME = (ROOT / ".stores" / "examples").resolve()
PACKAGES = HOME / "node_modules"
#: For a machine at work on something else; on a quiet one the slowest takes 25 s.
SECONDS = 540


def env_file(dev: Dev, prefix: str) -> dict[str, str]:
    """The settings that `make dev` printed, by name."""
    return dict(re.findall(rf"({prefix}\w+)=(\S+)", dev.banner))


@contextmanager
def copied(name: str, settings: Mapping[str, str]) -> Iterator[Path]:
    """A copy of the example, with its `.env.local`."""
    assert PACKAGES.is_dir(), "python -m tests.stores.install"
    with TemporaryDirectory(prefix=f"{name}-", dir=HOME, ignore_cleanup_errors=True) as directory:
        home = Path(directory) / name
        ignored = shutil.ignore_patterns("node_modules", ".next", "dist", ".env.local")
        shutil.copytree(EXAMPLES / name, home, ignore=ignored)
        client = home / "node_modules" / "asset-gateway-client"
        shutil.copytree(ROOT / "client", client, ignore=shutil.ignore_patterns("python"))
        lines = (f"{name}={value}\n" for name, value in settings.items())
        (home / ".env.local").write_text("".join(lines))
        yield home


def tool(package: str, command: str) -> list[str]:
    """The command line of a package's own program."""
    folder = PACKAGES / package
    programs = json.loads((folder / "package.json").read_text())["bin"]
    return ["node", str(folder / programs[command])]


def environment() -> dict[str, str]:
    return {**clean_environment(), "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}


def run(home: Path, *command: str) -> None:
    """Run a build step. What it printed is told when it fails."""
    done = subprocess.run(
        command,
        cwd=home,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@contextmanager
def serving(home: Path, port: int, *command: str) -> Iterator[str]:
    """The built example on a port; yields its origin."""
    process = subprocess.Popen(
        command,
        cwd=home,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        wait_until_answers(f"http://{HOST}:{port}", alive=lambda: process.poll() is None)
        yield f"http://{HOST}:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(20)
