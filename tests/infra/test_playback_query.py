"""The edge's function, as Node runs it: a wildcard policy cannot choose the disposition (T34)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

TEMPLATE = (Path(__file__).parents[2] / "infra" / "template.yaml").read_text()


def run(query: dict[str, object], cookies: dict[str, object]) -> dict[str, object]:
    """The query that the origin sees."""
    code = TEMPLATE.partition("FunctionCode: |\n")[2].partition("\n\n")[0]
    event = json.dumps({"request": {"querystring": query, "cookies": cookies}})
    script = f"{code}\nconsole.log(JSON.stringify(handler({event}).querystring))"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("query", "cookies", "kept"),
    [
        ({"Policy": {}}, {}, False),
        ({}, {"CloudFront-Policy": {}}, False),
        ({"Expires": {}}, {}, True),
    ],
    ids=["wildcard by query", "wildcard by cookies", "exact link"],
)
def test_t34_only_an_exact_link_chooses_the_disposition(
    query: dict[str, object], cookies: dict[str, object], kept: bool
) -> None:
    """T34: under a custom policy the parameter is dropped, on an exactly signed URL it stays."""
    seen = run({**query, "response-content-disposition": {"value": "inline"}}, cookies)
    assert ("response-content-disposition" in seen) is kept
