"""``python -m devstack.after FILE -- COMMAND``: wait for FILE, then become COMMAND.

FILE is the JSON that ``devstack.stack`` writes; its ``environment`` is added to the command's.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Wait for as long as it takes: the runner ends us when the stack fails."""
    file, separator, *command = arguments
    if separator != "--" or not command:
        raise SystemExit(__doc__)
    path = Path(file)
    while not path.exists():
        time.sleep(0.05)
    environment = json.loads(path.read_text())["environment"]
    os.execvpe(command[0], command, {**os.environ, **environment})  # noqa: S606 - our own table


if __name__ == "__main__":
    main(sys.argv[1:])
