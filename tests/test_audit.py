"""The audit says what it knows, and no more."""

from __future__ import annotations

import pytest

from tests.audit import report

WEAKNESS = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}


def test_a_known_weakness_fails_the_audit(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, with the version that mends it."""
    good = {"name": "flask", "version": "3", "vulns": []}
    assert report([good, {"name": "weak", "version": "1", "vulns": [WEAKNESS]}]) == 1
    assert "weak 1: PYSEC-2026-1, mended by 2.0" in capsys.readouterr().out


def test_what_the_index_does_not_tell_is_not_called_good(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mirror without weaknesses leaves every package unknown."""
    skipped = {"name": "flask", "skip_reason": "Dependency not found"}
    assert report([skipped]) == 0
    said = capsys.readouterr().out
    assert "1 of 1 packages are unknown" in said
    assert "0 packages looked up" in said
