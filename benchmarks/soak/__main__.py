"""Run, print a line a minute, and judge; the exit status is 1 when it did not hold."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass

from benchmarks.soak.accounts import settle_accounts
from benchmarks.soak.crowd import Crowd
from benchmarks.soak.fill import fill_memories
from benchmarks.soak.judge import faults
from benchmarks.soak.measure import Sample, sample, tree_cpu_seconds
from benchmarks.soak.record import Record
from benchmarks.soak.report import Run, markdown, write
from benchmarks.soak.site import STORES, Site, figures_folder, running_site

SAMPLE_SECONDS = 10.0
TITLES = {
    "local": "the local store, with the worker of events",
    "swift": "OpenStack Swift",
    "juicefs": "JuiceFS",
}


@dataclass(frozen=True)
class Seen:
    """What the processes held, CPU seconds of the users and of everything together, and each file
    that is not accounted for at the end."""

    samples: list[Sample]
    own_cpu: float
    whole_cpu: float
    accounts: list[str]


async def soak(site: Site, crowd: Crowd, minutes: float) -> Seen:
    """Fill the memories, let the crowd act for so long, then settle the accounts."""
    began = time.monotonic()
    await fill_memories(crowd.users)
    print(f"the workers' memories are full after {time.monotonic() - began:.0f} s", flush=True)
    # What filled them is not what is measured.
    crowd.record.seconds.clear()
    crowd.record.statuses.clear()
    ended, pids = asyncio.Event(), site.processes()
    acting = asyncio.create_task(crowd.act_until(ended))
    samples: list[Sample] = []
    whole, own = tree_cpu_seconds(os.getpid()), time.process_time()
    began = time.monotonic()
    for number in range(int(minutes * 60 / SAMPLE_SECONDS) + 1):
        await asyncio.sleep(max(0.0, began + number * SAMPLE_SECONDS - time.monotonic()))
        if acting.done():
            acting.result()
        try:
            samples.append(await asyncio.to_thread(sample, began, pids, site.port, site.redis))
        except OSError:
            # What its last words were is among the complaints.
            crowd.record.failed("a process of the gateway ended")
            break
        if number and number % 6 == 0:
            print(progress(samples, crowd.record), flush=True)
    whole, own = tree_cpu_seconds(os.getpid()) - whole, time.process_time() - own
    ended.set()
    await acting
    if site.processes() != pids:
        crowd.record.failed(f"processes were replaced: {pids} before, {site.processes()} now")
    return Seen(samples, own, whole, await settle_accounts(site, crowd.users))


def progress(samples: list[Sample], record: Record) -> str:
    """One line: time, requests, errors, memory and CPU of the workers."""
    now, before = samples[-1], samples[max(0, len(samples) - 7)]
    cpu = sum(
        each.cpu_seconds - before.processes[name].cpu_seconds
        for name, each in now.processes.items()
    )
    memory = ", ".join(f"{name} {each.private:.1f}" for name, each in now.processes.items())
    return (
        f"{now.seconds / 60:5.1f} min  {record.requests():7,} requests  {record.errors} errors  "
        f"gateway {cpu / (now.seconds - before.seconds):.0%} of a core  MiB: {memory}  "
        f"Redis {now.redis_keys:,} keys {now.redis_mebibytes:.1f} MiB"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--rate", type=float, default=40, help="requests a second to the gateway")
    parser.add_argument("--store", choices=[*STORES], default="local")
    options = parser.parse_args()
    record = Record()
    # As Ctrl-C: store, gateway and worker end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running_site(options.store) as site:
        print(f"gateway on port {site.port}, {options.store} on {site.store.endpoint}", flush=True)
        crowd = Crowd.of(site, options.users, options.rate, record)
        seen = asyncio.run(soak(site, crowd, options.minutes))
        complaints = site.complaints()
    print("\n".join(line for _, line in complaints[:20]))
    # A warning is no fault: stores close idle connections, and the request is sent once more.
    errors = sum(level != "warning" for level, _ in complaints)
    found = faults(seen.samples, record.errors, errors) + seen.accounts
    run = Run(
        TITLES[options.store],
        options.users,
        options.minutes,
        record,
        seen.samples,
        found,
        seen.own_cpu,
        seen.whole_cpu,
    )
    folder = figures_folder()
    write(run, folder)
    print(markdown(run))
    print(f"figures in {folder}")
    print("it did not hold: " + "; ".join(found) if found else "it held")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
