"""`compose.yaml` and `compose.dev.yaml`: valid by the Compose specification, true to the image."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config import SCHEMA

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


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


def test_web_and_worker_are_one_image_with_one_environment() -> None:
    """The web runs the image's own command."""
    assert "command" not in SERVICES["web"]
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


def test_the_stand_ins_are_what_make_dev_starts() -> None:
    """One target of the Makefile, in the Python that everything is deployed with."""
    dev = yaml.safe_load((ROOT / "compose.dev.yaml").read_text())["services"]["dev"]
    assert dev["command"] == ["make", "dev"]
    assert dev["environment"] == {"ORIGIN": "${ORIGIN:-}"}
    assert dev["image"] == f"python:{(ROOT / '.python-version').read_text().strip()}"
