"""What gunicorn's processes take of the machine.

prometheus-client leaves it out where several processes count together, as whichever is asked would
tell of itself alone.

By /proc, so on Linux only; elsewhere there is nothing to tell.
https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Taken:
    """One process. Seconds of processor time, bytes in memory, Unix time of its start."""

    pid: int
    parent: int
    cpu_seconds: float
    resident_bytes: int
    open_files: int
    started_at: float


class Processes(Collector):
    """The master and its workers, each by its ``pid``, under the names of a single process."""

    def collect(self) -> Iterator[Metric]:
        """The series; none where there is no /proc."""
        cpu = CounterMetricFamily("process_cpu_seconds", "Processor time spent", labels=["pid"])
        memory, files, start = (
            GaugeMetricFamily(f"process_{name}", text, labels=["pid"])
            for name, text in (
                ("resident_memory_bytes", "Memory in use"),
                ("open_fds", "Open file descriptors"),
                ("start_time_seconds", "Unix time of the start"),
            )
        )
        for taken in family(os.getppid()):
            pid = [str(taken.pid)]
            cpu.add_metric(pid, taken.cpu_seconds)
            memory.add_metric(pid, taken.resident_bytes)
            files.add_metric(pid, taken.open_files)
            start.add_metric(pid, taken.started_at)
        yield from (cpu, memory, files, start)


def family(master: int) -> list[Taken]:
    """The process ``master`` and its children, as far as they may be looked at."""
    try:
        pids = [int(found.name) for found in _PROC.iterdir() if found.name.isdigit()]
    except OSError:
        return []
    found = [taken for pid in pids if (taken := _look(pid, master))]
    return sorted(found, key=lambda taken: taken.pid)


def _look(pid: int, master: int) -> Taken | None:
    """None for one that is gone, or somebody else's."""
    try:
        # The name, which may hold anything, ends with the last parenthesis.
        fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
        parent = int(fields[1])
        if master not in (pid, parent):
            return None
        files = len(os.listdir(_PROC / f"{pid}/fd"))
    except (OSError, ValueError, IndexError):
        return None
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return Taken(
        pid,
        parent,
        (int(fields[11]) + int(fields[12])) / ticks,
        int(fields[21]) * page,
        files,
        _booted_at() + int(fields[19]) / ticks,
    )


@cache
def _booted_at() -> float:
    lines = (_PROC / "stat").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))
