"""The Prometheus rules against the metrics that the gateway exports."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import app  # registers the metrics of the web process
import app.cli.events  # and of the worker
from tests.infra.templates import INFRA

RULES = yaml.safe_load((INFRA / "alerts.yaml").read_text())["groups"][0]["rules"]
assert app.operations.metrics.REQUESTS


def exported() -> dict[str, set[str]]:
    """Names as Prometheus sees them, with their labels."""
    names: dict[str, set[str]] = {}
    for collector in list(REGISTRY._collector_to_names):
        labels = set(getattr(collector, "_labelnames", ()))
        for name in REGISTRY._collector_to_names[collector]:
            names[name] = labels
    return names


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rules_ask_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    """A renamed metric or label would silence its alarm; this says so."""
    known = exported()
    asked = re.findall(r"\b(gateway_\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert asked
    for name, labels in asked:
        assert name in known, name
        assert set(re.findall(r"(\w+)\s*[=!]~?", labels)) <= known[name] | {"le"}
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_expressions_are_balanced(rule: dict[str, Any]) -> None:
    """Brackets close in the order in which they open."""
    waiting = []
    closes = {")": "(", "]": "[", "}": "{"}
    for character in re.sub(r'"[^"]*"', '""', rule["expr"]):
        if character in closes.values():
            waiting.append(character)
        elif character in closes:
            assert waiting.pop() == closes[character]
    assert not waiting
