"""What the gateway's processes and Redis hold, read from ``/proc`` and from Redis itself."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import redis

TICKS = os.sysconf("SC_CLK_TCK")
_KIB_IN_MIB = 1024
_ESTABLISHED = "01"  # include/net/tcp_states.h


@dataclass(frozen=True)
class ProcessSample:
    """One process at one moment: memory in MiB, CPU in seconds since its start.

    ``private`` is what would be free without it, ``proportional`` (PSS) adds its share of what it
    shares with others, ``resident`` (RSS) adds all of it. ``connections`` are those that clients
    hold open, and how many is up to them; ``descriptors`` are all others, half-closed connections
    among them.
    """

    resident: float
    proportional: float
    private: float
    connections: int
    descriptors: int
    threads: int
    cpu_seconds: float


@dataclass(frozen=True)
class Sample:
    """Everything at one moment: ``seconds`` since the start, processes by name."""

    seconds: float
    processes: dict[str, ProcessSample]
    redis_keys: int
    redis_mebibytes: float


def sample_process(pid: int, port: int) -> ProcessSample:
    """A process that serves ``port``. Raises OSError when there is no such process."""
    folder = Path(f"/proc/{pid}")
    files = list(_open_files(folder / "fd"))
    connections = len(_connections(port).intersection(files))
    memory = _numbers((folder / "smaps_rollup").read_text())
    fields = (folder / "stat").read_text().rpartition(") ")[2].split()
    return ProcessSample(
        resident=memory["Rss"] / _KIB_IN_MIB,
        proportional=memory["Pss"] / _KIB_IN_MIB,
        private=(memory["Private_Clean"] + memory["Private_Dirty"]) / _KIB_IN_MIB,
        connections=connections,
        descriptors=len(files) - connections,
        threads=int(fields[17]),
        cpu_seconds=(int(fields[11]) + int(fields[12])) / TICKS,
    )


def sample(began: float, pids: dict[str, int], port: int, client: redis.Redis) -> Sample:
    """``began`` by the monotonic clock. Raises OSError when one of the processes is gone."""
    keys, memory = cast(int, client.dbsize()), cast(dict[str, int], client.info("memory"))
    return Sample(
        time.monotonic() - began,
        {name: sample_process(pid, port) for name, pid in pids.items()},
        keys,
        memory["used_memory"] / 2**20,
    )


def children(pid: int) -> list[int]:
    """The processes that ``pid`` has started and that live, oldest first."""
    return sorted(child for child, parent in _parents() if parent == pid)


def tree_cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it, of those that live."""
    total, todo = 0.0, [pid]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICKS
        todo += children(pid)
    return total


def _open_files(folder: Path) -> Iterator[str]:
    """What the descriptors in ``/proc/<pid>/fd`` stand for."""
    for descriptor in list(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            yield os.readlink(descriptor)


def _connections(port: int) -> set[str]:
    """The established TCP connections to ``port``, named as ``/proc/<pid>/fd`` names them."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {
        f"socket:[{row[9]}]"
        for row in rows
        if row[3] == _ESTABLISHED and int(row[1].rpartition(":")[2], 16) == port
    }


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
                yield int(entry.name), int(fields[1])


def _numbers(text: str) -> dict[str, int]:
    """The lines ``Name: 123 kB`` of a file in ``/proc``."""
    lines = (line.split() for line in text.splitlines())
    return {words[0][:-1]: int(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
