"""The catalogue of mutants fits the code as it is today; ``make mutants`` runs it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.security.mutants import MUTANTS, UNGUARDED, last_run
from tests.security.mutants.catalogue import Edit, Mutant
from tests.security.sandbox import Sandbox
from tests.security.threats import THREATS, proofs

ROOT = Path(__file__).parents[2]


def test_every_threat_has_a_mutant_or_a_reason() -> None:
    """Each number has a guard that is broken on purpose, or is said to have none, never both."""
    broken = {mutant.threat for mutant in MUTANTS}
    assert broken | UNGUARDED.keys() == set(THREATS)
    assert not broken & UNGUARDED.keys()


def test_mutants_have_names_of_their_own() -> None:
    """What is remembered of a mutant is remembered by its name."""
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_its_files(mutant: Mutant) -> None:
    """What it replaces is there exactly once, changes something, and leaves Python that parses."""
    for file, text in mutant.texts(ROOT).items():
        assert text != (ROOT / file).read_text()
        if file.endswith(".py"):
            ast.parse(text, file)


def test_every_mutant_was_killed_by_a_test_that_names_its_threat() -> None:
    """`make mutants` has been run on the catalogue as it is, and the killers are still there."""
    killed_by = last_run().killed_by
    assert set(killed_by) == {mutant.name for mutant in MUTANTS}
    named = {(number, f"tests/{proof.file}::{proof.name}") for number, proof in proofs()}
    for mutant in MUTANTS:
        killer = killed_by[mutant.name]
        assert (mutant.threat, killer) in named or killer == "(time-out)", mutant.name


def test_an_edit_that_does_not_fit_is_refused() -> None:
    """Text that is not there, or there twice, is no mutant."""
    for old in ("no such text", "import"):
        with pytest.raises(ValueError, match="times"):
            Mutant("T01", "x", (Edit("app/__init__.py", old, ""),)).texts(ROOT)


def test_the_sandbox_tells_what_failed_what_hung_and_what_passed() -> None:
    """In a copy: a mutant that breaks a guard, one that hangs, and none; the files come back."""
    tests = ["tests/domain/test_policy.py::test_t17_a_size_is_a_whole_number_from_one"]
    file = "app/domain/policy.py"
    guard = "if type(size) is not int or size < 1:"
    broken = Mutant("T17", "broken", (Edit(file, guard, "if False:"),))
    hanging = Mutant("T17", "hanging", (Edit(file, guard, "while True:"),))
    with Sandbox() as sandbox:
        with sandbox.having(broken.texts(sandbox.root)):
            assert str(sandbox.run(tests, seconds=60).failed).startswith(tests[0])
        with sandbox.having(hanging.texts(sandbox.root)):
            outcome = sandbox.run(tests, seconds=0.2)
            assert (outcome.failed, outcome.timed_out) == (None, True)
        outcome = sandbox.run(tests, seconds=60)
        assert (outcome.failed, outcome.spoilt, outcome.timed_out) == (None, None, False)
        assert outcome.seconds.keys() == set(tests)
        root = sandbox.root
    assert not root.exists()
