"""Documentation that runs: the OpenAPI document, `make help`, the quickstart. Pages: tests/docs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.api.routes import EXTENSION
from tests.devstack.dev import running_dev
from tests.gateway import Gateway

ROOT = Path(__file__).parents[1]


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
    """The commands of docs/quickstart.md, from sign-in to playback, against `make dev`."""
    if shutil.which("jq") is None or shutil.which("curl") is None:
        pytest.fail("the quickstart needs curl and jq")
    page = (ROOT / "docs" / "quickstart.md").read_text()
    script = page.partition("```sh\n")[2].partition("```")[0]
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
