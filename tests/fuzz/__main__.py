"""``python -m tests.fuzz [--seconds N] [TARGET ...]``: fuzz the targets in turn, report, and end
nonzero when one has found something."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
#: Inputs that led somewhere new are kept between runs; neither folder is in git.
CORPUS, FINDINGS = ROOT / ".run/fuzz/corpus", ROOT / ".run/fuzz/findings"
MAX_BYTES, TIMEOUT_SECONDS, MEMORY_MB = 4096, 20, 2048


class Outcome(NamedTuple):
    """What came of one target; ``edges`` are branches of ``app/`` that inputs have taken."""

    executions: int
    edges: int
    inputs: int
    findings: list[Path]
    log: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=240, help="for all targets together")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    print(f"{'target':<14}{'executions':>12}{'edges':>8}{'inputs':>8}{'findings':>10}")
    failed = []
    for name in names:
        outcome = fuzz(name, max(1, options.seconds // len(names)))
        print(
            f"{name:<14}{outcome.executions:>12,}{outcome.edges:>8,}{outcome.inputs:>8,}"
            f"{len(outcome.findings):>10}",
            flush=True,
        )
        if outcome.findings:
            failed.append(outcome)
    for outcome in failed:
        print(f"\n{outcome.log}\n" + "\n".join(f"input: {path}" for path in outcome.findings))
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> Outcome:
    """Run one target in a process of its own, which ends with its first finding."""
    corpus, findings = CORPUS / name, FINDINGS / name
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(TARGETS[name].seeds):
        (corpus / f"seed-{index}").write_bytes(seed)
    before = set(findings.iterdir())
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.engine",
            name,
            f"-max_total_time={seconds}",
            f"-max_len={MAX_BYTES}",
            f"-timeout={TIMEOUT_SECONDS}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={findings}/",
            "-print_final_stats=1",
            str(corpus),
        ],
        cwd=ROOT,
        # The gateway's log lines: they are written, as that may fail too, but not kept.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    log = done.stderr
    found = sorted(set(findings.iterdir()) - before)
    if done.returncode and not found:
        raise SystemExit(f"{name} did not run:\n{log[-4000:]}")
    return Outcome(
        _last(r"stat::number_of_executed_units: +(\d+)", log) or _last(r"^#(\d+)", log),
        _last(r" cov: (\d+)", log),
        len(list(corpus.iterdir())),
        found,
        _finding(log) if found else "",
    )


def _last(pattern: str, log: str) -> int:
    numbers = re.findall(pattern, log, re.MULTILINE)
    return int(numbers[-1]) if numbers else 0


def _finding(log: str) -> str:
    """The traceback; for a time-out or too much memory, libFuzzer's own account."""
    _, _, after = log.partition("FINDING:")
    return (after.partition("\n==")[0] or log[-4000:]).strip()


if __name__ == "__main__":
    raise SystemExit(main())
