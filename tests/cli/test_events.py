"""The command itself: how it begins, what it says, how its metrics are reached."""

from __future__ import annotations

import subprocess
import sys

import pytest
import urllib3

from app.cli.events import widest_quota
from app.cli.metrics import serving_metrics
from config import Settings
from devstack.process import free_port
from tests.events.processes import ROOT, environment_of
from tests.test_config import GOOD


def flask(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run ``flask`` in the repository with no other environment than ``settings``."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=environment_of(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_commands_are_found_without_any_setting() -> None:
    """`flask --help` in a fresh clone lists the worker."""
    done = flask("--help")
    assert done.returncode == 0
    assert "Read upload events from the queue" in done.stdout
    assert flask("events", "--help").returncode == 0


def test_the_worker_names_every_fault_of_its_environment() -> None:
    """It begins, says what is missing by name, and ends with a failure."""
    done = flask("events")
    assert done.returncode == 1
    for name in GOOD:
        assert f"{name}: is required" in done.stderr


def test_the_worker_needs_a_queue() -> None:
    """Valid settings without a queue: there is nothing to do, and it says so."""
    done = flask("events", **GOOD)
    assert done.returncode == 1
    assert "EVENTS_QUEUE_URL" in done.stderr


@pytest.mark.parametrize("command", ["run", "routes"])
def test_what_serves_refuses_faulty_settings(command: str) -> None:
    """Only our own commands begin without settings; `flask run` is a server."""
    done = flask(command)
    assert done.returncode != 0
    assert "SECRET_KEY: is required" in done.stderr


def test_the_gateways_own_commands_know_its_routes() -> None:
    """With settings, Flask's commands see the real application."""
    assert "/v1/uploads" in flask("routes", **GOOD).stdout


def test_metrics_are_shown_to_whom_the_gateway_would_show_them() -> None:
    """With a token to its bearer alone; without one to this machine; health to anybody."""
    with urllib3.PoolManager() as http:
        for token, given, status in (
            ("", "", 200),
            ("t", "", 404),
            ("t", "x", 404),
            ("t", "t", 200),
        ):
            port = free_port()
            with serving_metrics(port, token):
                address = f"http://127.0.0.1:{port}"
                headers = {"Authorization": f"Bearer {given}"} if given else {}
                answer = http.request("GET", f"{address}/metrics", headers=headers)
                assert answer.status == status
                assert (b"gateway_event_lag_seconds" in answer.data) == (status == 200)
                assert http.request("GET", f"{address}/healthz").status == 200


def test_t39_a_proxy_on_this_machine_speaks_for_somebody_else() -> None:
    """Without a token, what was forwarded is not from this machine."""
    port = free_port()
    with serving_metrics(port, ""), urllib3.PoolManager() as http:
        headers = {"X-Forwarded-For": "203.0.113.9"}
        assert (
            http.request("GET", f"http://127.0.0.1:{port}/metrics", headers=headers).status == 404
        )


@pytest.mark.parametrize(
    ("quotas", "widest"),
    [
        ({}, 0),
        ({"QUOTA_BYTES": "5"}, 5),
        ({"QUOTA_BYTES": "5", "QUOTA_BYTES_PRO": "9"}, 9),
        ({"QUOTA_BYTES": "5", "QUOTA_BYTES_PRO": "0"}, 0),
        ({"QUOTA_BYTES_PRO": "9"}, 0),
    ],
)
def test_t25_an_events_quota_is_the_widest(quotas: dict[str, str], widest: int) -> None:
    """T25: an event names no groups; what some group may store is not removed."""
    settings = widest_quota(Settings.from_env(GOOD | quotas))
    assert (settings.quota_bytes, dict(settings.quota_bytes_by_group)) == (widest, {})
