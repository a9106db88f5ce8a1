"""docs/local-development.md says what ``make dev`` prints, refuses and keeps.

That its code compiles is in ``tests/client/test_types.py``.
"""

from __future__ import annotations

import re

import pytest

from devstack.origins import env_files, own_origins
from devstack.run import KEPT, ROOT, Ports
from tests.docs.pages import DOCS, generated

PAGE = DOCS / "local-development.md"
SETTINGS = {
    "gateway": "http://127.0.0.1:8000",
    "cognito": {
        "endpoint": "http://127.0.0.1:9000",
        "region": "us-east-1",
        "userPoolId": "us-east-1_…",
        "clientId": "…",
    },
}


def test_the_settings_are_those_that_are_printed() -> None:
    """Names and addresses, of Next.js and of Vite; only ids differ from clone to clone."""
    _, blocks = env_files(SETTINGS, ["http://localhost:5173"]).split("\n\n", 1)
    assert generated(PAGE.read_text(), "env files") == f"```sh\n{blocks}```"


def test_every_variable_that_its_code_reads_is_printed() -> None:
    """What the code on this page and on the one for Next.js takes from its environment."""
    printed = set(re.findall(r"^(\w+)=", env_files(SETTINGS, []), re.MULTILINE))
    for page, prefix in ((PAGE, "VITE_"), (DOCS / "nextjs.md", "NEXT_PUBLIC_")):
        read = set(re.findall(rf"\benv\.({prefix}\w+)", page.read_text()))
        assert read
        assert read <= printed


@pytest.mark.parametrize("value", ["localhost:5173", "http://localhost:3000"])
def test_refusals_are_worded_as_they_are_made(value: str) -> None:
    """Whoever searches the page for the message finds it."""
    with pytest.raises(ValueError, match="ORIGIN") as caught:
        own_origins({"ORIGIN": value}, Ports.from_env({}).addresses())
    said = [
        re.escape(text).replace("…", ".*")
        for text in re.findall(r"`(ORIGIN …[^`]*)`", PAGE.read_text())
    ]
    assert any(re.match(pattern, str(caught.value)) for pattern in said)


def test_ports_and_the_kept_file_are_named() -> None:
    """Each port's variable, and the file to remove."""
    text = PAGE.read_text()
    assert f"`{KEPT.relative_to(ROOT)}`" in text
    for name in vars(Ports.from_env({})):
        assert f"`{name.upper()}_PORT" in text


def test_its_code_is_the_examples() -> None:
    """What is read here is what is built and used in Chromium."""
    blocks = dict(re.findall(r"```tsx?\n// (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    assert set(blocks) == {"src/gateway.ts", "src/App.tsx", "src/Uploads.tsx"}
    for name, text in blocks.items():
        assert text == (ROOT / "examples" / "vite-react" / name).read_text(), name
