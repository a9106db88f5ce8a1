"""The pages on AWS say what the template and the command have."""

from __future__ import annotations

import dataclasses
import importlib
import re

import pytest

from config import Settings
from tests.infra.templates import INFRA, load

DOCS = INFRA.parent / "docs"
PARAMETERS = load("template.yaml")["Parameters"]
#: Names of Cognito's flows.
FLOWS = {
    *("USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH"),
    *("REFRESH_TOKEN_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"),
}
#: Set by those who start the process, or by other tools.
ELSEWHERE = {"AWS_PROFILE", "OLD_SUB", "NEW_SUB", "NEW_NAME", "REPLICA_REGION"}


def test_every_option_of_the_command_is_explained() -> None:
    """`docs/aws.md` names each option of `flask provision`, or shows it in the example."""
    command = importlib.import_module("app.cli.provision").provision
    page = (DOCS / "aws.md").read_text()
    for parameter in command.params:
        assert any(option in page for option in parameter.opts), parameter.opts


def test_parameters_in_the_table_exist_with_that_default() -> None:
    """Each parameter that `docs/aws.md` lists is one of the template's, by its default."""
    page = (DOCS / "aws.md").read_text().partition("| parameter | default |")[2]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|", page.partition("\n\n")[0], re.M)
    assert len(rows) > 10
    for names, shown in rows:
        defaults = [PARAMETERS[name].get("Default") for name in re.findall(r"`(\w+)`", names)]
        expected = ["" if text == "none" else text.strip("`") for text in shown.split(", ")]
        assert [str(value) for value in defaults] == expected * (len(defaults) // len(expected))


@pytest.mark.parametrize("name", ["aws.md", "cognito.md", "recovery.md"])
def test_settings_named_on_the_pages_exist(name: str) -> None:
    """A setting that was renamed is renamed there, too."""
    known = {item.name.upper() for item in dataclasses.fields(Settings)}
    text = (DOCS / name).read_text()
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)[=`]", text))
    assert named - known - ELSEWHERE - FLOWS == set()


@pytest.mark.parametrize("name", ["aws.md", "cognito.md", "recovery.md"])
def test_links_between_pages_lead_somewhere(name: str) -> None:
    """Files and headings that are linked to are there."""
    for file, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", (DOCS / name).read_text()):
        target = DOCS / (file or name)
        assert target.exists(), file
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
