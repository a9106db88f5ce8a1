"""`compose.yaml` and `compose.dev.yaml`: valid by the Compose specification, true to the image."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config import SCHEMA

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.mark.parametrize("name", ["compose.yaml", "compose.dev.yaml"])
def test_the_files_are_valid(name: str) -> None:
    """The schema of the Compose specification, as check-jsonschema brings it along."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            "--builtin-schema",
            "vendor.compose-spec",
            name,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_web_and_worker_are_the_image_and_the_procfiles_commands() -> None:
    """The web runs the image's command; the worker the Procfile's, with metrics."""
    assert "command" not in SERVICES["web"]
    worker = shlex.join(SERVICES["worker"]["command"])
    assert worker == PROCFILE["worker"]
    assert SERVICES["web"]["image"] == SERVICES["worker"]["image"]
    for name in ("web", "worker"):
        assert SERVICES[name]["environment"].keys() <= SCHEMA.fields.keys()
        assert SERVICES[name]["env_file"] == ".env"


def test_only_the_machine_itself_reaches_them() -> None:
    """The port is loopback's unless LISTEN says otherwise, Redis has none."""
    assert SERVICES["web"]["ports"] == ["${LISTEN:-127.0.0.1}:8000:8000"]
    assert not [name for name, each in SERVICES.items() if name != "web" and "ports" in each]


def test_they_may_do_as_little_as_possible() -> None:
    """No capabilities, no new privileges, no file system to write to."""
    for each in SERVICES.values():
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]


def test_shutdown_is_given_the_time_it_takes() -> None:
    """Docker's own ten seconds would cut requests off."""
    conf = (ROOT / "gunicorn.conf.py").read_text()
    [graceful] = map(int, re.findall(r"graceful_timeout = (\d+)", conf))
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > graceful


def test_redis_forgets_no_reservation_for_want_of_memory() -> None:
    """An evicted reservation would be an upload past the quota."""
    command = SERVICES["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_stand_ins_are_what_make_dev_starts() -> None:
    """One target of the Makefile, in the Python that everything is deployed with."""
    dev = yaml.safe_load((ROOT / "compose.dev.yaml").read_text())["services"]["dev"]
    assert dev["command"] == ["make", "dev"]
    assert dev["environment"] == {"ORIGIN": "${ORIGIN:-}"}
    assert dev["image"] == f"python:{(ROOT / '.python-version').read_text().strip()}"
