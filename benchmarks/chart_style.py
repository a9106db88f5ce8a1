"""The style sheet of ``benchmarks.chart``: two colour schemes, chosen by the reader's mode."""

from __future__ import annotations

from collections.abc import Sequence

# Told apart without colour vision too (Okabe and Ito's set, a little darker or lighter by mode).
LIGHT = ("#0067b1", "#c2570c", "#00825a", "#a3478a", "#8a6d00", "#5a6472")
DARK = ("#5cb2f2", "#f59a55", "#3cc79a", "#e08fc6", "#dcc04a", "#a9b4c2")


def _colours(
    background: str, ink: str, faint: str, grid: str, rest: str, set_: Sequence[str]
) -> str:
    """The part of the style sheet that differs between light and dark."""
    own = "".join(f".s{at}{{fill:{c}}}.l{at}{{stroke:{c}}}" for at, c in enumerate(set_))
    return (
        f".card{{fill:{background};stroke:{grid}}}.label{{stroke:{background}}}text{{fill:{ink}}}"
        f".small,.note{{fill:{faint}}}"
        f".grid{{stroke:{grid}}}.axis{{stroke:{faint}}}.rest{{fill:{rest}}}{own}"
    )


STYLE = (
    "text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}"
    ".label{stroke-width:3px;paint-order:stroke}.strong{font-weight:600}"
    ".title{font-size:17px;font-weight:600}.small,.note{font-size:12px}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round}"
    + _colours("#fff", "#1f2328", "#59636e", "#dfe3e8", "#b9c1ca", LIGHT)
    + "@media (prefers-color-scheme:dark){"
    + _colours("#161b22", "#e6edf3", "#9aa4af", "#30363d", "#57606a", DARK)
    + "}"
)
