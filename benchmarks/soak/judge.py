"""Whether it held: no error, memory, descriptors and threads flat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression

from benchmarks.soak.measure import ProcessSample, Sample

#: The first fifth warms up; the second is what the last tenth is held against.
WARM_UP = 1 / 5
LAST = 1 / 10
MAX_GROWTH = 0.05
#: The slope is that of the second half: what fills up to a bound rises ever more slowly, a leak
#: does not.
SETTLED = 1 / 2
#: Of the level, in a day at that slope. Half an hour cannot tell less: a ripple of 1 % in the
#: second half already is as much.
MAX_DAILY_GROWTH = 1.0
#: Connections to the store and to Redis come and go with the traffic.
MAX_MORE_DESCRIPTORS = 16
MAX_MORE_THREADS = 4
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Trend:
    """One number of one process: mean in the second fifth and in the last tenth, and the slope
    of the second half, extrapolated to a day."""

    second_fifth: float
    last_tenth: float
    daily: float

    @property
    def growth(self) -> float:
        """From the second fifth to the last tenth, as a share."""
        return self.last_tenth / self.second_fifth - 1 if self.second_fifth else 0.0


def trend(samples: Sequence[Sample], name: str, of: Callable[[ProcessSample], float]) -> Trend:
    """Raises ValueError for fewer samples than a trend can be seen in."""
    if len(samples) < 10:
        raise ValueError("ten samples at least are needed")
    end = samples[-1].seconds
    points = [(each.seconds, float(of(each.processes[name]))) for each in samples]
    settled = [(at, value) for at, value in points if at >= end * SETTLED]
    slope, _ = linear_regression(*zip(*settled, strict=True))
    return Trend(
        fmean(value for at, value in points if end * WARM_UP <= at <= end * 2 * WARM_UP),
        fmean(value for at, value in points if at >= end * (1 - LAST)),
        slope * DAY_SECONDS,
    )


def faults(samples: Sequence[Sample], errors: int, complaints: int) -> list[str]:
    """One sentence for each thing that did not hold."""
    found = []
    if errors:
        found.append(f"{errors} errors")
    if complaints:
        found.append(f"{complaints} errors in the gateway's log")
    for name in samples[-1].processes:
        memory = trend(samples, name, lambda each: each.private)
        if memory.growth > MAX_GROWTH:
            found.append(f"{name}: memory grew by {memory.growth:.1%}")
        if memory.daily > MAX_DAILY_GROWTH * memory.second_fifth:
            found.append(f"{name}: memory would grow by {memory.daily:.0f} MiB in a day")
        descriptors = trend(samples, name, lambda each: each.descriptors)
        if descriptors.last_tenth - descriptors.second_fifth > MAX_MORE_DESCRIPTORS:
            found.append(f"{name}: open descriptors grew to {descriptors.last_tenth:.0f}")
        threads = trend(samples, name, lambda each: each.threads)
        if threads.last_tenth - threads.second_fifth > MAX_MORE_THREADS:
            found.append(f"{name}: threads grew to {threads.last_tenth:.0f}")
    return found
