"""One target under libFuzzer: ``python -m tests.fuzz.engine TARGET [libFuzzer's arguments]``."""

from __future__ import annotations

import sys
import traceback

import atheris

with atheris.instrument_imports(include=["app"]):
    from tests.fuzz.targets import TARGETS


#: Begins a finding's traceback on standard error.
FINDING = "FINDING:"


def main() -> None:
    check = TARGETS[sys.argv.pop(1)].check

    def run(data: bytes) -> None:
        try:
            check(data)
        except Exception:
            print(FINDING, traceback.format_exc(), file=sys.stderr, flush=True)
            raise

    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
