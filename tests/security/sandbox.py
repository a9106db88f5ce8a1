"""A copy of this project in which tests run many times, on files that change in between."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Outcome(NamedTuple):
    """What a run came to.

    ``failed`` is the first test that did, ``spoilt`` what went wrong where nothing was tested: at
    collection or in a fixture. ``seconds`` are what each test took.
    """

    failed: str | None
    spoilt: str | None
    timed_out: bool
    seconds: Mapping[str, float]


class Sandbox:
    """A copy of what git knows of, in a temporary folder, and the process that tests it."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="mutants-"))
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).exists():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)
        for shared in (".venv", ".stores"):
            (self.root / shared).symlink_to((ROOT / shared).resolve())
        self._edited = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.forks"],
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            pass  # closes its pipes, which ends it
        shutil.rmtree(self.root)

    @contextlib.contextmanager
    def having(self, texts: Mapping[str, str]) -> Iterator[None]:
        """The copy with other ``texts`` in some of its files."""
        before = {file: (self.root / file).read_text() for file in texts}
        try:
            self._write(texts)
            yield
        finally:
            self._write(before)

    def _write(self, texts: Mapping[str, str]) -> None:
        for file, text in texts.items():
            (self.root / file).write_text(text)
            # A second of its own each, by which Python tells that its bytecode is stale.
            self._edited += 1
            os.utime(self.root / file, (self._edited, self._edited))

    def run(self, tests: Sequence[str], *, seconds: float, all_of_them: bool = False) -> Outcome:
        """Run ``tests``, node ids, in order up to the first failure or to the last of them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"tests": list(tests), "seconds": seconds, "all": all_of_them}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs tests has ended")
        return Outcome(**json.loads(answer))
