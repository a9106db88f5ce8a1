"""The runner: its table, its ports, its page server; and all of it at once."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import urllib3
from werkzeug.test import Client

from devstack import process
from devstack.pages import Pages
from devstack.process import free_ports, is_free
from devstack.run import ROOT, Ports, main, table
from tests.devstack.dev import running_dev

PORTS = {"STORE_PORT": "1", "GATEWAY_PORT": "2", "PAGE_PORT": "3", "EDGE_PORT": "4"} | {
    "RECEIVER_PORT": "5"
}


def test_ports_come_from_the_environment() -> None:
    """Each has a default and a variable."""
    usual = Ports(store=9000, gateway=8000, page=3000, edge=9100, receiver=9200)
    assert Ports.from_env({}) == usual
    assert Ports.from_env(PORTS) == Ports(store=1, gateway=2, page=3, edge=4, receiver=5)
    assert Ports.from_env(PORTS).origins() == ["http://localhost:3", "http://127.0.0.1:3"]


@pytest.mark.parametrize("value", ["0", "65536", "x", "-1", "2"])
def test_a_port_that_cannot_be_is_named(value: str) -> None:
    """Out of range, no number, or the same as another."""
    with pytest.raises(ValueError, match="STORE_PORT"):
        Ports.from_env({**PORTS, "STORE_PORT": value})


def test_a_taken_port_ends_the_start_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started, and the port and its variable are named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("PAGE_PORT", port)
        names = ("STORE", "GATEWAY", "EDGE", "RECEIVER")
        for name, free in zip(names, free_ports(len(names)), strict=True):
            monkeypatch.setenv(f"{name}_PORT", str(free))
        assert main() == 1
    assert f"port {port} is taken" in capsys.readouterr().err


def test_nobody_is_given_a_port_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that start together get a port each, also those of another test process."""
    first = free_ports(20)
    assert len(set(first)) == 20
    monkeypatch.setattr(process, "PORTS", first)
    with pytest.raises(OSError, match="fewer than 1"):
        free_ports(1)
    script = f"from devstack import process; process.PORTS = {first}; process.free_port()"
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "OSError: fewer than 1" in other.stderr


def test_everything_listens_on_loopback_alone(tmp_path: Path) -> None:
    """No row of the table binds another address; none sees the user's AWS settings."""
    for row in table(Ports(1, 2, 3, 4, 5), tmp_path):
        binds = [
            a for before, a in zip(row.command, row.command[1:], strict=False) if before == "--bind"
        ]
        assert all(bind.startswith("127.0.0.1:") for bind in binds)
        assert {n for n in row.env if n.startswith("AWS_")} == {"AWS_EC2_METADATA_DISABLED"}


@pytest.fixture
def pages(tmp_path: Path) -> Client:
    page, client = tmp_path / "page", tmp_path / "client"
    for folder in (page, client):
        folder.mkdir()
    (page / "index.html").write_text("<p>hello")
    (page / "visitor.html").write_text("<p>come in")
    (client / "a.js").write_text("export {}")
    (tmp_path / "secret").write_text("secret")
    return Client(Pages({"gateway": "http://g"}, page, client))


def test_the_page_and_the_client_are_served(pages: Client) -> None:
    """With their types, and never sniffed or framed."""
    index, script = pages.get("/", buffered=True), pages.get("/client/a.js", buffered=True)
    assert (index.mimetype, index.text) == ("text/html", "<p>hello")
    assert (script.mimetype, script.text) == ("text/javascript", "export {}")
    assert index.headers["X-Content-Type-Options"] == "nosniff"
    assert index.headers["X-Frame-Options"] == "DENY"


def test_whoever_was_sent_a_link_has_one_page(pages: Client) -> None:
    """Under the names that the gateway is told, for shares and for upload requests."""
    for name in ("share.html", "request.html"):
        assert pages.get(f"/{name}").text == "<p>come in"


def test_the_page_is_told_where_things_are(pages: Client) -> None:
    """Its settings are never kept by a cache."""
    answer = pages.get("/config.json")
    assert answer.json["gateway"] == "http://g"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/../secret", "/client/../secret", "/client/../../secret", "/no"])
def test_nothing_else_is_served(pages: Client, path: str) -> None:
    """No way out of the two folders."""
    assert pages.get(path).status_code == 404


def test_pages_are_read_only(pages: Client) -> None:
    """GET and HEAD."""
    assert pages.post("/").status_code == 405


def test_one_command_starts_everything_and_one_signal_ends_it() -> None:
    """From nothing to a ready gateway, and back to free ports.

    On a quiet machine that takes 3 s; the limit allows for a busy one.
    """
    started = time.monotonic()
    with running_dev() as dev:
        assert time.monotonic() - started < 120
        with urllib3.PoolManager() as http:
            page = f"http://127.0.0.1:{dev.ports.page}"
            config = http.request("GET", f"{page}/config.json").json()
            ready = http.request("GET", f"http://127.0.0.1:{dev.ports.gateway}/readyz")
        assert config["gateway"] == f"http://127.0.0.1:{dev.ports.gateway}"
        assert ready.status == 200
        assert config["demo"]["username"] in dev.banner
        assert config["demo"]["password"] in dev.banner
    assert all(is_free(port) for port in asdict(dev.ports).values())
