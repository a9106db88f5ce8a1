"""The journey carried out, and its report."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from smoke.journey import AWS_ALONE, EDGE, STEPS
from smoke.place import Place, Unexpected

Outcome = Literal["ok", "FAILED", "not tried"]


@dataclass(frozen=True, slots=True)
class Result:
    """``name`` of the step, and what it ``saw``, in words without secrets."""

    name: str
    outcome: Outcome
    seconds: float
    saw: str


def carry_out(place: Place, *, edge: bool) -> Iterable[Result]:
    """Every step, also after failures: each stands for itself."""
    for step in STEPS:
        name = step.__name__.replace("_", " ")
        if (step in EDGE and not edge) or (step in AWS_ALONE and place.simulated):
            yield Result(name, "not tried", 0, "")
            continue
        began = time.monotonic()
        try:
            saw, outcome = step(place), "ok"
        except Unexpected as error:
            saw, outcome = str(error), "FAILED"
        except Exception as error:  # of a step itself; its message may hold a signed URL
            saw, outcome = type(error).__name__, "FAILED"
        yield Result(name, outcome, time.monotonic() - began, saw)  # type: ignore[arg-type]


def markdown(results: Sequence[Result], *, where: str, version: str, left: Sequence[str]) -> str:
    """To be pasted into an issue."""
    failed = sum(result.outcome == "FAILED" for result in results)
    verdict = f"{failed} failed" if failed else "all is well"
    lines = [
        f"### asset-gateway {version}, smoke run: {verdict}",
        "",
        f"{where}; Python {platform.python_version()}",
        "",
        "| step | outcome | seconds | |",
        "|---|---|---|---|",
        *(
            f"| {each.name} | {each.outcome} | {each.seconds:.1f} | {each.saw.replace('|', '/')} |"
            for each in results
        ),
        "",
        "Everything that was made is removed."
        if not left
        else "**Left behind**: " + "; ".join(left),
    ]
    return _public("\n".join(lines) + "\n")


def _public(text: str) -> str:
    """Without what AWS says in its refusals: whose account it is, and signed addresses."""
    text = re.sub(r"arn:[\w-]+:[^\s|,;]+", "(an ARN)", text)
    text = re.sub(r"https?://[^\s|,;]+", "(an address)", text)
    return re.sub(r"\b\d{12}\b", "(an account)", text)
