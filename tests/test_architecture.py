"""The import law of the house, who may import whom; and that tests mirror it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Layer -> what of this project it may import. The deepest matching layer counts.
LAW = {
    "app": {"app", "config"},
    "app.api": {"app.api", "app.schemas", "app.auth", "app.assets", "app.limits", "app.domain"}
    | {"app.services", "app.operations"},
    "app.services": {"app", "config"},
    "app.schemas": {"app.schemas", "app.domain"},
    "app.assets": {"app.assets", "app.domain", "app.media", "app.signing", "app.s3", "app.limits"}
    | {"app.events.notifier", "app.aws.edge_cache"},
    "app.events": {"app.events", "app.assets", "app.aws", "app.signing.tokens", "app.domain"}
    | {"app.http_clients", "app.http_environment", "app.tracing"},
    "app.limits": {"app.limits", "app.domain"},
    "app.s3": {"app.s3", "app.signing", "app.domain", "app.http_clients"},
    "app.aws": {"app.aws", "app.signing", "app.s3", "app.domain", "app.http_clients"}
    | {"app.http_environment", "app.tracing", "app.foreign_variables"},
    "app.auth": {"app.auth", "app.domain", "app.http_clients"},
    "app.http_clients": {"app.http_environment", "app.tracing"},
    "app.http_environment": set(),
    "app.tracing": {"app.otel_variables"},
    "app.otel_variables": {"app.foreign_variables"},
    "app.foreign_variables": set(),
    "app.signing": {"app.signing", "app.domain"},
    "app.domain": {"app.domain", "app.media"},
    "app.media": {"app.media"},
    "app.operations": {"app.operations", "app.domain", "app.tracing", "app.otel_variables"},
    "app.cli": {"app", "config"},
    # Settings are read by those that will use them, so that no second opinion is kept of a rate,
    # a key or a region.
    "config": {"config_fields", "config_reading"},
    "config_reading": {"config_fields", "config_rules"},
    "config_fields": {"app.limits.rates", "app.limits.redis_address", "app.signing.cloudfront_keys"}
    | {"app.domain.events"},
    "config_rules": {"app.domain.partitions"},
}
OURS = ("app", "config", "config_fields", "config_reading", "config_rules")
FLASK = ("app", "app.api", "app.auth.bearer", "app.operations", "app.cli")
BOTO3 = ("app.aws", "app.cli", "app.events.queue", "app.signing.credentials")
CRYPTOGRAPHY = ("app.signing", "app.auth", "app.cli")
#: puremagic names strangers; its tables are of no use to anything else.
STANDARD_LIBRARY_ONLY = {"app.domain": set(), "app.media": {"puremagic"}}

#: How a long module's docstring begins to say why it is one.
REASON = "Over 200 lines because "

#: Test modules in a folder of ``app/`` that are not about one module of it.
THEMES = {
    "api/checksums": "CRC-64/NVME from declaration to completion, on every store",
    "api/calls": "how often each route asks the store",
    "api/expiry": "temporary files, from the declaration to the bucket's rule",
    "api/listings": "assets by time, by name, as packages, and deleted ones, on every store",
    "api/previews": "small pictures beside assets, on every store",
    "api/fuzz": "Schemathesis over the whole OpenAPI document",
    "api/fuzz_chains": "Schemathesis along the links between its operations",
    "auth/odd_tokens": "what a parser might read in two ways, or not survive",
    "auth/drills": "clocks that are off, and keys that change at a bad time",
    "cli/doctor_faults": "faults made at a live set-up, whichever module of the doctor finds them",
    "cli/doctor_providers": "the doctor and provision where another provider issues tokens",
    "cli/doctor_refusals": "every reason to refuse a token, and its line",
    "cli/doctor_variables": "what the doctor says of libraries' and front ends' variables",
    "cli/provision_drills": "keys changed by its command, under gateways and an edge that run",
    "cli/provision_runs": "app/cli/provision.py, run after run against an account with state",
    "events/actors": "who wrote, from the token to the webhook",
    "limits/attacks": "the quota through the whole gateway",
    "limits/foreign_redis": "whatever stands under the keys in Redis",
    "limits/ledgers_agree": "memory and Redis, operation by operation",
    "limits/lost_redis": "the whole gateway while Redis comes and goes",
    "limits/no_order": "calls in any order against a store whose URLs live",
    "limits/redis_failover": "one address of Redis or Valkey, through what happens to it",
    "limits/redis_sites": "Redis by cluster, Sentinel and TLS, through failovers",
    "s3/garbled": "every reader of the store's answers, fed with what is no answer",
}
#: Test folders that mirror no folder of ``app/``.
CROSS_CUTTING = {"benchmarks", "client", "devstack", "e2e", "faults", "fuzz", "infra", "npm"} | {
    "docs",
    "security",
    "smoke",
    "stores",
}


def modules() -> list[tuple[str, Path]]:
    """Every module of the service, and its settings, by its dotted name."""
    found = []
    for path in sorted([*(ROOT / "app").rglob("*.py"), *ROOT.glob("config*.py")]):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found.append((name.removesuffix(".__init__"), path))
    return found


def imports(name: str, path: Path) -> Iterator[str]:
    """What a module imports, relative imports resolved; type-checking imports count as well."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join(
                [*(parts if node.level else []), *([node.module] if node.module else [])]
            )
            for alias in node.names:
                inner = ROOT.joinpath(*base.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                yield f"{base}.{alias.name}" if is_module else base


def within(name: str, layers: object) -> bool:
    return any(name == layer or name.startswith(f"{layer}.") for layer in layers)  # type: ignore[attr-defined]


def layer_of(name: str) -> str:
    matching = [layer for layer in LAW if layer != "app" and within(name, [layer])]
    return max(matching, key=len, default="app")


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: str(value).split("/")[-1])
def test_modules_import_only_what_their_layer_may(name: str, path: Path) -> None:
    """No arrow of the drawing points the other way."""
    for imported in imports(name, path):
        if imported.split(".")[0] in OURS:
            assert within(imported, LAW[layer_of(name)]), f"{name} may not import {imported}"


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: str(value).split("/")[-1])
def test_libraries_stay_in_their_places(name: str, path: Path) -> None:
    """Flask, boto3 and cryptography live where the architecture says; the domain needs none."""
    import sys

    at_top = name == "app"
    for imported in imports(name, path):
        library = imported.split(".")[0]
        if library in ("flask", "flask_smorest", "flask_cors", "flask_limiter"):
            assert at_top or within(name, FLASK[1:]), f"{name} imports {imported}"
        if library in ("boto3", "botocore"):
            assert within(name, BOTO3), f"{name} imports {imported}"
        if library == "cryptography":
            assert within(name, CRYPTOGRAPHY), f"{name} imports {imported}"
        for layer, also in STANDARD_LIBRARY_ONLY.items():
            if within(name, [layer]) and library != "app":
                assert library in sys.stdlib_module_names | also, f"{name} imports {imported}"


def test_the_law_notices_a_wrong_import() -> None:
    """The checks above can fail: a view that imported boto3's client module would be found."""
    assert not within("app.s3.client", LAW[layer_of("app.api.uploads")])
    assert not within("app.services", LAW[layer_of("app.domain.paths")])
    assert not within("app.services", LAW[layer_of("config")])
    assert not within("config_fields", LAW[layer_of("app.services")])
    assert layer_of("app.auth.bearer") == "app.auth"


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: str(value).split("/")[-1])
def test_a_module_over_200_lines_says_why(name: str, path: Path) -> None:
    """In its docstring, by a sentence that can be searched for; and only while it is that long."""
    text = path.read_text()
    gives_reason = REASON in (ast.get_docstring(ast.parse(text)) or "")
    assert gives_reason == (text.count("\n") > 200)


def views() -> Iterator[tuple[str, int]]:
    """Every view, and how many lines it has below its docstring."""
    for path in sorted((ROOT / "app" / "api").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                ".route(" in ast.unparse(each) for each in node.decorator_list
            ):
                first, last = node.body[1], node.body[-1]
                yield f"{path.stem}.{node.name}", (last.end_lineno or 0) - first.lineno + 1


def test_views_have_at_most_ten_lines() -> None:
    """What takes more is a use case (``app/assets``), or how an answer looks."""
    lines = dict(views())
    assert len(lines) > 40
    assert {name: count for name, count in lines.items() if count > 10} == {}


def test_tests_mirror_the_service() -> None:
    """What `tests/s3/test_copies.py` tests is `app/s3/copies.py`; themes are listed, with why."""
    folders = {path.name for path in (ROOT / "app").iterdir() if path.is_dir()}
    themes = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        folder, *_ = path.relative_to(ROOT / "tests").parts
        if folder not in folders:
            assert folder in CROSS_CUTTING or path.parent == ROOT / "tests", f"{path}: what of?"
            continue
        name = path.stem.removeprefix("test_")
        # `doctor_policies` is of `doctor/policies.py`.
        places = [ROOT / "app" / folder / name, ROOT / "app" / folder / name.replace("_", "/", 1)]
        if not any(place.is_dir() or place.with_suffix(".py").exists() for place in places):
            themes.add(f"{folder}/{name}")
    assert themes == THEMES.keys(), "name it after a module, or say what its theme is"


def test_the_root_holds_no_secrets_of_connections() -> None:
    """Python writes the secrets of TLS to a file of whatever name SSLKEYLOGFILE has: tests that try
    names do so elsewhere."""
    for path in ROOT.iterdir():
        if path.is_file():
            with path.open("rb") as file:
                assert not file.readline().startswith(b"# TLS secrets"), path.name
