"""The peers, installed once into a folder of their own: nothing of them is the project's.

The gateway is measured there as well, with its production packages alone, as those of the tests
would weigh on its start.
"""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

from benchmarks.processes import ROOT

PEERS = ROOT / ".stores" / "peers"
SOURCES = ROOT / "benchmarks" / "peers"
#: Environments by name, and what is installed into each.
ENVIRONMENTS = {
    "peers": SOURCES / "requirements.txt",
    "gateway": ROOT / "requirements.txt",
    "servers": ROOT / "requirements.txt",
}
SERVERS = SOURCES / "servers.txt"


def python(environment: str) -> str:
    """The interpreter of one of ``ENVIRONMENTS``, or of ``before``."""
    return str(PEERS / environment / "bin" / "python")


def install_before(checkout: Path) -> None:
    """The production packages of another checkout of the gateway, anew each time."""
    print(f"installing what {checkout} requires ...", flush=True)
    venv.create(PEERS / "before", with_pip=True, clear=True)
    pip = [python("before"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(checkout / "requirements.txt")], check=True)


def install_peers() -> None:
    """Do nothing when it is done already."""
    wanted = [*SOURCES.glob("package*.json"), *ENVIRONMENTS.values(), SERVERS, SOURCES / ".npmrc"]
    stamp = PEERS / "installed"
    for path in SOURCES.glob("*.mjs"):
        PEERS.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, PEERS)
    if stamp.exists() and stamp.stat().st_mtime > max(path.stat().st_mtime for path in wanted):
        return
    print("installing the peers (once) ...", flush=True)
    for path in (*SOURCES.glob("package*.json"), SOURCES / ".npmrc"):
        shutil.copy(path, PEERS)
    subprocess.run(["npm", "ci", "--silent"], cwd=PEERS, check=True)
    for name, requirements in ENVIRONMENTS.items():
        venv.create(PEERS / name, with_pip=True)
        pip = [python(name), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(requirements)], check=True)
    # gunicorn's other workers and its parser in C, beside the gateway's own packages.
    subprocess.run([*pip, "-r", str(SERVERS)], check=True)
    stamp.touch()
