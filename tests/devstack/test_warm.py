"""Stores that are forked: each is itself, and none outlives who asked for it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

from devstack.run import ROOT
from devstack.testing import running_store
from tests.waiting import eventually

STARTED_AND_LEFT = """\
import os, sys, tempfile, time
os.mkdir(sys.argv[1])
tempfile.tempdir = sys.argv[1]
from devstack.testing import running_store
store = running_store()
print(store.__enter__().endpoint, flush=True)
time.sleep(600)
"""


def listens(endpoint: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(endpoint.rpartition(":")[2]))) == 0


def test_two_stores_share_nothing() -> None:
    """Not even what is drawn by chance: both came from one process."""
    with running_store() as one, running_store() as other:
        assert one.user_pool_id != other.user_pool_id
        assert one.client_id != other.client_id
        one.client("s3").put_object(Bucket=one.bucket, Key="a", Body=b"a")
        assert not other.client("s3").list_objects_v2(Bucket=other.bucket).get("Contents")


def test_a_store_ends_with_its_block() -> None:
    """At once, and its address is free."""
    with running_store() as store:
        assert listens(store.endpoint)
    assert eventually(lambda: not listens(store.endpoint))


def test_a_store_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Also when that was killed; and nothing of it stays."""
    command = [sys.executable, "-c", STARTED_AND_LEFT, str(tmp_path / "stores")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        endpoint = parent.stdout.readline().strip()
        assert listens(endpoint)
        assert list((tmp_path / "stores").glob("store-*"))
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not listens(endpoint))
    assert eventually(lambda: not list((tmp_path / "stores").glob("store-*")))
