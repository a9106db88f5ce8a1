"""Commands whose output has no room, or no reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLASK = (sys.executable, "-m", "flask")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", ["costs", "doctor"])
def test_output_without_room_is_a_message(command: str) -> None:
    """And 1: a script must not take half a report for a whole one."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*FLASK, command], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "Error: No space left on device\n"


def test_output_that_nobody_reads_ends_in_silence() -> None:
    """As ``| head -1`` has it."""
    process = subprocess.Popen(
        [*FLASK, "doctor"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    with process:
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 1
