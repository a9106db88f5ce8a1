"""The run as JSON, as Markdown tables for the documentation, and as a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.chart import lines
from benchmarks.soak.judge import trend
from benchmarks.soak.measure import Sample
from benchmarks.soak.record import Record, percentile


@dataclass(frozen=True)
class Run:
    """What was run, for how long, and all that was seen. CPU in seconds."""

    store: str
    users: int
    minutes: float
    record: Record
    samples: Sequence[Sample]
    faults: Sequence[str]
    generator_cpu: float
    whole_cpu: float

    def gateway_cpu(self) -> float:
        first, last = self.samples[0].processes, self.samples[-1].processes
        return sum(last[name].cpu_seconds - first[name].cpu_seconds for name in last)


def markdown(run: Run) -> str:
    """Tables, ready for a page."""
    record, seconds = run.record, run.minutes * 60
    asked, stored = record.requests(), record.requests(of_store=True)
    return "\n".join(
        [
            f"{run.users} users for {run.minutes:g} minutes on {run.store}: {asked:,} requests to "
            f"the gateway ({asked / seconds:.1f} a second) and {stored:,} to the store by signed "
            f"URLs, {record.errors} errors. The gateway used {run.gateway_cpu() / asked * 1000:.1f}"
            f" ms of CPU a request, {run.gateway_cpu() / seconds:.0%} of a core; the users "
            f"{run.generator_cpu / seconds:.0%}; everything with the store and Redis "
            f"{run.whole_cpu / seconds:.0%}.",
            "",
            *_memory_rows(run.samples),
            "",
            *_route_rows(record),
            "",
        ]
    )


def _memory_rows(samples: Sequence[Sample]) -> list[str]:
    rows = [
        "| process | private memory, second fifth | last tenth | growth "
        "| a day at the slope of the second half "
        "| PSS | RSS | connections of users | other descriptors | threads |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, last in samples[-1].processes.items():
        memory = trend(samples, name, lambda each: each.private)
        users = trend(samples, name, lambda each: each.connections)
        files = trend(samples, name, lambda each: each.descriptors)
        threads = trend(samples, name, lambda each: each.threads)
        rows.append(
            f"| {name} | {memory.second_fifth:.1f} MiB | {memory.last_tenth:.1f} MiB "
            f"| {memory.growth:+.1%} | {memory.daily:+.0f} MiB | {last.proportional:.1f} MiB "
            f"| {last.resident:.1f} MiB | {users.second_fifth:.0f} → {users.last_tenth:.0f} "
            f"| {files.second_fifth:.0f} → {files.last_tenth:.0f} "
            f"| {threads.second_fifth:.0f} → {threads.last_tenth:.0f} |"
        )
    early, late = samples[len(samples) // 5], samples[-1]
    rows += [
        "",
        f"Redis after a fifth of the time and at the end: {early.redis_keys:,} and "
        f"{late.redis_keys:,} keys, {early.redis_mebibytes:.1f} and "
        f"{late.redis_mebibytes:.1f} MiB.",
    ]
    return rows


def _route_rows(record: Record) -> list[str]:
    rows = [
        "| route | requests | statuses | median | p95 | p99 |",
        "|---|--:|---|--:|--:|--:|",
    ]
    for route, times in sorted(record.seconds.items(), key=lambda item: -len(item[1])):
        ordered = sorted(times)
        statuses = ", ".join(
            str(status) for each, status in sorted(record.statuses) if each == route
        )
        found = (f"{percentile(ordered, share) * 1000:.1f} ms" for share in (0.5, 0.95, 0.99))
        rows.append(f"| `{route}` | {len(ordered):,} | {statuses} | {' | '.join(found)} |")
    return rows


def picture(run: Run) -> str:
    """Private memory over time as SVG."""
    series = {
        name: [(each.seconds / 60, each.processes[name].private) for each in run.samples]
        for name in run.samples[-1].processes
    }
    asked = run.record.requests()
    return lines(
        f"Memory of the gateway while {run.users} users act",
        "minutes",
        "private memory of each process, MiB",
        series,
        note=f"{asked:,} requests, {run.record.errors} errors; {run.store} as the store.",
    )


def document(run: Run) -> dict[str, Any]:
    """Everything, for later comparison."""
    record = run.record
    return {
        "store": run.store,
        "users": run.users,
        "minutes": run.minutes,
        "errors": record.errors,
        "details": record.details,
        "faults": list(run.faults),
        "acts": dict(record.acts.most_common()),
        "generator_cpu_seconds": run.generator_cpu,
        "gateway_cpu_seconds": run.gateway_cpu(),
        "whole_cpu_seconds": run.whole_cpu,
        "statuses": {f"{route} {status}": n for (route, status), n in record.statuses.items()},
        "milliseconds": {
            route: {
                str(share): percentile(sorted(times), share) * 1000 for share in (0.5, 0.95, 0.99)
            }
            for route, times in record.seconds.items()
        },
        "samples": [asdict(each) for each in run.samples],
    }


def write(run: Run, folder: Path) -> None:
    (folder / "soak.json").write_text(json.dumps(document(run), indent=1))
    (folder / "soak.md").write_text(markdown(run))
    (folder / "soak.svg").write_text(picture(run))
