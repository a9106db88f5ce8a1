"""Known weaknesses of the pinned packages: ``make audit``.

pip-audit asks the package index. A mirror may know nothing of weaknesses, and a build may have no
network: then nothing is known, which this says and does not call good. It ends with 1 when a
weakness is known of what production runs on, and with 0 otherwise.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SECONDS = 300


def main(python: str) -> int:
    """Ask with the pip-audit of ``python``'s environment."""
    command = [python, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--timeout", "10"]
    command += ["--progress-spinner", "off", "--format", "json"]
    command += ["-r", str(ROOT / "requirements.txt")]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        answer = json.loads(asked.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        print("audit: the index cannot be asked from here; nothing is known")
        return 0
    return report(answer["dependencies"])


def report(packages: list[dict[str, Any]]) -> int:
    """Print what pip-audit found; 1 when there is a weakness. ``skip_reason`` marks a package that
    the index did not tell about."""
    known = [package for package in packages if "skip_reason" not in package]
    weak = [package for package in known if package["vulns"]]
    for package in weak:
        for found in package["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            print(
                f"audit: {package['name']} {package['version']}: {found['id']}, mended by {mended}"
            )
    unknown = len(packages) - len(known)
    if unknown:
        print(f"audit: {unknown} of {len(packages)} packages are unknown: the index tells nothing")
    print(f"audit: {len(known)} packages looked up, {len(weak)} with known weaknesses")
    return int(bool(weak))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
