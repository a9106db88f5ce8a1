"""Lines of our own making: one JSON object in ASCII, whatever a request brought."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import pytest

from app.operations.logs import write_line
from tests.gateway import ALICE, running_gateway
from tests.stores.store import Store

ROOT = Path(__file__).parents[2]
NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())


@pytest.mark.parametrize(
    "path", ["image/a.png", "image/Größe.png", "image/\u202egnp.a", "image/\ud800.png", 'a"\n\\b']
)
def test_a_line_is_one_object_in_ascii(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain text, umlauts, text that runs from right to left, half a pair, quotes and line ends."""
    write_line({"path": path, "status": 200})
    text = capsys.readouterr().out
    assert text.isascii()
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert json.loads(text) == {"time": ANY, "path": path, "status": 200}


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_threads_write_whole_lines(unbuffered: str) -> None:
    """Sixteen at a time, ours and a library's, longer than a pipe takes at once: none runs into
    another, and all tell the time in one way."""
    program = """
import logging
from concurrent.futures import ThreadPoolExecutor
from app.operations.logs import configure_logging, write_line

def write(n):
    if n % 10:
        write_line({"n": n, "x": "x" * 20_000})
    else:
        logging.warning("x" * 20_000, extra={"n": n})

configure_logging("INFO")
with ThreadPoolExecutor(16) as pool:
    list(pool.map(write, range(2000)))
"""
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert sorted(line["n"] for line in lines) == [*range(2000)]
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", line["time"])


def test_the_log_level_silences_requests_but_never_the_audit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line of each at INFO, the audit's alone above."""
    heard = {}
    for level in ("INFO", "WARNING"):
        with running_gateway(NOWHERE, "a-bucket", LOG_LEVEL=level) as gateway:
            capsys.readouterr()
            gateway.client_for(ALICE).post("/v1/links", {"paths": ["image/a.png"]})
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        heard[level] = [line["logger"] for line in lines]
    assert heard == {"INFO": ["gateway.audit", "gateway.access"], "WARNING": ["gateway.audit"]}
