"""``make dev`` as a child, on ports that are free."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from devstack.process import free_ports
from devstack.run import ROOT, Ports


@dataclass(frozen=True)
class Dev:
    ports: Ports
    banner: str


@contextmanager
def running_dev(**variables: str) -> Iterator[Dev]:
    """All of it, ready; ended as Ctrl-C ends it, which must leave nothing behind."""
    ports = Ports(*free_ports(5))
    environment = {f"{name.upper()}_PORT": str(port) for name, port in asdict(ports).items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack"],
        cwd=ROOT,
        env=os.environ | environment | variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    banner = ""
    assert process.stdout
    try:
        while "Ctrl-C" not in banner and (line := process.stdout.readline()):
            banner += line
        yield Dev(ports, banner)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 0
