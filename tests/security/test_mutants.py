"""The catalogue of mutants fits the code as it is today; ``make mutants`` runs it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.security.mutants import MUTANTS, UNGUARDED, last_run
from tests.security.mutants.catalogue import Code, Edit, Misfit, Mutant, Plain, Text, never
from tests.security.mutants.misfits import astray
from tests.security.mutants.places import Project
from tests.security.sandbox import ROOT, Sandbox
from tests.security.threats import THREATS, proofs

PROJECT = Project(ROOT)


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
    """What it replaces is there exactly once, changes something, and leaves Python that parses.

    `python -m tests.security.mutate --check` tells of all that do not, and where to look.
    """
    for file, text in mutant.texts(PROJECT).items():
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


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Code("check_size", "nowhere()", ""), "check_size in app/domain/policy.py has 0 times"),
        (Code("check_size", "size", "1"), "times"),
        (Code("check_seize", "size", "1"), "nothing is called so; alike: app.domain.policy:check_"),
        (Code("blp", "Blueprint", "list"), "more than one module has it"),
        (Text("MAX_KEY_BYTES", "1024", "1025"), "has 0 times"),
        (Plain("infra/template.yaml", "Type", "type"), "times"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit: Edit, told: str) -> None:
    """What is not there, or there twice, or in a place of no such name, is no mutant."""
    with pytest.raises(Misfit, match=re.escape(told)):
        Mutant("T01", "x", (edit,)).texts(PROJECT)


def test_a_mutant_that_was_moved_away_from_is_told_where_its_code_went(tmp_path: Path) -> None:
    """A function that moved with another name is found by what it says."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text("def new_name(x):\n    if x > 1:\n        return 1\n")
    project = Project(tmp_path)
    gone = Mutant("T01", "a", (never("old_name", "x > 1"),))
    changed = Mutant("T01", "b", (never("new_name", "x > 10"),))
    (first, second) = astray((gone, changed), project)
    assert first.elsewhere == ["new_name"]
    assert "stands in new_name" in first.told(project)
    assert second.elsewhere == []
    assert "alike, app/a.py:2: x > 1" in second.told(project)


def test_the_sandbox_tells_what_failed_what_hung_and_what_passed() -> None:
    """In a copy: a mutant that breaks a guard, one that hangs, and none; the files come back."""
    tests = ["tests/domain/test_policy.py::test_t17_a_size_is_a_whole_number_from_one"]
    guard = "type(size) is not int or size < 1"
    broken = Mutant("T17", "broken", (never("check_size", guard),))
    hanging = Mutant("T17", "hanging", (Code("check_size", f"if {guard}: ...", "while True: ..."),))
    with Sandbox() as sandbox:
        with sandbox.having(broken.texts(PROJECT)):
            assert str(sandbox.run(tests, seconds=60).failed).startswith(tests[0])
        with sandbox.having(hanging.texts(PROJECT)):
            outcome = sandbox.run(tests, seconds=0.2)
            assert (outcome.failed, outcome.timed_out) == (None, True)
        outcome = sandbox.run(tests, seconds=60)
        assert (outcome.failed, outcome.spoilt, outcome.timed_out) == (None, None, False)
        assert outcome.seconds.keys() == set(tests)
        root = sandbox.root
    assert not root.exists()
