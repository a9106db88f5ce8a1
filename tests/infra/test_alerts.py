"""The Prometheus rules against the metrics that the gateway exports."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import app  # registers the metrics of the web process
import app.cli.events  # and of the worker
from tests.infra.templates import INFRA

ALL = [
    rule
    for group in yaml.safe_load((INFRA / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
RULES = [rule for rule in ALL if "alert" in rule]
CASES = sorted(Path(__file__).parent.glob("*.test.yaml"))
RUNBOOKS = (INFRA.parent / "docs/runbooks.md").read_text()
assert app.operations.metrics.REQUESTS


def exported() -> dict[str, set[str]]:
    """Names as Prometheus sees them, with their labels."""
    names: dict[str, set[str]] = {}
    for collector in list(REGISTRY._collector_to_names):
        labels = set(getattr(collector, "_labelnames", ()))
        for name in REGISTRY._collector_to_names[collector]:
            names[name] = labels
    return names


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_ask_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    """A renamed metric or label would silence its alarm; this says so."""
    known = exported()
    recorded = {each["record"] for each in ALL if "record" in each}
    assert set(re.findall(r"\bgateway:[\w:]+", rule["expr"])) <= recorded
    asked = re.findall(r"\b(gateway_\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert asked or "gateway:" in rule["expr"] or 'job="asset-gateway' in rule["expr"]
    for name, labels in asked:
        assert name in known, name
        assert set(re.findall(r"(\w+)\s*[=!]~?", labels)) <= known[name] | {"le"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alerts_say_what_and_lead_to_what_to_do(rule: dict[str, Any]) -> None:
    """A summary, who is woken, and a page with a heading of the alert's name."""
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"
    assert f"\n## {rule['alert']}\n" in RUNBOOKS


def test_no_page_is_of_an_alert_that_is_gone() -> None:
    """Headings of the runbooks are alerts."""
    headings = set(re.findall(r"^## (\w+)$", RUNBOOKS, re.M))
    assert headings == {rule["alert"] for rule in RULES}


def promtool(*arguments: str | Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is missing (Debian: prometheus): run `make test` to install it")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules() -> None:
    """By its own tool."""
    promtool("check", "rules", INFRA / "alerts.yaml")


def test_alerts_ring_when_they_should_and_not_when_they_should_not() -> None:
    """Series of an hour or of days, by Prometheus' own evaluation."""
    promtool("test", "rules", *CASES)


def test_every_alert_has_a_case_where_it_rings_and_one_where_it_does_not() -> None:
    """An alert that is added is tested, both ways."""
    tested: dict[str, set[bool]] = {}
    for case in (case for file in CASES for case in yaml.safe_load(file.read_text())["tests"]):
        for each in case.get("alert_rule_test", []):
            tested.setdefault(each["alertname"], set()).add(bool(each["exp_alerts"]))
    assert set(tested) == {rule["alert"] for rule in RULES}
    once = {name for name, rings in tested.items() if rings != {True, False}}
    assert once == {"GatewayFailsATrickle"}  # three days of calm are GatewayFails' quiet night
