"""Documentation that runs: what the README and the OpenAPI document say is true."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.api.routes import EXTENSION
from config import Settings
from tests.devstack.dev import running_dev
from tests.gateway import Gateway

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def settings_table() -> str:
    """The README's table, made from ``Settings``."""
    rows = ["| name | default | what for |", "|---|---|---|"]
    for item in dataclasses.fields(Settings):
        default = item.metadata["default"]
        if default is ...:
            shown = "required"
        elif isinstance(default, str):
            shown = f"`{default}`" if default and " " not in default else default
        elif isinstance(default, bool):
            shown = f"`{str(default).lower()}`"
        else:
            shown = f"`{default}`" if default not in ((), {}) else ""
        family = item.metadata["family"]
        name = f"{family}<GROUP>" if family else item.name.upper()
        rows.append(f"| `{name}` | {shown} | {item.metadata['doc']} |")
    return "\n".join(rows)


def test_the_settings_table_is_what_settings_say() -> None:
    """Every setting is in the README, with its default; nothing else is."""
    before, _, rest = README.partition("<!-- settings -->\n")
    shown, _, after = rest.partition("\n<!-- /settings -->")
    if os.environ.get("UPDATE_README"):
        parts = [before, "<!-- settings -->\n", settings_table(), "\n<!-- /settings -->", after]
        (ROOT / "README.md").write_text("".join(parts))
    assert shown == settings_table(), "UPDATE_README=1 pytest tests/test_docs.py mends it"


def test_every_route_is_in_the_openapi_document(gateway: Gateway) -> None:
    """Each route and method is documented, with a summary, answers and its security."""
    document = gateway.app.test_client().get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for rule in gateway.app.url_map.iter_rules():
        if (rule.endpoint or "").startswith("api-docs"):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            operation = document["paths"][path][method.lower()]
            assert operation["summary"]
            assert operation["operationId"]
            public = operation.get("security") == []
            assert public == (gateway.app.extensions[EXTENSION].of(rule.endpoint).public), path
            if not public:
                assert {"401", "502", "503"} <= set(operation["responses"])


def test_every_link_of_the_openapi_document_leads_somewhere(gateway: Gateway) -> None:
    """A link names a call, parameters that it has, and members that the answer before has."""
    document = gateway.app.test_client().get("/openapi.json").json
    operations = {
        operation["operationId"]: (operations.get("parameters", []), operation)
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
    }
    links = 0
    for _, operation in operations.values():
        for status, answer in operation["responses"].items():
            for link in answer.get("links", {}).values():
                shared, target = operations[link["operationId"]]
                names = {each["name"] for each in [*shared, *target.get("parameters", [])]}
                assert link.get("parameters", {}).keys() <= names
                if body := link.get("requestBody"):
                    assert (
                        body.keys() <= resolve(document, body_schema(target))["properties"].keys()
                    )
                for expression in re.findall(r"\$response\.body#/([\w/]+)", str(link)):
                    place = body_schema(operation["responses"][status])
                    for name in expression.split("/"):
                        place = resolve(document, place)
                        place = place["items"] if name.isdecimal() else place["properties"][name]
                links += 1
    assert links > 50


def body_schema(part: dict[str, Any]) -> dict[str, Any]:
    """The schema of a request's or an answer's JSON."""
    content = part.get("requestBody", part)["content"]
    return dict(content["application/json"]["schema"])


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(document["components"]["schemas"][name]) if name else schema


def test_the_documentation_page_needs_no_other_host(gateway: Gateway) -> None:
    """`/docs` loads its scripts and styles from the gateway itself."""
    client = gateway.app.test_client()
    page = client.get("/docs").get_data(as_text=True)
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert assets
    for address in assets:
        assert address.startswith("/docs/assets/")
        with client.get(address) as answer:
            assert answer.status_code == 200


def test_the_makefile_explains_itself() -> None:
    """`make` alone lists what can be made."""
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("dev", "test", "lint", "lock"):
        assert re.search(rf"make {target} +\S", done.stdout)


def test_the_curl_examples_work() -> None:
    """The README's commands, from token to playback, against `make dev`."""
    if shutil.which("jq") is None or shutil.which("curl") is None:
        pytest.fail("the README's examples need curl and jq")
    _, _, rest = README.partition("## From token to playback with curl")
    script = rest.partition("```sh\n")[2].partition("```")[0]
    assert "localhost:3000" in script
    with running_dev() as dev:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace(":3000", f":{dev.ports.page}")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert '"content_type": "video/mp4"' in done.stdout
    assert done.stdout.endswith("206 video/mp4 1024 bytes\n")


def test_links_between_the_pages_lead_somewhere() -> None:
    """Every relative link in the README and in `docs/` names a file that is there."""
    for page in [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
