"""All measurements, or those that are named: ``python -m benchmarks [presign tokens ...]``.

``--before FOLDER`` measures what HTTP requests cost in another checkout as well.

Ratios of medians within one run; the figures stay in ``.run/benchmarks.json``. Ends with 1 when a
target is missed.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from benchmarks import cloudfront, http, presign, startup, tokens, workers
from benchmarks.results import Results

MEASUREMENTS = {
    "presign": presign.measure_all,
    "tokens": tokens.measure_all,
    "cloudfront": cloudfront.measure_all,
    "startup": startup.measure_all,
    "http": http.measure_all,
    "workers": workers.measure_all,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(MEASUREMENTS))
    parser.add_argument("--rounds", type=int, default=5, help="how often contenders take turns")
    parser.add_argument("--before", type=Path, help="another checkout to measure http beside")
    options = parser.parse_args()
    # As Ctrl-C: what was started ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if unknown := set(options.names) - set(MEASUREMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    results = Results()
    for name in options.names or MEASUREMENTS:
        if name == "http":
            http.measure_all(results, options.rounds, options.before)
        else:
            MEASUREMENTS[name](results, options.rounds)
        results.keep()
    missed = [target for target in results.targets if not target.met]
    print(f"\n{len(results.targets) - len(missed)} targets met, {len(missed)} missed")
    for target in missed:
        print(f"  {target.name}: {target.ratio:.3f}, at most {target.at_most:g}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
