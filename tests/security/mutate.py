"""Breaks one guard after the other, and shows that for each some test fails that names its threat.

``python -m tests.security.mutate`` goes through the whole catalogue (``make mutants``), and
``python -m tests.security.mutate T05 T38`` through those of some threats. Works on a copy of the
tree; ends with 1 when a mutant survives. What is found stands in ``mutants/results.json``, from
which the page of ``docs/security.md`` is made. ``--check`` runs nothing: it tells which mutants no
longer fit the code, and where what they look for may be.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from tests.security.mutants import MUTANTS, LastRun, Mutant, last_run
from tests.security.mutants.misfits import astray, repair
from tests.security.mutants.places import Project
from tests.security.sandbox import ROOT, Outcome, Sandbox
from tests.security.threats import proofs

#: Slow and in need of a browser, or about the local stand-ins: asked only when nothing else kills a
#: mutant.
LAST = ("tests/e2e/", "tests/devstack/")
#: Tests that are quicker go before all others.
QUICK_SECONDS = 0.5
SPARE_SECONDS = 90.0
#: How much longer than unmutated the tests may take before a mutant counts as one that hangs.
PATIENCE = 3.0


class Verdict(NamedTuple):
    """``killer`` is the test that failed, or why it counts so; None of one that survived."""

    mutant: Mutant
    killer: str | None
    seconds: float
    note: str = ""


class Evidence:
    """The tests that name each threat, as they do on the unmutated copy."""

    def __init__(self, sandbox: Sandbox, known: dict[str, str]) -> None:
        """``known``: which test killed a mutant the last time, by the mutant's name."""
        self._sandbox = sandbox
        self._known = known
        self.project = Project(sandbox.root)
        self.by_threat: dict[str, list[str]] = {}
        for number, proof in proofs():
            self.by_threat.setdefault(number, []).append(f"tests/{proof.file}::{proof.name}")
        self._outcomes: dict[str, Outcome] = {}
        #: Tests that fail without any mutant, and so show nothing.
        self.failing: list[str] = []

    def control(self, tests: Collection[str]) -> None:
        """Run those of ``tests`` unmutated that have not been."""
        new = sorted({*tests} - self._outcomes.keys())
        if not new:
            return
        outcome = self._sandbox.run(new, seconds=1800, all_of_them=True)
        self._outcomes |= dict.fromkeys(new, outcome)
        failing = [test for test in (outcome.failed, outcome.spoilt) if test]
        if outcome.timed_out or failing:
            self.failing += failing or ["the tests did not end in time"]

    def prepare(self, wanted: Sequence[Mutant]) -> None:
        """Run unmutated, all at once, what is going to be asked first."""
        first: set[str] = set()
        for mutant in wanted:
            tests = self.by_threat[mutant.threat]
            last = self._known.get(mutant.name)
            first |= {last} if last in tests else {t for t in tests if not t.startswith(LAST)}
        self.control(first)

    def stages(self, mutant: Mutant) -> Iterator[list[str]]:
        """What to run, cheap first: the last killer, quick ones, others, those with browsers."""
        tests = self.by_threat[mutant.threat]
        last = self._known.get(mutant.name)
        if last in tests:
            yield [last]
        rest = [test for test in tests if test != last]
        ordinary = [test for test in rest if not test.startswith(LAST)]
        self.control(ordinary)
        ordinary.sort(key=self._seconds)
        quick = [test for test in ordinary if self._seconds(test) < QUICK_SECONDS]
        yield quick
        yield ordinary[len(quick) :]
        yield [test for test in rest if test.startswith(LAST)]

    def patience(self, tests: Sequence[str]) -> float:
        return SPARE_SECONDS + PATIENCE * sum(self._seconds(test) for test in tests)

    def _seconds(self, test: str) -> float:
        return self._outcomes[test].seconds.get(test, 0.0)


def judge(sandbox: Sandbox, evidence: Evidence, mutant: Mutant) -> Verdict:
    """Run the tests that name the mutant's threat until one fails."""
    began, notes = time.monotonic(), []
    for tests in evidence.stages(mutant):
        if not tests:
            continue
        evidence.control(tests)
        with sandbox.having(mutant.texts(evidence.project)):
            outcome = sandbox.run(tests, seconds=evidence.patience(tests))
        killer = outcome.failed or ("(time-out)" if outcome.timed_out else None)
        if killer:
            return Verdict(mutant, killer.partition("[")[0], time.monotonic() - began)
        if outcome.spoilt:
            notes.append(outcome.spoilt)
    return Verdict(mutant, None, time.monotonic() - began, " ".join(notes))


def run(wanted: Sequence[Mutant]) -> tuple[list[Verdict], list[str]]:
    """The verdicts, shown as they come, and the tests that fail without any mutant."""
    verdicts = []
    with Sandbox() as sandbox:
        evidence = Evidence(sandbox, last_run().killed_by)
        print("unmutated ...", flush=True)
        evidence.prepare(wanted)
        for number, mutant in enumerate(wanted, 1):
            verdict = judge(sandbox, evidence, mutant)
            told = verdict.killer or f"SURVIVED {verdict.note}".strip()
            place = f"{number:3} of {len(wanted)}  {verdict.seconds:5.1f} s"
            print(f"{place}  {mutant.name}\n{'':21}{told}", flush=True)
            verdicts.append(verdict)
            keep(verdict)
        return verdicts, evidence.failing


def keep(verdict: Verdict) -> None:
    """Write down what was found, so that a run that is broken off is not lost."""
    minutes, killed_by = last_run()
    killed_by.pop(verdict.mutant.name, None)
    if verdict.killer:
        killed_by[verdict.mutant.name] = verdict.killer
    LastRun(minutes, killed_by).keep()


def check(wanted: Sequence[Mutant], *, mend: bool) -> int:
    """The exit status: 0 when every mutant fits the code as it is."""
    project = Project(ROOT)
    lost = list(astray(tuple(wanted), project))
    for each in lost:
        print(each.told(project), end="\n\n")
    print(f"{len(wanted) - len(lost)} of {len(wanted)} fit")
    if mend:
        print(f"{repair(lost)} edits follow to another place; check again")
        print(f"{follow_killers()} killers follow to another file")
    return 1 if lost else 0


def follow_killers() -> int:
    """Let what was found follow tests that are in another file now, and say how many did."""
    where: dict[str, set[str]] = {}
    for _, proof in proofs():
        where.setdefault(proof.name, set()).add(f"tests/{proof.file}::{proof.name}")
    minutes, killed_by = last_run()
    moved = 0
    for name, killer in killed_by.items():
        now = where.get(killer.rpartition("::")[2], {killer})
        if killer not in now and len(now) == 1:
            (killed_by[name],) = now
            moved += 1
    if moved:
        LastRun(minutes, killed_by).keep()
    return moved


def main() -> int:
    """The exit status: 0 when every guard that was broken was missed by some test."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = sorted({mutant.threat for mutant in MUTANTS})
    parser.add_argument("threats", nargs="*", metavar="T01", help="all of them if left out")
    parser.add_argument("--check", action="store_true", help="which mutants do not fit the code")
    parser.add_argument("--repair", action="store_true", help="... and let them follow a move")
    options = parser.parse_args()
    threats = options.threats
    if unknown := set(threats).difference(known):
        parser.error(f"no guard is known of {', '.join(sorted(unknown))}; of {', '.join(known)}")
    wanted = [mutant for mutant in MUTANTS if not threats or mutant.threat in threats]
    if options.check or options.repair:
        return check(wanted, mend=options.repair)
    began = time.monotonic()
    verdicts, failing = run(wanted)
    survivors = [verdict for verdict in verdicts if verdict.killer is None]
    seconds = time.monotonic() - began
    if not threats:
        last_run()._replace(whole_run_minutes=max(1, round(seconds / 60))).keep()
    print(f"\n{len(verdicts) - len(survivors)} of {len(verdicts)} killed in {seconds:.0f} s")
    for verdict in survivors:
        print(f"survived: {verdict.mutant.name} {verdict.note}".rstrip())
    for test in failing:
        print(f"fails without any mutant: {test}")
    return 1 if survivors or failing or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
