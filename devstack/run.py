"""Starts everything, and ends everything with one Ctrl-C.

The processes are a table; honcho (the Procfile runner) runs it. ``stack`` waits for the store,
fills it, and writes ``stack.json``; what needs the stack's ids starts once that is there.
Ports come from ``STORE_PORT``, ``GATEWAY_PORT``, ``PAGE_PORT``, ``EDGE_PORT`` and
``RECEIVER_PORT``; ``ORIGIN`` names front ends of one's own. Nothing is written outside ``.run/``.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from honcho.manager import Manager

from devstack.credentials import DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY
from devstack.kept import SAME_IDS, Kept
from devstack.origins import own_origins
from devstack.process import HOST, clean_environment, is_free, store_command, store_environment

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".run" / "kept.json"
INTERRUPTED = 130


@dataclass(frozen=True)
class Ports:
    """Where things listen, on 127.0.0.1."""

    store: int
    gateway: int
    page: int
    edge: int = 9100
    receiver: int = 9200

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Ports:
        """Read the ports. Raises ValueError that names the variable at fault."""
        defaults = {"store": 9000, "gateway": 8000, "page": 3000, "edge": 9100}
        defaults |= {"receiver": 9200}
        chosen = {}
        for name, default in defaults.items():
            text = env.get(f"{name.upper()}_PORT", "") or str(default)
            if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
                raise ValueError(f"{name.upper()}_PORT must be a port, not {text!r}")
            chosen[name] = int(text)
        if len(set(chosen.values())) < len(chosen):
            names = ", ".join(f"{name.upper()}_PORT" for name in defaults)
            raise ValueError(f"{names} must differ")
        return cls(**chosen)

    def taken(self) -> list[str]:
        """One sentence for each port that somebody else listens on."""
        return [
            f"port {port} is taken; free it, or choose another with {name.upper()}_PORT"
            for name, port in vars(self).items()
            if not is_free(port)
        ]

    def origins(self) -> list[str]:
        """The origins that the demo page can have."""
        return [f"http://localhost:{self.page}", f"http://{HOST}:{self.page}"]

    def addresses(self) -> list[str]:
        """Where no front end of one's own can listen."""
        return [f"http://{name}:{p}" for p in vars(self).values() for name in ("localhost", HOST)]


@dataclass(frozen=True)
class Row:
    """One process of the table: its name, its command line, its environment."""

    name: str
    command: list[str]
    env: dict[str, str]


def table(ports: Ports, run: Path, own: Sequence[str] = ()) -> list[Row]:
    """Every process of the local stack, in the order in which their lines should be read.

    ``own`` are the origins of further front ends.
    """
    python = sys.executable
    stack_file = run / "stack.json"
    env = {
        **clean_environment(),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(run / "tmp"),
        "STACK_FILE": str(stack_file),
        "KEPT_FILE": str(KEPT),
        "ORIGIN": ",".join(own),
        "STORE_PORT": str(ports.store),
        "GATEWAY_PORT": str(ports.gateway),
        "PAGE_PORT": str(ports.page),
        "EDGE_PORT": str(ports.edge),
        "RECEIVER_PORT": str(ports.receiver),
    }
    pair = (DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY)
    store_env = {
        **store_environment([pair], [*ports.origins(), *own], run / "store"),
        **SAME_IDS,
        "KEPT_FILE": str(KEPT),
    }
    gateway_env = {
        "WEB_CONCURRENCY": "2",
        **env,
        "PORT": str(ports.gateway),
        "PROMETHEUS_MULTIPROC_DIR": str(run / "metrics"),
    }
    after_stack = [python, "-m", "devstack.after", str(stack_file), "--"]
    gunicorn = [python, "-m", "gunicorn"]
    page = ["--bind", f"{HOST}:{ports.page}", "--threads", "8", "--log-level", "warning"]
    edge = ["--bind", f"{HOST}:{ports.edge}", "--threads", "16", "--limit-request-line", "8190"]
    # One worker, for it remembers; a thread for each tab that listens.
    receiver = ["--bind", f"{HOST}:{ports.receiver}", "--workers", "1", "--threads", "32"]
    receiver += ["--graceful-timeout", "1", "--log-level", "warning"]
    return [
        Row("store", store_command(ports.store), store_env),
        Row("stack", [python, "-m", "devstack.stack"], env),
        Row(
            "gateway",
            [*after_stack, *gunicorn, "--bind", f"{HOST}:{ports.gateway}", "wsgi:app"],
            gateway_env,
        ),
        Row(
            "edge",
            [*after_stack, *gunicorn, *edge, "devstack.edge:create_app()"],
            env,
        ),
        Row("worker", [*after_stack, python, "-m", "flask", "events", "--threads", "4"], env),
        Row(
            "receiver", [*after_stack, *gunicorn, *receiver, "devstack.receiver:create_app()"], env
        ),
        Row("page", [*after_stack, *gunicorn, *page, "devstack.pages:create_app()"], env),
    ]


def main() -> int:
    """Run the local stack until Ctrl-C; returns the exit status."""
    try:
        ports = Ports.from_env(os.environ)
        own = own_origins(os.environ, ports.addresses())
        Kept.at(KEPT)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if taken := ports.taken():
        print("\n".join(taken), file=sys.stderr)
        return 1
    # By port, so that a second stack on other ports leaves the first alone.
    run = ROOT / ".run" / str(ports.store)
    shutil.rmtree(run, ignore_errors=True)
    for folder in ("tmp", "metrics"):
        (run / folder).mkdir(parents=True)
    manager = Manager()
    for row in table(ports, run, own):
        # exec: signals must reach the process itself, not a shell in between.
        command = f"exec {shlex.join(row.command)}"
        manager.add_process(row.name, command, env=row.env, cwd=str(ROOT))
    try:
        manager.loop()
    finally:
        shutil.rmtree(run, ignore_errors=True)
    status = manager.returncode or 0
    return 0 if status == INTERRUPTED else int(status)
