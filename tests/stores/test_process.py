"""Stores end with the test run, however it ends; a missing one says what to do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stores.process import Server, StoreFailure, installed

ROOT = Path(__file__).parents[2]

STARTED_AND_LEFT = """\
import time
from tests.stores.process import Server
server = Server("sleeper")
script = f"echo $$ > {server.directory}/pid; sleep 600 & sleep 600"
server.start(["sh", "-c", script], ready=(server.directory / "pid").exists)
print(server.directory, flush=True)
time.sleep(600)
"""


def group_is_gone(leader: int, timeout_seconds: float = 10) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_server_goes_with_a_killed_parent() -> None:
    """A test run that is killed leaves neither processes nor files behind."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTED_AND_LEFT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        directory = Path(parent.stdout.readline().strip())
        while not (written := (directory / "pid").read_text()):
            time.sleep(0.01)
        parent.send_signal(signal.SIGKILL)
    assert group_is_gone(int(written))
    deadline = time.monotonic() + 10
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not directory.exists()


def test_server_that_fails_to_start_shows_its_words() -> None:
    """The message of a store that ends at once carries what it printed."""
    server = Server("broken")
    with pytest.raises(StoreFailure, match="no such ring"):
        server.start(["sh", "-c", "echo no such ring; exit 3"], ready=lambda: False)
    server.stop()
    assert not server.directory.exists()


def test_missing_store_names_the_way_to_install_it(tmp_path: Path) -> None:
    """Whoever lacks a store is told the command that brings it."""
    with pytest.raises(StoreFailure, match=r"make test.*python -m tests\.stores\.install"):
        installed(tmp_path / "juicefs")
