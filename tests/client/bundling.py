"""Modules as a front end bundles them: by Rolldown, which Vite comes with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.client.generate import ROOT

PACKAGES = (ROOT / ".stores" / "examples" / "node_modules").resolve()


def bundled(
    main: Path, *, platform: str = "browser", minify: bool = True, mode: str = "production"
) -> str:
    """The module `main` with all that it imports, in one; style sheets are left out.

    Packages are looked for above the module that imports them, then among those of the examples.
    """
    options: dict[str, Any] = {
        "input": str(main),
        "platform": platform,
        "moduleTypes": {".css": "empty"},
        "resolve": {"modules": ["node_modules", str(PACKAGES)]},
        "transform": {
            "target": "es2022",
            "define": {"process.env.NODE_ENV": json.dumps(mode)},
        },
        "logLevel": "silent",
    }
    with TemporaryDirectory(prefix="bundle-") as directory:
        made = Path(directory) / "made.mjs"
        options["output"] = {
            "file": str(made),
            "format": "esm",
            "minify": minify,
            "codeSplitting": False,
        }
        config = Path(directory) / "rolldown.config.mjs"
        config.write_text(f"export default {json.dumps(options)};\n")
        command = ["node", str(PACKAGES / "rolldown" / "bin" / "cli.mjs"), "--config", str(config)]
        done = subprocess.run(command, cwd=main.parent, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return made.read_text()


def bundled_program(program: str, **options: Any) -> str:
    """A program that has no file, the same way."""
    with TemporaryDirectory(prefix="program-") as directory:
        main = Path(directory) / "main.mjs"
        main.write_text(program)
        return bundled(main, **options)
