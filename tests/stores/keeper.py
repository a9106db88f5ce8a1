"""Keeps one server, and leaves nothing of it behind.

    python keeper.py DIRECTORY COMMAND...

Starts the command in a process group of its own, ends that group and removes DIRECTORY when the
command ends or when standard input closes. The test process holds the other end of that pipe, so
its death, however sudden, closes it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

GRACE_SECONDS = 3.0


def _end_group(leader: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        leader.wait(GRACE_SECONDS)
    # The leader may be gone while its children are not: the group, not the leader, is asked.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def keep(directory: Path, command: Sequence[str]) -> int:
    """Run the command until it ends or standard input closes; its directory goes with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)

    def wait_for_parent() -> None:
        # Unbuffered: a thread inside a buffered read breaks the interpreter's exit.
        os.read(sys.stdin.fileno(), 1)
        _end_group(server)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    status = server.wait()
    _end_group(server)
    ended_by_parent = status in (0, -signal.SIGTERM, -signal.SIGKILL)
    if ended_by_parent:
        _remove(directory)
    return status


def _remove(directory: Path) -> None:
    """It is gone at once; what is in it, by a process that nobody waits for: thousands of objects
    take it ten seconds."""
    leaving = directory.with_name(f"{directory.name}.leaving")
    with contextlib.suppress(FileNotFoundError):
        directory.rename(leaving)
        nothing = subprocess.DEVNULL
        command = ["rm", "-rf", str(leaving)]
        subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), sys.argv[2:]))
